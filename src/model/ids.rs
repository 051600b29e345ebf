//! The identifiers: one type each, so that a vault's id cannot be passed as a backup's.

use std::{borrow::Borrow, fmt, str::FromStr};

use uuid::Uuid;

/// The id of a project, as the identity service writes it: 1 to 64 characters out of letters,
/// digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(Box<str>);

/// The text is no id of this kind; the message says what one looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not 1 to 64 characters out of letters, digits, `_` and `-`.
    #[error("a project id has 1 to 64 characters out of letters, digits, _ and -")]
    Project,
    /// Not a UUID with hyphens.
    #[error("an id looks like 4b27c05b-8ad7-48c6-a886-526666c035f0")]
    Uuid,
}

impl ProjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let sound = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        sound.then(|| Self(text.into())).ok_or(InvalidId::Project)
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ProjectId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Reads a UUID in the one notation of the contract: 36 characters with hyphens, in either case.
fn hyphenated(text: &str) -> Result<Uuid, InvalidId> {
    if text.len() != 36 {
        return Err(InvalidId::Uuid);
    }
    Uuid::try_parse(text).map_err(|_| InvalidId::Uuid)
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id as a UUID.
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                hyphenated(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )*};
}

uuid_ids! {
    /// The id of a backup.
    BackupId;
    /// The id of a vault.
    VaultId;
    /// The id of an image that was registered from a backup.
    ImageId;
    /// The id of a share record (`id` of a member). Paths never name it: they name the member's
    /// project.
    ShareId;
}

#[cfg(test)]
mod tests {
    use super::{BackupId, InvalidId, ProjectId};

    #[test]
    fn a_project_id_has_1_to_64_plain_characters() {
        for good in [
            "a",
            "0605767b5780d5762fc5c0118072a564",
            "A_b-9",
            &"x".repeat(64),
        ] {
            assert!(good.parse::<ProjectId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "ä", "a/b", &"x".repeat(65)] {
            assert_eq!(bad.parse::<ProjectId>(), Err(InvalidId::Project), "{bad}");
        }
    }

    #[test]
    fn a_uuid_is_read_with_hyphens_only_and_written_in_small_letters() {
        let id: BackupId = "A5200268-74A5-4806-ACC6-95793AB0228B"
            .parse()
            .expect("a uuid");
        assert_eq!(id.to_string(), "a5200268-74a5-4806-acc6-95793ab0228b");
        for bad in [
            "",
            "a520026874a54806acc695793ab0228b",
            "{a5200268-74a5-4806-acc6-95793ab0228b}",
            "a5200268-74a5-4806-acc6-95793ab0228g",
        ] {
            assert_eq!(bad.parse::<BackupId>(), Err(InvalidId::Uuid), "{bad}");
        }
    }
}
