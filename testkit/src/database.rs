//! A database for one test, in either of the stores that the service runs on. Gone when dropped.

use std::path::Path;

use backup_share::config::Config;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::postgres::{self, Schema};

/// The stores that the service runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A schema in the cluster that `scripts/test` starts.
    Postgres,
    /// A file that a newer version brings up to date while the service runs on it.
    UpgradedSqlite,
    /// The same in PostgreSQL.
    UpgradedPostgres,
}

/// What a newer version would do to the store: it expands it in each way that it may, and says
/// that the schema before it is enough to know.
const NEXT_MIGRATION: &str = "
    ALTER TABLE projects ADD COLUMN description TEXT;
    ALTER TABLE accounts ADD COLUMN email TEXT;
    ALTER TABLE tokens ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE access_keys ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE vaults ADD COLUMN tier TEXT NOT NULL DEFAULT 'hot';
    ALTER TABLE backups ADD COLUMN tier TEXT NOT NULL DEFAULT 'hot';
    ALTER TABLE members ADD COLUMN note TEXT;
    CREATE TABLE notices (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
    CREATE INDEX members_by_note ON members (note);
    UPDATE compatibility SET oldest = (SELECT max(version) FROM refinery_schema_history);
    INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
    SELECT max(version) + 1, 'next', '2030-01-01T00:00:00Z', '1' FROM refinery_schema_history";

impl Backend {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite | Self::UpgradedSqlite => "SQLite",
            Self::Postgres | Self::UpgradedPostgres => "PostgreSQL",
        }
    }

    /// Whether a newer version is to bring it up to date.
    pub fn is_upgraded(self) -> bool {
        matches!(self, Self::UpgradedSqlite | Self::UpgradedPostgres)
    }
}

/// A database with nothing in it.
pub enum TestDatabase {
    /// A file in a folder.
    Sqlite(TempDir),
    /// A schema in the shared cluster.
    Postgres(Schema),
}

impl TestDatabase {
    /// An empty one.
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite | Backend::UpgradedSqlite => {
                Self::Sqlite(tempfile::tempdir().expect("a folder"))
            }
            Backend::Postgres | Backend::UpgradedPostgres => Self::Postgres(Schema::create()),
        }
    }

    /// Settings for a server on it.
    pub fn config(&self) -> Config {
        Config {
            listen: "127.0.0.1:0".into(),
            ..postgres::config(self.url())
        }
    }

    /// What servers call it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => sqlite_url(folder.path()),
            Self::Postgres(schema) => schema.url(),
        }
    }

    /// Where SQLite writes.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Sqlite(folder) => folder.path(),
            Self::Postgres(_) => panic!("PostgreSQL has no folder here"),
        }
    }

    /// The number that a query gives.
    pub fn number(&self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(folder) => open(folder.path())
                .query_row(sql, [], |row| row.get(0))
                .expect("one number"),
            Self::Postgres(schema) => postgres::number(&schema.url(), sql),
        }
    }

    /// Brings its schema up to date as a newer version would.
    pub fn upgrade(&self) {
        self.execute(&expand());
    }

    /// Runs statements.
    pub fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(folder) => open(folder.path()).execute_batch(sql).expect("executed"),
            Self::Postgres(schema) => postgres::execute(&schema.url(), sql),
        }
    }
}

/// What a newer version does to a store of either kind, which it leaves to older ones as well.
pub fn expand() -> String {
    format!("BEGIN; {NEXT_MIGRATION}; COMMIT")
}

fn open(folder: &Path) -> Connection {
    Connection::open(folder.join("test.db")).expect("the database")
}

/// The URL of the SQLite database in a folder.
pub fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("test.db").display())
}

/// Makes a test of each of these functions for each [`Backend`], such as
/// `errors::postgres::media_types_and_sizes`; `multi_thread` or `current_thread` is the runtime.
#[macro_export]
macro_rules! on_each_backend {
    ($flavor:tt: $($test:ident),+ $(,)?) => {
        $crate::on_each_backend!(@ sqlite Sqlite $flavor $($test)+);
        $crate::on_each_backend!(@ postgres Postgres $flavor $($test)+);
    };
    (@ $module:ident $backend:ident $flavor:tt $($test:ident)+) => {
        mod $module {
            $(
                #[tokio::test(flavor = $flavor)]
                async fn $test() {
                    super::$test($crate::database::Backend::$backend).await;
                }
            )+
        }
    };
}

/// The tests of [`on_each_backend`], and those of stores of a newer version.
#[macro_export]
macro_rules! on_each_schema {
    ($flavor:tt: $($test:ident),+ $(,)?) => {
        $crate::on_each_backend!($flavor: $($test),+);
        $crate::on_each_backend!(@ upgraded_sqlite UpgradedSqlite $flavor $($test)+);
        $crate::on_each_backend!(@ upgraded_postgres UpgradedPostgres $flavor $($test)+);
    };
}
