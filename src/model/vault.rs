//! A vault: what it holds, whether it can be used, and how full it is; and apart from it what is
//! only listed and shown.

use super::{ProjectId, VaultId, words::words};
use crate::timestamp::Timestamp;

/// How many MB a GB has: sizes are in GB, used capacity in MB.
pub const MB_PER_GB: u32 = 1024;

/// A size in MB.
pub fn megabytes(gigabytes: u32) -> u64 {
    u64::from(gigabytes) * u64::from(MB_PER_GB)
}

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

/// What is only listed and shown of a vault. No rule of sharing looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VaultDetails {
    /// For people.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Its enterprise project; absent means
    /// [`DEFAULT_ENTERPRISE_PROJECT`](super::backup::DEFAULT_ENTERPRISE_PROJECT).
    pub enterprise_project_id: Option<String>,
}

/// A vault with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultRecord {
    /// What sharing looks at.
    pub vault: Vault,
    /// What is only listed and shown.
    pub details: VaultDetails,
}

impl From<Vault> for VaultRecord {
    fn from(vault: Vault) -> Self {
        Self {
            vault,
            details: VaultDetails::default(),
        }
    }
}

/// The kind of resource whose backups a vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// Cloud servers.
    Server,
    /// Disks.
    Disk,
    /// Shared file systems.
    Turbo,
    /// Cloud desktops.
    Workspace,
    /// VMware servers.
    Vmware,
    /// Files.
    File,
    /// One of those that are neither `server` nor `disk`: a store that an older version wrote does
    /// not know which.
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

words! { ObjectType, "type of resource", {
    Server = "server", Disk = "disk", Turbo = "turbo", Workspace = "workspace",
    Vmware = "vmware", File = "file", Other = "other",
}}
words! { ProtectType, "protection", {
    Backup = "backup", Replication = "replication", Hybrid = "hybrid",
}}
words! { VaultStatus, "status of a vault", {
    Available = "available", Lock = "lock", Frozen = "frozen", Deleting = "deleting",
    Error = "error",
}}

impl Vault {
    /// Its free space in MB.
    pub fn free(&self) -> u64 {
        megabytes(self.size).saturating_sub(self.used)
    }

    /// Whether a backup of this size in MB fits: free space must be strictly greater.
    pub fn has_room_for(&self, backup: u64) -> bool {
        self.free() > backup
    }

    /// Whether backups that lie in this vault may be shared.
    pub fn lets_share(&self) -> bool {
        match self.status {
            VaultStatus::Available | VaultStatus::Lock => true,
            VaultStatus::Frozen | VaultStatus::Deleting | VaultStatus::Error => false,
        }
    }
}
