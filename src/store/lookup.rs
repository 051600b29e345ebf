//! What of a store a data file is held against: what its records may refer to, and must not
//! contradict.

use std::ops::Deref;

use async_trait::async_trait;

use super::Store;
use crate::model::{
    BackupId, ProjectId, Result, Selection, VaultId, VaultSelection, facts::MemberSelection,
};

/// A store, to look up single records in.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// What a data file cannot change of the backup, where there is such a backup.
    async fn backup(&self, id: BackupId) -> Result<Option<BackupIdentity>>;

    /// The project that owns the vault, where there is such a vault.
    async fn vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>>;

    /// Whether the project is known.
    async fn knows_project(&self, id: &ProjectId) -> Result<bool>;

    /// Whether anything can be found here.
    fn is_store(&self) -> bool {
        true
    }
}

/// What of a backup cannot change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupIdentity {
    /// Its size in GB.
    pub size: u32,
    /// The project that owns it.
    pub owner: ProjectId,
}

/// No store: nothing is there.
pub struct NoStore;

#[async_trait]
impl Lookup for NoStore {
    async fn backup(&self, _: BackupId) -> Result<Option<BackupIdentity>> {
        Ok(None)
    }

    async fn vault_owner(&self, _: VaultId) -> Result<Option<ProjectId>> {
        Ok(None)
    }

    async fn knows_project(&self, _: &ProjectId) -> Result<bool> {
        Ok(false)
    }

    fn is_store(&self) -> bool {
        false
    }
}

/// Any store, behind any pointer.
#[async_trait]
impl<P, S> Lookup for P
where
    P: Deref<Target = S> + Send + Sync,
    S: Store + ?Sized,
{
    async fn backup(&self, backup_id: BackupId) -> Result<Option<BackupIdentity>> {
        let selection = Selection {
            backup_id,
            members: MemberSelection::All,
            vault: VaultSelection::None,
        };
        Ok(self
            .load(&selection)
            .await?
            .backup
            .map(|backup| BackupIdentity {
                size: backup.resource_size,
                owner: backup.project_id,
            }))
    }

    async fn vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>> {
        self.find_vault_owner(id).await
    }

    async fn knows_project(&self, id: &ProjectId) -> Result<bool> {
        self.has_project(id).await
    }
}
