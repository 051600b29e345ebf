//! What the store of a house is kept in: a schema in PostgreSQL.

use backup_share::config::Config;

use super::cluster::{self, Schema};

/// A schema in the shared cluster, gone when dropped.
pub struct Kept(Schema);

impl Kept {
    /// What keeps it.
    pub const NAME: &str = "PostgreSQL";
    /// How often servers on it are killed, unless somebody wants it longer.
    pub const KILLS: usize = 10;

    pub fn new() -> Self {
        Self(Schema::create())
    }

    /// Settings for a server on it.
    pub fn settings(&self) -> Config {
        Config {
            listen: "127.0.0.1:0".into(),
            ..cluster::settings(self.0.url())
        }
    }

    /// What servers call it.
    pub fn address(&self) -> String {
        self.0.url()
    }

    /// The number that a query answers with.
    pub fn number(&self, sql: &str) -> i64 {
        cluster::number(&self.0.url(), sql)
    }

    pub fn execute(&self, sql: &str) {
        cluster::execute(&self.0.url(), sql);
    }
}
