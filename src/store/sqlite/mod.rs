//! The store on SQLite: one file in WAL mode, one thread that writes, connections beside it that
//! read.

mod accounts;
mod backup;
mod catalog;
mod claim;
mod export;
mod failure;
mod import;
mod indexes;
mod lists;
mod lookup;
mod open;
mod permissions;
mod removal;
mod rows;
mod same_file;
mod shares;
mod task;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::Connection;

pub use self::{
    backup::{BackupError, backup},
    export::SqliteFile,
    import::SqliteTarget,
    lookup::SqliteLookup,
    open::OpenError,
};
use self::{
    failure::{failed, is_orphan},
    lists::ListReaders,
    open::{DatabaseFile, READING},
    writer::Writer,
};
use super::{
    AccessKey, Account, Catalog, EXPIRED_AT_START, Loaded, Removal, RemovalOutcome, Rule, Store,
    TokenHash, TokenRecord,
};
use crate::{
    model::{
        BackupId, BackupQuery, Change, Error, Facts, Listing, OfferedBackup, ProjectId, Result,
        Selection, VaultId, VaultQuery, VaultRecord,
    },
    timestamp::Timestamp,
};

/// The timeout of catalogs, removals and copies. Only the operator waits for them.
const BULK_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// A store in one SQLite file.
pub struct Sqlite {
    // Before the writer, for fields go in this order: the last connection moves the log into the
    // file, if it may write.
    readers: Vec<Mutex<Connection>>,
    lists: ListReaders,
    writer: Writer,
    next: AtomicUsize,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the database, makes it where it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(path: &Path, now: Timestamp) -> std::result::Result<Self, OpenError> {
        let file = DatabaseFile(path);
        let unusable = |error: rusqlite::Error| file.unusable(&error);
        let writing = file.make()?;
        if import::is_unfinished(&writing).map_err(unusable)? {
            return Err(OpenError::Unfinished {
                path: path.display().to_string(),
            });
        }
        accounts::delete_tokens(&writing, now, EXPIRED_AT_START).map_err(unusable)?;
        let readers = std::thread::available_parallelism().map_or(2, usize::from) + 1;
        let readers = (0..readers).map(|_| open::connect(path, READING).map(Mutex::new));
        let readers = readers.collect::<rusqlite::Result<_>>().map_err(unusable)?;
        let lists = ListReaders::open(path).map_err(unusable)?;
        let writer = Writer::start(writing, path)?;
        permissions::warn_if_open_to_others(path);
        Ok(Self {
            readers,
            lists,
            writer,
            next: AtomicUsize::new(0),
            path: path.to_owned(),
        })
    }

    /// Reads on the calling thread: a read takes a few microseconds, less than handing it to
    /// another thread.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        read(&self.reader()).map_err(failed)
    }

    /// An idle connection, or else the next one in turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        // A panic while reading leaves nothing behind on the connection.
        let free = self
            .readers
            .iter()
            .find_map(|reader| match reader.try_lock() {
                Ok(reader) => Some(reader),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            });
        free.unwrap_or_else(|| {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
            self.readers[turn]
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        })
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn load(&self, selection: &Selection) -> Result<Facts> {
        self.read(|connection| shares::facts(connection, selection))
    }

    async fn change(&self, selection: Selection, rule: Rule) -> Result<Change> {
        let work = move |connection: &Connection| {
            let change = rule(&shares::facts(connection, &selection).map_err(failed)?)?;
            shares::carry_out(connection, &change)?;
            Ok(change)
        };
        self.writer.run(work).await
    }

    async fn find_backup(&self, id: BackupId, caller: &ProjectId) -> Result<Option<OfferedBackup>> {
        self.read(|connection| lists::find_backup(connection, id, caller))
    }

    async fn list_backups(
        &self,
        caller: &ProjectId,
        query: &BackupQuery,
    ) -> Result<Listing<OfferedBackup>> {
        let (caller, query) = (caller.clone(), query.clone());
        self.lists
            .read(move |connection| lists::list_backups(connection, &caller, &query))
            .await
    }

    async fn find_vault(&self, id: VaultId) -> Result<Option<VaultRecord>> {
        self.read(|connection| lists::find_vault(connection, id))
    }

    async fn list_vaults(
        &self,
        owner: &ProjectId,
        query: &VaultQuery,
    ) -> Result<Listing<VaultRecord>> {
        let (owner, query) = (owner.clone(), query.clone());
        self.lists
            .read(move |connection| lists::list_vaults(connection, &owner, &query))
            .await
    }

    async fn find_account(&self, name: &str) -> Result<Option<Account>> {
        self.read(|connection| accounts::find_account(connection, name))
    }

    async fn find_token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>> {
        self.read(|connection| accounts::find_token(connection, hash))
    }

    async fn find_access_key(&self, access: &str) -> Result<Option<(AccessKey, Account)>> {
        self.read(|connection| accounts::find_access_key(connection, access))
    }

    async fn insert_token(
        &self,
        hash: TokenHash,
        user_name: String,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let insert = move |connection: &Connection| {
            let inserted =
                accounts::insert_token(connection, &hash, &user_name, issued_at, Some(expires_at));
            inserted.map_err(|error| {
                if is_orphan(&error) {
                    Error::UnknownCredentials
                } else {
                    failed(error)
                }
            })
        };
        self.writer.run(insert).await.map(drop)
    }

    async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        self.writer
            .run(move |connection| accounts::revoke_token(connection, &hash, now).map_err(failed))
            .await
    }

    async fn delete_expired_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let delete = move |connection: &Connection| {
            accounts::delete_tokens(connection, before, limit).map_err(failed)
        };
        self.writer.run(delete).await
    }

    async fn find_vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>> {
        self.read(|connection| accounts::find_vault_owner(connection, id))
    }

    async fn has_project(&self, id: &ProjectId) -> Result<bool> {
        self.read(|connection| accounts::has_project(connection, id))
    }

    async fn load_catalog(&self, catalog: Catalog) -> Result<Loaded> {
        self.writer
            .run_within(BULK_TIMEOUT, move |connection| {
                catalog::load(connection, &catalog)
            })
            .await
    }

    async fn remove(&self, removal: Removal) -> Result<RemovalOutcome> {
        self.writer
            .run_within(BULK_TIMEOUT, move |connection| {
                removal::remove(connection, &removal)
            })
            .await
    }

    async fn ready(&self) -> Result<()> {
        // First, for it notices a file that is not the one that is open. An unused
        // number is written: a transaction that writes nothing succeeds on a full disk, too.
        self.writer
            .run(|connection| {
                connection
                    .pragma_update(None, "user_version", 0)
                    .map_err(failed)
            })
            .await?;
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || read_from_disk(&path));
        read.await.map_err(Error::store)?.map_err(failed)
    }
}

/// Reads a row over a new connection: the others have pages at hand, and would not notice that the
/// disk has them no more.
fn read_from_disk(path: &Path) -> rusqlite::Result<()> {
    let row = "SELECT version FROM refinery_schema_history LIMIT 1";
    open::connect(path, READING)?.query_row(row, [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::TryLockError,
    };

    use super::Sqlite;
    use crate::timestamp::Timestamp;

    #[test]
    fn a_connection_on_which_a_reader_panicked_is_used_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("test.db"), Timestamp::MAX).expect("a store");
        let read = || store.read::<()>(|_| panic!("while reading"));
        assert!(catch_unwind(AssertUnwindSafe(read)).is_err() && store.readers[0].is_poisoned());
        let taken = store.reader();
        assert!(
            matches!(store.readers[0].try_lock(), Err(TryLockError::WouldBlock)),
            "it is the first one"
        );
        drop(taken);
    }
}
