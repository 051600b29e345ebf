//! What a use case asks the store for, what it gets, and what it asks the store to do: the whole
//! language between rules and stores. A store that can answer a [`Selection`] and carry out a
//! [`Change`] in one transaction is complete.

use std::num::TryFromIntError;

use super::{Backup, BackupId, Member, ProjectId, Vault, VaultId};

/// What to load, always around one backup.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The backup.
    pub backup_id: BackupId,
    /// Which of its members: these projects', or all.
    pub members: MemberSelection,
    /// Which vault with it.
    pub vault: VaultSelection,
}

/// Which members to load.
#[derive(Clone, Debug)]
pub enum MemberSelection {
    /// All of the backup's.
    All,
    /// The caller's own record and the one that the path names (which may be the same).
    Of {
        /// The caller's project.
        caller: ProjectId,
        /// The project that the path names.
        member: ProjectId,
    },
}

/// Which vault to load.
#[derive(Clone, Copy, Debug)]
pub enum VaultSelection {
    /// None.
    None,
    /// The owner's vault that holds the backup.
    OfBackup,
    /// This one.
    Named(VaultId),
}

/// What is in the store, as one transaction sees it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The backup, where there is one.
    pub backup: Option<Backup>,
    /// The selected members, in no particular order.
    pub members: Vec<Member>,
    /// The selected vault, where there is one.
    pub vault: Option<Vault>,
}

/// What to do about the facts. All of it is done, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: this is what is there already.
    Keep(Member),
    /// Insert these. The store refuses a pair of backup and project that is there already.
    Add(Vec<Member>),
    /// Replace `before` by `after`, and move capacity between vaults.
    Update {
        /// What must be there now.
        before: Member,
        /// What replaces it.
        after: Member,
        /// What the move does to vaults.
        capacity: Capacity,
    },
    /// Remove this, and move capacity.
    Delete {
        /// What must be there now.
        before: Member,
        /// What the move does to vaults.
        capacity: Capacity,
    },
}

/// What a change does to the used capacity of vaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Nothing.
    Same,
    /// The vault holds this many MB more.
    Take(VaultId, u64),
    /// The vault holds this many MB less.
    Free(VaultId, u64),
}

impl Capacity {
    /// The vault and how many MB it holds more, less where it is below zero.
    ///
    /// # Errors
    /// More MB than a signed number has.
    pub fn signed(self) -> Result<Option<(VaultId, i64)>, TryFromIntError> {
        Ok(match self {
            Self::Same => None,
            Self::Take(vault, megabytes) => Some((vault, i64::try_from(megabytes)?)),
            Self::Free(vault, megabytes) => Some((vault, -i64::try_from(megabytes)?)),
        })
    }
}
