//! A PostgreSQL database read from end to end, while servers may be writing to it.

use async_trait::async_trait;
use deadpool_postgres::Pool;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::mpsc;
use tokio_postgres::types::{FromSqlOwned, ToSql};

use super::{
    super::{
        Export, Record, RecordKind, Removal, RemovalOutcome, compatibility::Fit,
        listing::wrong_order, sql::POSTGRES, tables::count_all, values::read,
    },
    Postgres, prepare, removal,
    repeat::repeated,
    retry::{AttemptError, is_transient},
    session::Session,
};
use crate::model::{Error, Result};

/// How many records are buffered; the database is read no faster than they are taken.
const BUFFER: usize = 1024;
/// One moment of the database. It stays open for as long as records are taken from it, however
/// slowly.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                        SET LOCAL idle_in_transaction_session_timeout = 0";
/// What the catalog of the database knows without looking at the data: indexes that were never
/// finished, constraints that were never tried on older rows, and pages that were found not to be
/// what had been written to them.
const DAMAGE: &str = "
    SELECT format('the index %s is invalid', i.indexrelid::regclass)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready)
    UNION ALL
    SELECT format('the constraint %s of %s is not validated', n.conname, n.conrelid::regclass)
    FROM pg_constraint n
    WHERE n.connamespace = current_schema()::regnamespace AND NOT n.convalidated
    UNION ALL
    SELECT format('%s pages had a wrong checksum', checksum_failures)
    FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0";

#[async_trait]
impl Export for Postgres {
    fn records(&self) -> BoxStream<'static, Result<Record>> {
        let (sender, mut receiver) = mpsc::channel(BUFFER);
        let pool = self.pool.clone();
        tokio::spawn(async move {
            if let Err(error) = every(&pool, &sender).await {
                // The reader may be gone.
                let _ = sender.send(Err(failed(error))).await;
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }

    async fn count(&self) -> Result<u64> {
        repeated!(self, |session| count(session))
    }

    async fn plan_removal(&self, removal: &Removal) -> Result<RemovalOutcome> {
        repeated!(self, |session| removal::plan(session, removal))
    }

    async fn newer_schema(&self) -> Result<Option<i32>> {
        let found = repeated!(self, |session| prepare::schema(session))?;
        Ok(found
            .filter(|found| found.fit(prepare::latest()) == Fit::Newer)
            .map(|it| it.version))
    }

    /// What the catalog of the database says. The data is not checked: that is the work of
    /// `pg_amcheck`.
    async fn damage(&self) -> Result<Vec<String>> {
        let sql = format!("{DAMAGE} UNION ALL {}", wrong_order(&POSTGRES));
        repeated!(self, |session| first_column(session, &sql))
    }
}

async fn count(session: &Session) -> std::result::Result<u64, AttemptError> {
    let rows = session.read(&count_all(), &[]).await?;
    let count = rows.first().map(|row| read(row, 0, "the count of records"));
    Ok(count.transpose()?.unwrap_or_default())
}

/// The first column of all rows.
async fn first_column<T: FromSqlOwned>(
    session: &Session,
    sql: &str,
) -> std::result::Result<Vec<T>, AttemptError> {
    session
        .read(sql, &[])
        .await?
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect()
}

/// Records are read once, without a retry: what was taken cannot be taken back.
fn failed(error: AttemptError) -> Error {
    match error {
        AttemptError::Database(error) if is_transient(&error) => {
            Error::StoreUnavailable(error.into())
        }
        other => other.into(),
    }
}

/// In one transaction: all of it is of one moment. Rows come as they are taken: the driver reads no
/// further than that.
async fn every(
    pool: &Pool,
    sender: &mpsc::Sender<Result<Record>>,
) -> std::result::Result<(), AttemptError> {
    let session = Session::acquire(pool).await?;
    session.batch_execute(SNAPSHOT).await?;
    for kind in RecordKind::ALL {
        let rows = session
            .query_raw(
                &kind.select_all(),
                std::iter::empty::<&(dyn ToSql + Sync)>(),
            )
            .await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.next().await {
            if sender.send(Ok(kind.read(&row?)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    session.batch_execute("COMMIT").await?;
    // Only now: a primary that was replaced meanwhile ends the stream with an error, and nothing
    // before it counts.
    session.confirm_primary().await?;
    session.done();
    Ok(())
}
