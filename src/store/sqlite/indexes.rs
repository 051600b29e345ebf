//! Builds the indexes that a database file does not have. One process serves from the file, and
//! this is before it listens: no request waits for the writes that are held up meanwhile.

use std::{path::Path, time::Instant};

use rusqlite::Connection;

use super::super::{
    indexes::{INDEXES, Index},
    sql::SQLITE,
};

/// Builds what is missing, each index in a transaction of its own: what was built stays, where the
/// process ends before all are.
pub(super) fn build_missing(connection: &Connection, file: &Path) -> rusqlite::Result<()> {
    for index in &INDEXES {
        if !is_there(connection, index)? {
            build(connection, index, file)?;
        }
    }
    Ok(())
}

fn is_there(connection: &Connection, index: &Index) -> rusqlite::Result<bool> {
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1)";
    connection.query_row(known, [index.name], |row| row.get(0))
}

fn build(connection: &Connection, index: &Index, file: &Path) -> rusqlite::Result<()> {
    // Another process may have built it meanwhile.
    let create = format!("CREATE INDEX IF NOT EXISTS {}", index.definition(&SQLITE));
    let rows = format!("SELECT EXISTS (SELECT 1 FROM {})", index.table);
    if !connection.query_row(&rows, [], |row| row.get::<_, bool>(0))? {
        return connection.execute_batch(&create);
    }
    let (name, file, start) = (index.name, file.display(), Instant::now());
    tracing::info!(index = name, %file, "building an index: the service starts when it is done");
    connection.execute_batch(&create)?;
    let seconds = start.elapsed().as_secs_f32();
    tracing::info!(index = name, %file, seconds, "the index is built");
    Ok(())
}
