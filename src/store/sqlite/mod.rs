//! The store on SQLite: one file in WAL mode, one thread that writes, connections beside it that read.

mod accounts;
mod catalog;
mod rows;
mod shares;
mod writer;

use std::{
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use self::writer::Writer;
use super::{AccessKey, Account, Catalog, Loaded, Rule, Store, TokenHash, TokenRecord};
use crate::{
    model::{Change, Error, Facts, ProjectId, Result, Selection},
    timestamp::Timestamp,
};

mod migrations {
    refinery::embed_migrations!("src/store/schema/sqlite");
}

/// How long to wait for another process that writes to the same file, such as `catalog load`.
const BUSY: Duration = Duration::from_secs(5);
/// Pages that a connection keeps at hand, in KiB. Taken as they are used: an empty store takes none of it.
const CACHE: i64 = 8 * 1024;
/// How much of the file a connection reads as memory, in bytes; what is beyond is read by calls.
const MAPPED: i64 = 256 * 1024 * 1024;
/// After how many pages in the write-ahead log they go to the database file, at the latest: rarely, because a page that
/// was written many times goes there once. The writer sends them there when it has nothing else to do.
const CHECKPOINT: i64 = 16_000;

/// A store in one SQLite file.
pub struct Sqlite {
    writer: Writer,
    readers: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

/// Why a database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, or is no database.
    #[error("cannot open the database {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database {path} up to date: {source}")]
    Migrate {
        /// The file.
        path: String,
        /// Why.
        source: refinery::Error,
    },
    /// The writing thread cannot be started.
    #[error("cannot start the thread that writes: {0}")]
    Thread(#[from] std::io::Error),
}

impl Sqlite {
    /// Opens the database, makes it where it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(path: &Path, now: Timestamp) -> std::result::Result<Self, OpenError> {
        let named = path.display().to_string();
        let open_error = |source| OpenError::Open { path: named.clone(), source };
        let mut writing = connect(path, OpenFlags::default()).map_err(open_error)?;
        migrations::migrations::runner()
            .run(&mut writing)
            .map_err(|source| OpenError::Migrate { path: named.clone(), source })?;
        accounts::forget_tokens(&writing, now).map_err(open_error)?;
        let reading = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let readers = std::thread::available_parallelism().map_or(2, usize::from) + 1;
        let readers = (0..readers).map(|_| connect(path, reading).map(Mutex::new)).collect::<rusqlite::Result<_>>();
        Ok(Self { writer: Writer::start(writing)?, readers: readers.map_err(open_error)?, next: AtomicUsize::new(0) })
    }

    /// Reads on the calling thread: a read takes a few microseconds, less than handing it to another thread.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        read(&self.reader()).map_err(Error::store)
    }

    /// A connection nobody uses at present, or else the next one in turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        free.unwrap_or_else(|| {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
            // A panic while reading leaves nothing behind on the connection.
            self.readers[turn].lock().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Plans do not depend on the values that are bound: else SQLite plans a query anew at every call.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Pages come without a copy and a call of the system each. The memory is the system's, which takes it back at need.
    connection.pragma_update(None, "mmap_size", MAPPED)?;
    if flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) {
        connection.pragma_update(None, "journal_mode", "wal")?;
        // FULL: a commit is answered only when the write-ahead log is on the disk.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        connection.pragma_update(None, "foreign_keys", true)?;
    }
    Ok(connection)
}

#[async_trait]
impl Store for Sqlite {
    async fn load(&self, selection: &Selection) -> Result<Facts> {
        self.read(|connection| shares::facts(connection, selection))
    }

    async fn change(&self, selection: Selection, rule: Rule) -> Result<Change> {
        let work = move |connection: &Connection| {
            let change = rule(&shares::facts(connection, &selection).map_err(Error::store)?)?;
            shares::carry_out(connection, &change)?;
            Ok(change)
        };
        self.writer.run(work).await
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
            accounts::insert_token(connection, &hash, &user_name, issued_at, Some(expires_at)).map_err(Error::store)
        };
        self.writer.run(insert).await.map(drop)
    }

    async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        self.writer.run(move |connection| accounts::revoke_token(connection, &hash, now).map_err(Error::store)).await
    }

    async fn has_project(&self, id: &ProjectId) -> Result<bool> {
        self.read(|connection| accounts::has_project(connection, id))
    }

    async fn load_catalog(&self, catalog: Catalog) -> Result<Loaded> {
        self.writer.run(move |connection| catalog::load(connection, &catalog)).await
    }

    async fn ready(&self) -> Result<()> {
        self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())))?;
        self.writer.run(|_| Ok(())).await
    }
}
