//! A backup: what sharing looks at, and apart from it what is only listed and shown. Making and
//! restoring backups is another service's work.

use uuid::Uuid;

use super::{
    BackupId, Member, MemberStatus, ObjectType, ProjectId, VaultId, vault::megabytes, words::words,
};
use crate::timestamp::Timestamp;

/// A backup that its owner may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its id.
    pub id: BackupId,
    /// The owner.
    pub project_id: ProjectId,
    /// The owner's vault that holds it.
    pub vault_id: VaultId,
    /// For people.
    pub name: String,
    /// What was backed up, in the vendor's words: `OS::Nova::Server`.
    pub resource_type: String,
    /// Size of what was backed up, in GB.
    pub resource_size: u32,
    /// Only an available backup can be shared.
    pub status: BackupStatus,
    /// Encrypted backups cannot be shared.
    pub encrypted: bool,
}

/// What is only listed and shown of a backup. No rule of sharing looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupDetails {
    /// For people.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// Which moment of the resource it holds.
    pub protected_at: Option<Timestamp>,
    /// When it will be deleted.
    pub expired_at: Option<Timestamp>,
    /// What was backed up.
    pub resource_id: Option<String>,
    /// The name of what was backed up.
    pub resource_name: Option<String>,
    /// Whether it is a backup or a replica, in the vendor's words.
    pub image_type: Option<String>,
    /// The restore point that it belongs to.
    pub checkpoint_id: Option<Uuid>,
    /// The backup that it is a part of.
    pub parent_id: Option<Uuid>,
    /// The owner's enterprise project; absent means [`DEFAULT_ENTERPRISE_PROJECT`].
    pub enterprise_project_id: Option<String>,
}

/// The enterprise project of what has none.
pub const DEFAULT_ENTERPRISE_PROJECT: &str = "0";

/// A backup with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRecord {
    /// What sharing looks at.
    pub backup: Backup,
    /// What is only listed and shown.
    pub details: BackupDetails,
}

impl From<Backup> for BackupRecord {
    fn from(backup: Backup) -> Self {
        Self {
            backup,
            details: BackupDetails::default(),
        }
    }
}

/// A backup as one project has it: its own, or shared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedBackup {
    /// The backup, those parts included that the project may not see yet.
    pub record: BackupRecord,
    /// The project's own share; `None` where the backup is its own.
    pub member: Option<Member>,
}

impl OfferedBackup {
    /// Whether the project may see all of it. Of a share that it has not accepted it sees only id,
    /// owner, name, description, status, type and size of the resource, and `created_at`.
    pub fn is_shown_whole(&self) -> bool {
        self.member
            .as_ref()
            .is_none_or(|member| member.status == MemberStatus::Accepted)
    }
}

/// Whether a backup can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupStatus {
    /// Ready.
    Available,
    /// Being made.
    Protecting,
    /// Going away.
    Deleting,
    /// Being restored from.
    Restoring,
    /// Broken.
    Error,
    /// Waiting to be made.
    WaitingProtect,
    /// Waiting to go away.
    WaitingDelete,
    /// Waiting to be restored from.
    WaitingRestore,
    /// One of those that are not `available`: a store that an older version wrote does not know
    /// which.
    Unavailable,
}

words! { BackupStatus, "status of a backup", {
    Available = "available", Protecting = "protecting", Deleting = "deleting",
    Restoring = "restoring", Error = "error", WaitingProtect = "waiting_protect",
    WaitingDelete = "waiting_delete", WaitingRestore = "waiting_restore",
    Unavailable = "unavailable",
}}

impl BackupStatus {
    /// What callers are shown: a status that an older version did not keep is one in which the
    /// backup cannot be used.
    pub fn shown(self) -> Self {
        match self {
            Self::Unavailable => Self::Error,
            known => known,
        }
    }
}

impl Backup {
    /// The kind of vault that takes this backup; `None` for resources that cannot be shared.
    pub fn object_type(&self) -> Option<ObjectType> {
        match self.resource_type.as_str() {
            "OS::Nova::Server" => Some(ObjectType::Server),
            "OS::Cinder::Volume" => Some(ObjectType::Disk),
            _ => None,
        }
    }

    /// What the backup takes of a vault, in MB.
    pub fn megabytes(&self) -> u64 {
        megabytes(self.resource_size)
    }
}
