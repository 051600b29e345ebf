//! The address of the store, and how PostgreSQL is used. An address may hold a password: it is
//! never shown.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// The address of a store: `sqlite:FILE`, or
/// `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`. Shown without user and password, and
/// without what follows a `?`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Database(String);

impl Database {
    /// The address as it was given, with its secrets.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Database {
    fn from(address: T) -> Self {
        Self(address.into())
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            // A path may be shown; what is neither a file nor a URL may be a URL with a mistake in
            // it.
            let shown = self.0.starts_with("sqlite:") || !self.0.contains(['@', '=']);
            return f.write_str(if shown { &self.0 } else { "…" });
        };
        // The last @: one in a password that should have been written %40 does not split it.
        let (secret, rest) = rest
            .rsplit_once('@')
            .map_or(("", rest), |(_, rest)| ("…@", rest));
        let hosts = rest.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{secret}{hosts}")
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// How PostgreSQL is used. What belongs to the connection is in the URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct PostgresConfig {
    /// How many connections a server has, at most. Half of them are for the changes of shares.
    pub connections: usize,
    /// How long an operation may take with all its retries, in seconds; after that the response
    /// is 503.
    pub deadline_seconds: u64,
    /// Certificates (PEM) to trust in the database's TLS; empty for those of the system.
    pub root_certificates: PathBuf,
    /// What to do about a cluster that could lose acknowledged writes.
    pub unreplicated: Unreplicated,
}

/// What to do about a cluster that acknowledges writes before a second node has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Unreplicated {
    /// Do not start.
    Refuse,
    /// Start, with a warning in the log.
    Warn,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self {
            connections: 16,
            deadline_seconds: 5,
            root_certificates: PathBuf::new(),
            unreplicated: Unreplicated::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Database;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (given, shown) in [
            ("sqlite:a.db", "sqlite:a.db"),
            (
                "postgres://user:secret@h1:1,h2:2/db?password=secret",
                "postgres://…@h1:1,h2:2/db",
            ),
            ("postgres://user:sec@ret/s?ecret@h/db", "postgres://…@h/db"),
            ("postgress://user:secret@h/db", "postgress://…@h/db"),
            ("postgres:user:secret@h/db", "…"),
            ("host=h password=secret", "…"),
            ("postgres://h/db", "postgres://h/db"),
        ] {
            let address = Database::from(given);
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), format!("{shown:?}"));
        }
    }
}
