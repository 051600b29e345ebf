//! Single records of a database file that is there already, while a server may be writing to it.
//! Nothing is written.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    super::{BackupIdentity, Lookup, values::read},
    accounts,
    failure::failed,
    open::{DatabaseFile, OpenError},
};
use crate::model::{BackupId, ProjectId, Result, VaultId};

const BACKUP: &str = "SELECT resource_size, project_id FROM backups WHERE id = ?1";

/// A database file that is there already, to look up single records in.
pub struct SqliteLookup(Mutex<Connection>);

impl SqliteLookup {
    /// A file whose schema this version may use. Nothing is made, and nothing is brought up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn find(path: &Path) -> std::result::Result<Self, OpenError> {
        let (connection, _) = DatabaseFile(path).open_existing()?;
        Ok(Self(Mutex::new(connection)))
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        // A panic while reading leaves nothing behind on the connection.
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).map_err(failed)
    }
}

#[async_trait]
impl Lookup for SqliteLookup {
    async fn backup(&self, id: BackupId) -> Result<Option<BackupIdentity>> {
        let lasting = |row: &Row<'_>| {
            Ok(BackupIdentity {
                size: read(row, 0, "backups.resource_size")?,
                owner: read(row, 1, "backups.project_id")?,
            })
        };
        self.read(|connection| {
            connection
                .prepare_cached(BACKUP)?
                .query_row([id], lasting)
                .optional()
        })
    }

    async fn vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>> {
        self.read(|connection| accounts::find_vault_owner(connection, id))
    }

    async fn knows_project(&self, id: &ProjectId) -> Result<bool> {
        self.read(|connection| accounts::has_project(connection, id))
    }
}
