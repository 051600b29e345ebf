//! What a list of backups or vaults is asked for, and what it is. A project may have very many, so
//! stores filter, order and cut; what the words of a query mean is said here, once for all of them.
//!
//! A filter or a sort key acts on what the caller may see: of a share that it has not accepted,
//! whatever [`OfferedBackup::is_shown_whole`](super::OfferedBackup::is_shown_whole) leaves out is
//! absent, meets no filter, and is ordered as absent.

use std::str::FromStr;

use uuid::Uuid;

use super::{
    BackupId, BackupStatus, Error, MemberStatus, ObjectType, ProtectType, VaultId, VaultStatus,
    page::SortDirection, words::words,
};
use crate::timestamp::Timestamp;

/// How many items a page has where the caller does not say.
pub const DEFAULT_LIMIT: usize = 1_000;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The items on it, in the order of the query.
    pub items: Vec<T>,
    /// How many meet the filters, on whatever page.
    pub total: u64,
}

impl<T> Listing<T> {
    /// No item, on whatever page.
    pub fn empty() -> Self {
        Self {
            items: vec![],
            total: 0,
        }
    }
}

/// Which backups a project lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnType {
    /// Its own.
    #[default]
    Private,
    /// Those shared with it.
    Shared,
    /// Both.
    AllGranted,
}

words! { OwnType, "type of ownership", {
    Private = "private", Shared = "shared", AllGranted = "all_granted",
}}

impl OwnType {
    /// Whether the project's own backups are in the list.
    pub fn has_own(self) -> bool {
        matches!(self, Self::Private | Self::AllGranted)
    }

    /// Whether those shared with it are in the list.
    pub fn has_shared(self) -> bool {
        matches!(self, Self::Shared | Self::AllGranted)
    }
}

/// Which backups to list, in which order, and which part of them.
#[derive(Clone, Debug)]
pub struct BackupQuery {
    /// The project's own, those shared with it, or both.
    pub own_type: OwnType,
    /// Only those whose share with the caller has this status: a backup of its own has none.
    /// Without it, rejected shares are left out.
    pub member_status: Option<MemberStatus>,
    /// Only with this name.
    pub name: Option<String>,
    /// Only in one of these; in any, where there is none.
    pub status: Vec<BackupStatus>,
    /// Only of resources of this type.
    pub resource_type: Option<String>,
    /// Only in this vault: the owner's of a backup of its own, the member's of an accepted share.
    pub vault_id: Option<VaultId>,
    /// Only of this restore point.
    pub checkpoint_id: Option<Uuid>,
    /// Only of this resource.
    pub resource_id: Option<String>,
    /// Only of resources with this name.
    pub resource_name: Option<String>,
    /// Only those made then or later.
    pub start_time: Option<Timestamp>,
    /// Only those made then or earlier.
    pub end_time: Option<Timestamp>,
    /// Only of this type of image.
    pub image_type: Option<String>,
    /// Only parts of this backup.
    pub parent_id: Option<Uuid>,
    /// Only in this enterprise project.
    pub enterprise_project_id: Option<String>,
    /// A further filter asks for what no backup has.
    pub matches_none: bool,
    /// The order.
    pub sort: BackupSort,
    /// How many at most.
    pub limit: usize,
    /// How many to skip, after the marker where there is one.
    pub offset: u64,
    /// The last backup of the page before. It need not meet the filters any more.
    pub marker: Option<BackupId>,
}

impl Default for BackupQuery {
    fn default() -> Self {
        Self {
            own_type: OwnType::default(),
            member_status: None,
            name: None,
            status: vec![],
            resource_type: None,
            vault_id: None,
            checkpoint_id: None,
            resource_id: None,
            resource_name: None,
            start_time: None,
            end_time: None,
            image_type: None,
            parent_id: None,
            enterprise_project_id: None,
            matches_none: false,
            sort: BackupSort::default(),
            limit: DEFAULT_LIMIT,
            offset: 0,
            marker: None,
        }
    }
}

impl BackupQuery {
    /// The marker is neither a backup of the caller's nor shared with it, as `own_type` asks.
    pub fn unknown_marker() -> Error {
        Error::malformed(
            "query parameter marker",
            "not the id of a backup in this list",
        )
    }
}

/// Which vaults of a project to list, and which part of them: the youngest first, those of the same
/// moment and those without one by id, the greatest first.
#[derive(Clone, Debug)]
pub struct VaultQuery {
    /// Only these; any, where there is none.
    pub id: Vec<VaultId>,
    /// Only with this name.
    pub name: Option<String>,
    /// Only made for this.
    pub object_type: Option<ObjectType>,
    /// Only that protect like this.
    pub protect_type: Option<ProtectType>,
    /// Only in this status.
    pub status: Option<VaultStatus>,
    /// Only in this enterprise project.
    pub enterprise_project_id: Option<String>,
    /// A further filter asks for what no vault has.
    pub matches_none: bool,
    /// How many at most.
    pub limit: usize,
    /// How many to skip.
    pub offset: u64,
}

impl Default for VaultQuery {
    fn default() -> Self {
        Self {
            id: vec![],
            name: None,
            object_type: None,
            protect_type: None,
            status: None,
            enterprise_project_id: None,
            matches_none: false,
            limit: DEFAULT_LIMIT,
            offset: 0,
        }
    }
}

/// What backups can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupSortKey {
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Its name, byte by byte.
    Name,
    /// The word of its status.
    Status,
    /// Which moment it holds.
    ProtectedAt,
    /// Its id.
    Id,
}

words! { BackupSortKey, "key to order backups by", {
    CreatedAt = "created_at", UpdatedAt = "updated_at", Name = "name", Status = "status",
    ProtectedAt = "protected_at", Id = "id",
}}

/// An order of backups: keys with their directions, the first decides first. Each key comes once,
/// and the last is [`BackupSortKey::Id`], so that no two backups are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSort(Vec<(BackupSortKey, SortDirection)>);

/// The text is no order of backups.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an order is a list of keys out of {}, each with :asc, :desc or neither",
    BackupSortKey::WORDS.join(", ")
)]
pub struct InvalidBackupSort;

impl BackupSort {
    /// The keys; the last is the id.
    pub fn keys(&self) -> &[(BackupSortKey, SortDirection)] {
        &self.0
    }

    /// What comes behind an id, and behind the same key again, never decides.
    fn of(terms: impl IntoIterator<Item = (BackupSortKey, SortDirection)>) -> Self {
        let mut keys: Vec<(BackupSortKey, SortDirection)> = vec![];
        let mut last = SortDirection::Descending;
        for (key, direction) in terms {
            last = direction;
            let is_new = keys
                .iter()
                .all(|(known, _)| *known != key && *known != BackupSortKey::Id);
            if is_new {
                keys.push((key, direction));
            }
        }
        if keys.last().is_none_or(|(key, _)| *key != BackupSortKey::Id) {
            keys.push((BackupSortKey::Id, last));
        }
        Self(keys)
    }
}

impl Default for BackupSort {
    fn default() -> Self {
        Self::of([(BackupSortKey::CreatedAt, SortDirection::Descending)])
    }
}

impl FromStr for BackupSort {
    type Err = InvalidBackupSort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let terms: Result<Vec<_>, _> = text.split(',').map(term).collect();
        terms.map(Self::of)
    }
}

fn term(text: &str) -> Result<(BackupSortKey, SortDirection), InvalidBackupSort> {
    let (key, direction) = text.split_once(':').unwrap_or((text, "desc"));
    let key = key.parse().map_err(|_| InvalidBackupSort)?;
    match direction {
        "asc" => Ok((key, SortDirection::Ascending)),
        "desc" => Ok((key, SortDirection::Descending)),
        _ => Err(InvalidBackupSort),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        BackupSort,
        BackupSortKey::{CreatedAt, Id, Name},
        SortDirection::{Ascending, Descending},
    };

    #[test]
    fn ties_are_broken_by_id_in_the_direction_of_the_last_key() {
        for (text, keys) in [
            (
                "created_at",
                vec![(CreatedAt, Descending), (Id, Descending)],
            ),
            (
                "created_at:desc,name:asc",
                vec![(CreatedAt, Descending), (Name, Ascending), (Id, Ascending)],
            ),
            ("id:asc,name:desc", vec![(Id, Ascending)]),
            (
                "name:asc,name:desc",
                vec![(Name, Ascending), (Id, Descending)],
            ),
        ] {
            let sort: BackupSort = text.parse().expect(text);
            assert_eq!(sort.keys(), keys, "{text}");
        }
        assert_eq!(BackupSort::default(), "created_at".parse().expect("a key"));
    }

    #[test]
    fn what_is_no_order_of_backups_is_refused() {
        for text in ["", "size", "id,", "id:up", "id:", "dest_project_id"] {
            assert!(text.parse::<BackupSort>().is_err(), "{text}");
        }
    }
}
