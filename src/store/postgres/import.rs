//! A PostgreSQL database that takes records as another store had them, many rows to a statement.

use async_trait::async_trait;
use deadpool_postgres::ClientWrapper;

use super::{
    super::{Export, Import, Record, RecordKind, tables::TABLES},
    Postgres,
    columns::{borrowed, insert_from_arrays, transposed},
    repeat::repeated,
    retry::AttemptError,
    session::Session,
    shares,
};
use crate::model::Result;

/// The note that a copy is not finished: a table, so that no schema has to have it.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS unfinished_copy ()";
const IS_NOTED: &str = "SELECT 1 WHERE to_regclass('unfinished_copy') IS NOT NULL";
const FORGET_NOTE: &str = "DROP TABLE IF EXISTS unfinished_copy";

/// Whether a copy was begun and has not been finished.
pub(super) async fn is_unfinished(session: &Session) -> std::result::Result<bool, AttemptError> {
    Ok(!session.read(IS_NOTED, &[]).await?.is_empty())
}

#[async_trait]
impl Import for Postgres {
    fn written(&self) -> &dyn Export {
        self
    }

    async fn is_unfinished(&self) -> Result<bool> {
        repeated!(self, |session| is_unfinished(session))
    }

    async fn begin(&self) -> Result<()> {
        repeated!(self, |client| client.batch_execute(NOTE))
    }

    async fn insert(&self, records: Vec<Record>) -> Result<()> {
        repeated!(self, |client| insert(client, &records))
    }

    async fn clear(&self) -> Result<()> {
        let all: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        let clear = format!("TRUNCATE {}", all.join(", "));
        repeated!(self, |client| client.batch_execute(&clear))
    }

    async fn finish(&self) -> Result<()> {
        repeated!(self, |client| client.batch_execute(FORGET_NOTE))
    }
}

/// Inserts records where their keys are free, in one transaction.
async fn insert(
    client: &ClientWrapper,
    records: &[Record],
) -> std::result::Result<(), AttemptError> {
    client.batch_execute("BEGIN").await?;
    for kind in RecordKind::ALL {
        let table = kind.table();
        let rows = records.iter().filter(|record| record.kind() == kind);
        let columns = transposed(table, rows.map(Record::values))?;
        let insert = match kind {
            RecordKind::Member => shares::INSERT.clone(),
            _ => insert_from_arrays(table),
        };
        let sql = insert + " ON CONFLICT DO NOTHING";
        let statement = client.prepare_cached(&sql).await?;
        client.execute(&statement, &borrowed(&columns)).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}
