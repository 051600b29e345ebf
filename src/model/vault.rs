//! A vault, as far as sharing looks at it: what it holds, whether it can be used, and how full it
//! is.

use super::{ProjectId, VaultId};

/// A vault that holds backups, or takes accepted ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Its id.
    pub id: VaultId,
    /// The project that owns it.
    pub project_id: ProjectId,
    /// For people.
    pub name: String,
    /// What it is made for.
    pub object_type: ObjectType,
    /// Only a vault that protects by backup takes shared backups.
    pub protect_type: ProtectType,
    /// Whether it can be used.
    pub status: VaultStatus,
    /// Capacity in GB.
    pub size: u32,
    /// Used capacity in MB, accepted shares included.
    pub used: u64,
}

/// The kind of resource whose backups a vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// Cloud servers.
    Server,
    /// Disks.
    Disk,
    /// Anything else, such as file systems.
    Other,
}

/// How a vault protects what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectType {
    /// By backup.
    Backup,
    /// By replication to another region.
    Replication,
    /// By both.
    Hybrid,
}

/// Whether a vault can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultStatus {
    /// In working order.
    Available,
    /// Its capacity is locked for a while.
    Lock,
    /// Not paid for.
    Frozen,
    /// Going away.
    Deleting,
    /// Broken.
    Error,
}

impl Vault {
    /// Whether a backup of this size in MB fits: free space must be strictly greater.
    pub fn has_room_for(&self, megabytes: u64) -> bool {
        u64::from(self.size) * 1024 > self.used.saturating_add(megabytes)
    }

    /// Whether backups that lie in this vault may be shared.
    pub fn lets_share(&self) -> bool {
        match self.status {
            VaultStatus::Available | VaultStatus::Lock => true,
            VaultStatus::Frozen | VaultStatus::Deleting | VaultStatus::Error => false,
        }
    }
}
