//! Which store the settings name: to serve from, to read from end to end, to be copied into.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::ServeError;
use crate::{
    clock::Clock,
    config::{self, Config, Database, Unreplicated},
    store::{
        Export, Import, Lookup, Store,
        postgres::{self, Postgres},
        sqlite::{Sqlite, SqliteFile, SqliteLookup, SqliteTarget},
    },
};

/// Opens the store that the settings name, with an address like `sqlite:FILE` or `postgres://…`.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn open_store(config: &Config, clock: &dyn Clock) -> Result<Arc<dyn Store>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Arc::new(
            Postgres::open(url, &(&config.postgres).into(), clock.now()).await?,
        )),
        None => Ok(Arc::new(Sqlite::open(
            &sqlite_file(&config.database)?,
            clock.now(),
        )?)),
    }
}

/// Finds the store that the settings name, which must be there, to be read from end to end.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn find_store(config: &Config) -> Result<Box<dyn Export>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Box::new(
            Postgres::find(url, &(&config.postgres).into()).await?,
        )),
        None => Ok(Box::new(SqliteFile::find(&sqlite_file(&config.database)?)?)),
    }
}

/// Finds the store that the settings name, which must be there, to look up single records in. It is
/// not written to.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn look_up(config: &Config) -> Result<Box<dyn Lookup>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Box::new(Arc::new(
            Postgres::find(url, &(&config.postgres).into()).await?,
        ))),
        None => Ok(Box::new(SqliteLookup::find(&sqlite_file(
            &config.database,
        )?)?)),
    }
}

/// Whether the store that the settings name is a file that is not there.
///
/// # Errors
/// [`ServeError::Database`].
pub fn is_absent(config: &Config) -> Result<bool, ServeError> {
    match postgres_url(&config.database) {
        Some(_) => Ok(false),
        None => Ok(!sqlite_file(&config.database)?.exists()),
    }
}

/// Opens the store that the settings name, to be copied into.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn open_target(config: &Config) -> Result<Box<dyn Import>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Box::new(
            Postgres::open_target(url, &(&config.postgres).into()).await?,
        )),
        None => Ok(Box::new(SqliteTarget::open(&sqlite_file(
            &config.database,
        )?)?)),
    }
}

impl From<&config::PostgresConfig> for postgres::Settings {
    fn from(config: &config::PostgresConfig) -> Self {
        Self {
            connections: config.connections,
            timeout: Duration::from_secs(config.deadline_seconds),
            root_certificates: config.root_certificates.clone(),
            allow_unreplicated: match config.unreplicated {
                Unreplicated::Refuse => false,
                Unreplicated::Warn => true,
            },
        }
    }
}

/// Whether the address is one of PostgreSQL.
pub fn is_postgres(database: &Database) -> bool {
    postgres_url(database).is_some()
}

/// The address, where it is one of PostgreSQL.
fn postgres_url(database: &Database) -> Option<&str> {
    let scheme = database
        .expose()
        .split_once("://")
        .map(|(scheme, _)| scheme);
    scheme
        .filter(|scheme| ["postgres", "postgresql"].contains(scheme))
        .map(|_| database.expose())
}

/// The file that an address `sqlite:FILE` names.
///
/// # Errors
/// [`ServeError::Database`].
pub fn sqlite_file(database: &Database) -> Result<PathBuf, ServeError> {
    let file = database
        .expose()
        .strip_prefix("sqlite:")
        .filter(|file| is_path(file));
    file.map(PathBuf::from)
        .ok_or_else(|| ServeError::Database(database.clone()))
}

/// Whether it is a path, and not what SQLite reads otherwise: a URI whose parameters could switch
/// durability off.
fn is_path(file: &str) -> bool {
    !file.is_empty() && file != ":memory:" && !file.starts_with("file:") && !file.contains('?')
}

/// The file of a database in SQLite, where there is none yet.
pub(super) fn missing_file(database: &Database) -> Option<PathBuf> {
    sqlite_file(database)
        .ok()
        .filter(|file| fs::symlink_metadata(file).is_err())
}

/// Removes an unused SQLite database, with the files beside it.
pub(super) fn remove(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        if let Err(error) = fs::remove_file(&name)
            && error.kind() != io::ErrorKind::NotFound
        {
            let file = name.display();
            tracing::warn!(%error, %file, "a file of a start that failed stays behind");
        }
    }
}
