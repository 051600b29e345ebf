//! Opening a database file, and saying in one sentence why it cannot be used.

use std::{fs::OpenOptions, io, path::Path, time::Duration};

use refinery::error::Kind;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{
    super::compatibility::{self, Fit, NEWER, StoreSchema},
    indexes, permissions,
};

pub(super) mod migrations {
    refinery::embed_migrations!("src/store/schema/sqlite");
}

/// How long to wait for another process that writes to the same file, such as `catalog load`.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The page cache of a connection, in KiB. It is allocated as it is used.
const CACHE_SIZE: i64 = 8 * 1024;
/// How much of the file a connection reads as memory, in bytes; what is beyond is read by calls.
const MMAP_SIZE: i64 = 256 * 1024 * 1024;
/// After how many pages in the write-ahead log SQLite itself makes a checkpoint: rarely, because a
/// page that was written many times is copied once. The writer makes one when it is idle.
const WAL_AUTOCHECKPOINT: i64 = 16_000;

/// Why a database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, or is no database.
    #[error("cannot open the database {path}: {reason}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is to be read, and is not there.
    #[error("there is no file {path}")]
    Missing {
        /// The file.
        path: String,
    },
    /// A version after this one has written to it.
    #[error(
        "the database {path} was written by a newer version of backup-share: it has the schema \
         {found}, for programs that know the schema {oldest}; this one knows {known}"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: i32,
        /// The oldest one that a program must know to use it.
        oldest: i32,
        /// The newest one that this program knows.
        known: i32,
    },
    /// It has a schema, and it is none of ours.
    #[error("the database {path} is another program's")]
    Foreign {
        /// The file.
        path: String,
    },
    /// Not all records of another store are in it.
    #[error(
        "a copy into the database {path} is not finished: \
         run the same `backup-share store copy` again"
    )]
    Unfinished {
        /// The file.
        path: String,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database {path} up to date: {reason}")]
    Migrate {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The thread that writes, or one that reads, cannot be started.
    #[error("cannot start the thread that writes: {0}")]
    Thread(#[from] io::Error),
}

/// A file, for the errors about it.
pub(super) struct DatabaseFile<'a>(pub &'a Path);

impl DatabaseFile<'_> {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    pub(super) fn unusable(&self, error: &rusqlite::Error) -> OpenError {
        OpenError::Open {
            path: self.name(),
            reason: self.reason(error),
        }
    }

    /// What an operator can do something about, instead of what SQLite calls it.
    fn reason(&self, error: &rusqlite::Error) -> String {
        let read_only = "it is read-only for this user, or its folder is, where its log is kept";
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => "it is no SQLite database".to_owned(),
            Some(ErrorCode::DatabaseCorrupt) => {
                // The first line: SQLite may quote a whole table.
                format!(
                    "it is damaged: {}",
                    error.to_string().lines().next().unwrap_or_default()
                )
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another process keeps it locked".to_owned()
            }
            Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
            Some(ErrorCode::ReadOnly) => read_only.to_owned(),
            Some(ErrorCode::CannotOpen) => self.inaccessible().unwrap_or_else(|| error.to_string()),
            _ => error.to_string(),
        }
    }

    fn inaccessible(&self) -> Option<String> {
        if self.0.is_dir() {
            return Some("it is a folder".to_owned());
        }
        let folder = self
            .0
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        match OpenOptions::new()
            .read(true)
            .open(self.0)
            .map_err(|error| error.kind())
        {
            Err(io::ErrorKind::PermissionDenied) => Some("this user may not read it".to_owned()),
            Err(io::ErrorKind::NotFound) if !folder.is_dir() => {
                Some(format!("there is no folder {}", folder.display()))
            }
            Err(io::ErrorKind::NotFound) => {
                Some(format!("this user may not make it in {}", folder.display()))
            }
            _ => None,
        }
    }

    /// A connection that writes, to a database that is made where it is not there, with its schema
    /// brought up to date.
    pub(super) fn make(&self) -> Result<Connection, OpenError> {
        let unusable = |error: rusqlite::Error| self.unusable(&error);
        permissions::create(self.0);
        let mut writing = connect(self.0, WRITING).map_err(unusable)?;
        self.refuse_foreign(&writing)?;
        prepare_to_write(&writing).map_err(unusable)?;
        self.migrate(&mut writing)?;
        Ok(writing)
    }

    /// Brings the schema up to date, and builds the indexes that are missing. What a newer version
    /// has brought up to date stays as it is.
    fn migrate(&self, connection: &mut Connection) -> Result<(), OpenError> {
        let before = self.schema(connection)?;
        if let Some(found) = before
            && self.refuse_too_new(found)? == Fit::Newer
        {
            return Ok(());
        }
        let runner = migrations::migrations::runner();
        runner
            .run(connection)
            .map_err(|error| self.not_migrated(&error))?;
        indexes::build_missing(connection, self.0).map_err(|error| self.unusable(&error))?;
        let all = runner.get_migrations();
        if let Some(found) = before
            && found.version < latest()
        {
            let (file, schema) = (self.name(), latest());
            let effect = compatibility::effect(found.version, all);
            tracing::info!(file, schema, "the schema was brought up to date: {effect}");
        }
        Ok(())
    }

    fn not_migrated(&self, error: &refinery::Error) -> OpenError {
        if let Kind::Connection(_, source) = error.kind()
            && let Some(source) = source.downcast_ref()
        {
            return self.unusable(source);
        }
        OpenError::Migrate {
            path: self.name(),
            reason: error.to_string(),
        }
    }

    /// The schema that is there; `None` in a new database.
    fn schema(&self, connection: &Connection) -> Result<Option<StoreSchema>, OpenError> {
        schema(connection).map_err(|error| self.unusable(&error))
    }

    /// What a schema is to this program, where it may be used at all.
    fn refuse_too_new(&self, found: StoreSchema) -> Result<Fit, OpenError> {
        match found.fit(latest()) {
            Fit::TooNew => Err(OpenError::Newer {
                path: self.name(),
                found: found.version,
                oldest: found.oldest,
                known: latest(),
            }),
            Fit::Newer => {
                let (file, schema) = (self.name(), found.version);
                tracing::info!(file, schema, "{NEWER}");
                Ok(Fit::Newer)
            }
            fit => Ok(fit),
        }
    }

    fn is_empty(&self, connection: &Connection) -> Result<bool, OpenError> {
        let tables = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
        connection
            .query_row(tables, [], |row| row.get(0))
            .map_err(|error| self.unusable(&error))
    }

    /// Refuses what others keep in SQLite, before anything is written to it.
    fn refuse_foreign(&self, connection: &Connection) -> Result<(), OpenError> {
        let tables = "SELECT count(*), count(*) FILTER (WHERE name = 'refinery_schema_history')
                      FROM sqlite_schema";
        let found = connection.query_row(tables, [], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
        });
        match found.map_err(|error| self.unusable(&error))? {
            (1.., 0) => Err(OpenError::Foreign { path: self.name() }),
            _ => Ok(()),
        }
    }

    /// A connection to a file that is there and has the schema of this version, or a newer one that
    /// it may use, for reading alone; and that schema.
    pub(super) fn open_existing(&self) -> Result<(Connection, StoreSchema), OpenError> {
        let (connection, found) = self.open_any_schema()?;
        match found.fit(latest()) {
            Fit::Older => {
                let runner = migrations::migrations::runner();
                Err(OpenError::Open {
                    path: self.name(),
                    reason: compatibility::outdated(found.version, runner.get_migrations()),
                })
            }
            _ => Ok((connection, found)),
        }
    }

    /// The same for a file whose schema may be older.
    pub(super) fn open_any_schema(&self) -> Result<(Connection, StoreSchema), OpenError> {
        let unusable = |error: rusqlite::Error| self.unusable(&error);
        if self
            .0
            .metadata()
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            return Err(OpenError::Missing { path: self.name() });
        }
        let connection = connect(self.0, READING).map_err(unusable)?;
        self.refuse_foreign(&connection)?;
        if self.is_empty(&connection)? {
            let reason = "there is nothing of backup-share in it".to_owned();
            return Err(OpenError::Open {
                path: self.name(),
                reason,
            });
        }
        let found = self.schema(&connection)?.unwrap_or(StoreSchema {
            version: 0,
            oldest: 0,
        });
        self.refuse_too_new(found)?;
        Ok((connection, found))
    }
}

/// The schema that is in a database; `None` where there is none.
fn schema(connection: &Connection) -> rusqlite::Result<Option<StoreSchema>> {
    let has_table = |name: &str| {
        let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)";
        connection.query_row(known, [name], |row| row.get::<_, bool>(0))
    };
    if !has_table("refinery_schema_history")? {
        return Ok(None);
    }
    let history = "SELECT max(version) FROM refinery_schema_history";
    let Some(version) = connection.query_row(history, [], |row| row.get(0))? else {
        return Ok(None);
    };
    let oldest = match has_table("compatibility")? {
        true => connection.query_row(compatibility::OLDEST, [], |row| row.get(0))?,
        false => version,
    };
    Ok(Some(StoreSchema { version, oldest }))
}

/// The newest schema that this version knows.
pub(super) fn latest() -> i32 {
    compatibility::latest(migrations::migrations::runner().get_migrations())
}

/// How a connection that only reads is opened.
pub(super) const READING: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// How the one that writes is opened.
const WRITING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_CREATE)
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// A connection with the settings that all have.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // SQLite is built to read `file:…` as a URI, `:memory:` as no file, whatever the flags. Neither
    // begins with a dot.
    let connection = Connection::open_with_flags(Path::new(".").join(path), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -CACHE_SIZE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Plans do not depend on the values that are bound: else SQLite plans a query again at every
    // call.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Pages come without a copy and a call of the system each. The memory is the system's, which
    // takes it back at need.
    connection.pragma_update(None, "mmap_size", MMAP_SIZE)?;
    Ok(connection)
}

/// What the connection that writes has beside.
fn prepare_to_write(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: a commit returns only when the write-ahead log is on the disk.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_AUTOCHECKPOINT)?;
    connection.pragma_update(None, "foreign_keys", true)
}
