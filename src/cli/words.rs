//! Parsers for values of the command line and the environment. An invalid one is wrong usage, reported
//! before anything is sent.

use std::fmt;

use clap::ValueEnum;
use secrecy::SecretString;
use uuid::{Uuid, fmt::Hyphenated};

use crate::client::types::{
    BackupId, BackupStatusFilter, ListMembersSort, MemberStatus, ObjectTypeFilter, ProjectId,
    VaultId,
};

/// A backup or a vault, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IdOrName<I> {
    /// Its id, which is sent as it is.
    Id(I),
    /// Its name, to be looked up.
    Name(String),
}

impl<I> IdOrName<I> {
    /// The name that was given.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Id(_) => None,
            Self::Name(name) => Some(name.clone()),
        }
    }
}

/// A kind of resource whose backups can be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ResourceKind {
    Server,
    Disk,
}

impl ResourceKind {
    /// The service's word for it.
    pub(super) fn resource_type(self) -> &'static str {
        match self {
            Self::Server => "OS::Nova::Server",
            Self::Disk => "OS::Cinder::Volume",
        }
    }

    pub(super) fn of(resource_type: &str) -> Option<Self> {
        let mut all = Self::value_variants().iter().copied();
        all.find(|kind| kind.resource_type() == resource_type)
    }

    /// The word for people, and of vaults; the service's own where there is none.
    pub(super) fn short(resource_type: &str) -> &str {
        match Self::of(resource_type) {
            Some(Self::Server) => "server",
            Some(Self::Disk) => "disk",
            None => resource_type,
        }
    }
}

impl<I: fmt::Display> fmt::Display for IdOrName<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

pub(super) fn project(text: &str) -> Result<ProjectId, String> {
    text.parse()
        .map_err(|_| "a project id has 1 to 64 letters, digits, `-` and `_`".to_owned())
}

pub(super) fn backup(text: &str) -> Result<IdOrName<BackupId>, String> {
    id_or_name(text)
}

pub(super) fn vault(text: &str) -> Result<IdOrName<VaultId>, String> {
    id_or_name(text)
}

/// What looks like an id is one; only such with hyphens are ids of the service.
fn id_or_name<I: From<Uuid>>(text: &str) -> Result<IdOrName<I>, String> {
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == Hyphenated::LENGTH => Ok(IdOrName::Id(id.into())),
        _ => name(text).map(IdOrName::Name),
    }
}

/// A name as the service's filters accept it.
pub(super) fn name(text: &str) -> Result<String, String> {
    match filled(text)?.chars().count() {
        ..=255 => Ok(text.to_owned()),
        _ => Err("a name has at most 255 characters".to_owned()),
    }
}

#[cfg(feature = "server")]
pub(super) fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse()
        .map_err(|_| "it is no UUID like a5200268-74a5-4806-acc6-95793ab0228b".to_owned())
}

pub(super) fn object_type(text: &str) -> Result<ObjectTypeFilter, String> {
    text.parse()
        .map_err(|_| "it is not server, disk, turbo, workspace, vmware or file".to_owned())
}

pub(super) fn backup_status(text: &str) -> Result<BackupStatusFilter, String> {
    let statuses = "available, protecting, deleting, restoring, error, waiting_protect, \
        waiting_delete or waiting_restore";
    text.parse().map_err(|_| format!("it is not {statuses}"))
}

pub(super) fn status(text: &str) -> Result<MemberStatus, String> {
    text.parse()
        .map_err(|_| "it is not pending, accepted or rejected".to_owned())
}

pub(super) fn sort(text: &str) -> Result<ListMembersSort, String> {
    let keys = "status, created_at, updated_at, backup_id, image_id, dest_project_id, vault_id, id";
    text.parse()
        .map_err(|_| format!("it is no list like status:asc,created_at:desc of the keys {keys}"))
}

pub(super) fn text(text: &str) -> Result<String, String> {
    filled(text).map(str::to_owned)
}

pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    filled(text).map(Into::into)
}

/// An empty value is a script's unset variable more often than intended.
fn filled(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        Err("it is empty".to_owned())
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::IdOrName;

    #[test]
    fn what_is_wrong_with_a_word_is_said_in_the_fields_words() {
        assert!(super::project("0605767b5780d5762fc5c0118072a564").is_ok());
        assert!(super::project("a/b").is_err_and(|reason| reason.contains("project id")));
        assert!(super::backup_status("new").is_err_and(|reason| reason.contains("restoring")));
        assert!(super::status("new").is_err_and(|reason| reason.contains("pending")));
        assert!(super::sort("status,id:asc").is_ok());
        assert!(super::sort("name").is_err_and(|reason| reason.contains("dest_project_id")));
    }

    #[test]
    fn what_looks_like_an_id_is_one_and_everything_else_is_a_name() {
        let id = "4B27C05B-8ad7-48c6-a886-526666c035f0";
        assert!(matches!(super::vault(id), Ok(IdOrName::Id(_))));
        for name in ["4b27c05b", &id.replace('-', ""), "web server", "-"] {
            let read = super::vault(name);
            assert_eq!(read, Ok(IdOrName::Name(name.to_owned())));
        }
        assert_eq!(super::backup(""), Err("it is empty".to_owned()));
        assert!(super::backup(&"x".repeat(256)).is_err_and(|reason| reason.contains("255")));
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert_eq!(super::secret("").err().as_deref(), Some("it is empty"));
    }
}
