//! What the store of a house is kept in: a SQLite file. `tests/service_postgres` has another one of
//! this name.

use backup_share::config::Config;

/// A folder for the file, gone when dropped.
pub struct Kept(tempfile::TempDir);

impl Kept {
    /// What keeps it.
    pub const NAME: &str = "SQLite";
    /// How often servers on it are killed, unless somebody wants it longer.
    pub const KILLS: usize = 25;

    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Settings for a server on it.
    pub fn settings(&self) -> Config {
        Config {
            listen: "127.0.0.1:0".into(),
            database: self.address().into(),
            ..Config::default()
        }
    }

    /// What servers call it.
    pub fn address(&self) -> String {
        database(self.0.path())
    }

    /// Where it writes.
    pub fn folder(&self) -> &std::path::Path {
        self.0.path()
    }

    /// The number that a query answers with.
    pub fn number(&self, sql: &str) -> i64 {
        self.connect()
            .query_row(sql, [], |row| row.get(0))
            .expect("one number")
    }

    pub fn execute(&self, sql: &str) {
        self.connect().execute_batch(sql).expect("done");
    }

    fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.0.path().join("test.db")).expect("the database")
    }
}

/// The address of the store in a folder.
pub fn database(folder: &std::path::Path) -> String {
    format!("sqlite:{}", folder.join("test.db").display())
}
