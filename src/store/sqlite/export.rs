//! A database file read from end to end, while a server may be writing to it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::{
    super::{
        Export, Record, RecordKind, Removal, RemovalOutcome,
        compatibility::{Fit, StoreSchema},
        listing::wrong_order,
        sql::SQLITE,
        tables::count_all,
        values::read,
    },
    failure::failed,
    open::{DatabaseFile, OpenError, latest},
    removal,
};
use crate::model::{Error, Result};

/// How many records are buffered; the file is read no faster than they are taken.
const BUFFER: usize = 1024;
/// The check of the database by itself, up to so many errors.
const INTEGRITY_CHECK: &str = "PRAGMA integrity_check(100)";

/// A database file that is there already.
pub struct SqliteFile(PathBuf);

impl SqliteFile {
    /// A file whose schema this version may use. Nothing is made, and nothing is brought up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn find(path: &Path) -> std::result::Result<Self, OpenError> {
        DatabaseFile(path)
            .open_existing()
            .map(|_| Self(path.to_owned()))
    }

    /// Reads the file on a blocking thread: it may take long.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = self.0.clone();
        let read =
            move || read(&DatabaseFile(&path).open_existing().map_err(gone)?.0).map_err(failed);
        tokio::task::spawn_blocking(read)
            .await
            .map_err(Error::store)?
    }
}

#[async_trait]
impl Export for SqliteFile {
    fn records(&self) -> BoxStream<'static, Result<Record>> {
        let (sender, mut receiver) = mpsc::channel(BUFFER);
        let path = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let read = DatabaseFile(&path)
                .open_existing()
                .map_err(gone)
                .and_then(|(connection, _)| every(&connection, &sender));
            if let Err(error) = read {
                // The reader may be gone.
                let _ = sender.blocking_send(Err(error));
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }

    async fn count(&self) -> Result<u64> {
        self.read(|connection| {
            connection.query_row(&count_all(), [], |row| read(row, 0, "the count of records"))
        })
        .await
    }

    async fn plan_removal(&self, removal: &Removal) -> Result<RemovalOutcome> {
        let removal = removal.clone();
        // In one transaction: all of it is of one moment.
        self.read(move |connection| removal::plan(&*connection.unchecked_transaction()?, &removal))
            .await
    }

    async fn newer_schema(&self) -> Result<Option<i32>> {
        let path = self.0.clone();
        let schema = move || DatabaseFile(&path).open_existing().map_err(gone);
        let (_, found) = tokio::task::spawn_blocking(schema)
            .await
            .map_err(Error::store)??;
        Ok(newer(found))
    }

    async fn damage(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut damage = complaints(connection)?;
            if damage.is_empty() {
                damage.extend(sentences(connection, &wrong_order(&SQLITE))?);
            }
            Ok(damage)
        })
        .await
    }
}

/// It was there when it was found.
fn gone(error: OpenError) -> Error {
    Error::StoreUnavailable(error.into())
}

fn newer(found: StoreSchema) -> Option<i32> {
    (found.fit(latest()) == Fit::Newer).then_some(found.version)
}

/// What the database finds wrong with itself.
pub(super) fn complaints(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    match sentences(connection, INTEGRITY_CHECK) {
        Ok(found) => Ok(found
            .into_iter()
            .filter(|complaint| complaint != "ok")
            .collect()),
        // Too damaged to be checked.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
            Ok(vec![error.to_string()])
        }
        Err(error) => Err(error),
    }
}

fn sentences(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| row.get(0))?;
    found.collect()
}

/// In one transaction: all of it is of one moment.
fn every(connection: &Connection, sender: &mpsc::Sender<Result<Record>>) -> Result<()> {
    let snapshot = connection.unchecked_transaction().map_err(failed)?;
    for kind in RecordKind::ALL {
        let mut statement = snapshot.prepare(&kind.select_all()).map_err(failed)?;
        let records = statement.query_map([], |row| kind.read(row));
        for record in records.map_err(failed)? {
            if sender.blocking_send(Ok(record.map_err(failed)?)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
