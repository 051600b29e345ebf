//! A backup, as far as sharing looks at it. Making and restoring backups is another service's work.

use super::{BackupId, ObjectType, ProjectId, VaultId, vault::megabytes, words::words};

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

/// Whether a backup can be used; the vendor has more states, all of which mean "no" here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupStatus {
    /// Ready.
    Available,
    /// Anything else: being made, being restored, in error, …
    Unavailable,
}

words! { BackupStatus, "status of a backup", {
    Available = "available", Unavailable = "unavailable",
}}

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
