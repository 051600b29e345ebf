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
}

impl Backend {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
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
            Backend::Sqlite => Self::Sqlite(tempfile::tempdir().expect("a folder")),
            Backend::Postgres => Self::Postgres(Schema::create()),
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

    /// Runs statements.
    pub fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(folder) => open(folder.path()).execute_batch(sql).expect("executed"),
            Self::Postgres(schema) => postgres::execute(&schema.url(), sql),
        }
    }
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
