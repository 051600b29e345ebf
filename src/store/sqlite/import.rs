//! A database file that takes records as another store had them.

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, params_from_iter};

use super::{
    super::{Export, Import, Record, tables::TABLES},
    BULK_TIMEOUT,
    export::SqliteFile,
    failure::failed,
    open::{DatabaseFile, OpenError},
    shares,
    writer::Writer,
};
use crate::model::{Error, Result};

/// The note that a copy is not finished: a table, so that no schema has to have it.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS unfinished_copy (begun INTEGER)";
/// A database file to be copied into.
pub struct SqliteTarget {
    file: SqliteFile,
    writer: Writer,
}

impl SqliteTarget {
    /// Opens the database, makes it where it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let writing = DatabaseFile(path).make()?;
        Ok(Self {
            file: SqliteFile::find(path)?,
            writer: Writer::start(writing, path)?,
        })
    }

    async fn execute(&self, sql: String) -> Result<()> {
        self.writer
            .run_within(BULK_TIMEOUT, move |connection| {
                connection.execute_batch(&sql).map_err(failed)
            })
            .await
    }
}

/// Whether a copy was begun and has not been finished.
pub(super) fn is_unfinished(connection: &Connection) -> rusqlite::Result<bool> {
    let note = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'unfinished_copy')";
    connection.query_row(note, [], |row| row.get(0))
}

#[async_trait]
impl Import for SqliteTarget {
    fn written(&self) -> &dyn Export {
        &self.file
    }

    async fn is_unfinished(&self) -> Result<bool> {
        self.writer
            .run(|connection| is_unfinished(connection).map_err(failed))
            .await
    }

    async fn begin(&self) -> Result<()> {
        self.execute(NOTE.to_owned()).await
    }

    async fn insert(&self, records: Vec<Record>) -> Result<()> {
        let insert = move |connection: &Connection| {
            records
                .iter()
                .try_for_each(|record| insert(connection, record))
        };
        self.writer.run_within(BULK_TIMEOUT, insert).await
    }

    async fn clear(&self) -> Result<()> {
        // What refers to others first.
        let all = TABLES.iter().rev();
        let deletes = all.map(|table| format!("DELETE FROM {};", table.name));
        self.execute(deletes.collect()).await
    }

    async fn finish(&self) -> Result<()> {
        self.execute("DROP TABLE unfinished_copy".to_owned()).await
    }
}

/// Inserts a record, where its key is free.
fn insert(connection: &Connection, record: &Record) -> Result<()> {
    let table = record.kind().table();
    let insert = match record {
        Record::Member(_) => shares::INSERT.clone(),
        _ => format!(
            "INSERT INTO {} ({}) VALUES ({})",
            table.name,
            table.names(),
            table.each(|at, _| format!("?{at}"))
        ),
    };
    let sql = insert + " ON CONFLICT DO NOTHING";
    let values = record.values().map_err(Error::store)?;
    connection
        .prepare_cached(&sql)
        .and_then(|mut insert| insert.execute(params_from_iter(values)))
        .map(drop)
        .map_err(failed)
}
