//! A PostgreSQL database read from end to end, while servers may be writing to it.

use async_trait::async_trait;
use deadpool_postgres::Pool;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_postgres::{
    Error as DatabaseError, Row,
    types::{FromSqlOwned, ToSql},
};

use super::{
    super::{AccessKey, Export, Project, Record, Removal, RemovalOutcome, StoredToken},
    Postgres, accounts, removal,
    repeat::repeated,
    retry::{Failure, passes},
    rows,
    session::Session,
};
use crate::model::{Error, Result, Vault};

/// How many records wait to be taken; the database is read no faster.
const WAITING: usize = 1024;
/// One moment of the database. It stays open for as long as somebody takes records from it, however
/// slowly.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";
/// What the catalog of the database knows without looking at the data: indexes that were never
/// finished, constraints that were never tried on what stood before, and pages that were found not
/// to be what had been written to them.
const DAMAGE: &str = "
    SELECT format('the index %s is invalid', i.indexrelid::regclass)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready)
    UNION ALL
    SELECT format('the constraint %s of %s is not validated', n.conname, n.conrelid::regclass)
    FROM pg_constraint n WHERE n.connamespace = current_schema()::regnamespace AND NOT n.convalidated
    UNION ALL
    SELECT format('%s pages had a wrong checksum', checksum_failures)
    FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0";

/// A count for each kind.
const COUNT: &str = "
    SELECT count(*) FROM projects UNION ALL SELECT count(*) FROM accounts UNION ALL SELECT count(*) FROM tokens
    UNION ALL SELECT count(*) FROM access_keys UNION ALL SELECT count(*) FROM vaults
    UNION ALL SELECT count(*) FROM backups UNION ALL SELECT count(*) FROM members";

#[async_trait]
impl Export for Postgres {
    fn records(&self) -> BoxStream<'static, Result<Record>> {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let pool = self.pool.clone();
        tokio::spawn(async move {
            if let Err(error) = every(&pool, &sender).await {
                // Nobody listens any more: then nobody misses it.
                let _ = sender.send(Err(failed(error))).await;
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }

    async fn count(&self) -> Result<u64> {
        let counts: Vec<i64> = repeated!(self, |session| first_column(session, COUNT))?;
        Ok(counts.into_iter().map(i64::unsigned_abs).sum())
    }

    async fn plan_removal(&self, removal: &Removal) -> Result<RemovalOutcome> {
        repeated!(self, |session| removal::look(session, removal))
    }

    /// What the catalog of the database says. The data is not looked at: that is the work of
    /// `pg_amcheck`.
    async fn damage(&self) -> Result<Vec<String>> {
        repeated!(self, |session| first_column(session, DAMAGE))
    }
}

/// The first column of all rows.
async fn first_column<T: FromSqlOwned>(
    session: &Session,
    sql: &str,
) -> std::result::Result<Vec<T>, Failure> {
    session
        .read(sql, &[])
        .await?
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect()
}

/// Records are read once, without trying again: what was taken cannot be taken back.
fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Database(error) if passes(&error) => Error::StoreUnavailable(error.into()),
        other => other.into(),
    }
}

type Read = fn(&Row) -> std::result::Result<Record, DatabaseError>;

/// Every kind of record: how to ask for it, and how to read it.
const EVERYTHING: [(&str, Read); 7] = [
    ("SELECT id, name FROM projects ORDER BY id", project),
    (
        "SELECT a.name, a.password_hash, a.project_id, coalesce(p.name, ''), a.roles, a.enabled
         FROM accounts a LEFT JOIN projects p ON p.id = a.project_id ORDER BY a.name",
        account,
    ),
    (
        "SELECT hash, user_name, issued_at, expires_at, revoked_at, enabled FROM tokens ORDER BY hash",
        token,
    ),
    (
        "SELECT access, secret, user_name, enabled FROM access_keys ORDER BY access",
        access_key,
    ),
    (
        "SELECT id, project_id, name, object_type, protect_type, status, size, used, shared FROM vaults ORDER BY id",
        vault,
    ),
    (
        "SELECT id, project_id, vault_id, name, resource_type, resource_size, status, encrypted
         FROM backups ORDER BY id",
        backup,
    ),
    (
        "SELECT backup_id, dest_project_id, id, status, created_at, updated_at, vault_id, image_id
         FROM members ORDER BY backup_id, dest_project_id",
        member,
    ),
];

/// In one transaction: all of it is of one moment. Rows come as they are taken: the driver reads no
/// further than that.
async fn every(
    pool: &Pool,
    sender: &mpsc::Sender<Result<Record>>,
) -> std::result::Result<(), Failure> {
    let session = Session::take(pool).await?;
    session.batch_execute(SNAPSHOT).await?;
    for (sql, read) in EVERYTHING {
        let rows = session
            .query_raw(sql, std::iter::empty::<&(dyn ToSql + Sync)>())
            .await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.next().await {
            if sender.send(Ok(read(&row?)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    session.batch_execute("COMMIT").await?;
    // Only now: a primary that was replaced meanwhile ends the stream with an error, and nothing
    // before it counts.
    session.confirm().await?;
    session.done();
    Ok(())
}

fn project(row: &Row) -> std::result::Result<Record, DatabaseError> {
    Ok(Record::Project(Project {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
    }))
}

fn account(row: &Row) -> std::result::Result<Record, DatabaseError> {
    accounts::account(row).map(Record::Account)
}

fn token(row: &Row) -> std::result::Result<Record, DatabaseError> {
    Ok(Record::Token(StoredToken {
        hash: row.try_get(0)?,
        user_name: row.try_get(1)?,
        issued_at: row.try_get(2)?,
        expires_at: row.try_get(3)?,
        revoked_at: row.try_get(4)?,
        enabled: row.try_get(5)?,
    }))
}

fn access_key(row: &Row) -> std::result::Result<Record, DatabaseError> {
    let secret = SecretString::from(row.try_get::<_, String>(1)?);
    Ok(Record::AccessKey(AccessKey {
        access: row.try_get(0)?,
        secret,
        user_name: row.try_get(2)?,
        enabled: row.try_get(3)?,
    }))
}

fn vault(row: &Row) -> std::result::Result<Record, DatabaseError> {
    let vault = Vault {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        name: row.try_get(2)?,
        object_type: row.try_get(3)?,
        protect_type: row.try_get(4)?,
        status: row.try_get(5)?,
        size: rows::gigabytes(row, 6)?,
        used: row.try_get::<_, i64>(7)?.unsigned_abs(),
    };
    Ok(Record::Vault {
        vault,
        shared: row.try_get::<_, i64>(8)?.unsigned_abs(),
    })
}

fn backup(row: &Row) -> std::result::Result<Record, DatabaseError> {
    rows::backup(row).map(Record::Backup)
}

fn member(row: &Row) -> std::result::Result<Record, DatabaseError> {
    rows::member_at(row, 0).map(Record::Member)
}
