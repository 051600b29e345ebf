//! Exactly-once writes, though the response to COMMIT may be lost.
//!
//! Every transaction carries an idempotency key: it begins by writing the number of the write into
//! the row of `last_writes` that belongs to its writer. Where the connection breaks during COMMIT,
//! the transaction is in doubt. The next attempt writes the same number, and the database resolves
//! the doubt: it makes the second attempt wait as long as the first is undecided; where the first
//! was rolled back, the second goes on as if there had been none; where the number is there, the
//! write is done, and what it did is in memory here.
//!
//! Why not `pg_xact_status`: after a failover to a node that never got the commit, the new primary
//! gives the same transaction number to another transaction, and the status is that one's. Why not
//! look for the records: others may have changed or deleted them meanwhile, and then the write would
//! be done twice. A key is replicated together with what it vouches for, and it costs no round trip:
//! it goes out with BEGIN and the first statements.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{ClientWrapper, Pool};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{
    pipeline::pipelined,
    retry::{AttemptError, Attempts},
    session::Session,
};
use crate::model::{self, Error};

// Waits for the transaction that has the row locked. No row comes back where the number is there.
const WRITE_KEY: &str = "
    INSERT INTO last_writes AS l (server, writer, number, attempt, written_at)
    VALUES ($1, $2, $3, $4, now())
    ON CONFLICT (server, writer)
    DO UPDATE SET number = excluded.number, attempt = excluded.attempt, written_at = now()
    WHERE l.number <> excluded.number RETURNING attempt";
const COMMITTED_ATTEMPT: &str = "SELECT attempt FROM last_writes WHERE server = $1 AND writer = $2";
const ANY_ROW: &str = "SELECT version FROM refinery_schema_history LIMIT 1";
const DELETE_STALE_KEYS: &str =
    "DELETE FROM last_writes WHERE written_at < now() - interval '1 day'";

/// What to do in a transaction, as often as it takes until it is committed.
pub(super) trait Transaction: Sync {
    /// What is read first.
    type Input: Send;
    /// What was done.
    type Output: Send;

    /// Locks and reads. Goes out together with the beginning of the transaction, unless an earlier
    /// attempt is in doubt.
    fn read(
        &self,
        client: &ClientWrapper,
    ) -> impl Future<Output = Result<Self::Input, AttemptError>> + Send;

    /// Decides and writes. What it rejects is rolled back.
    fn apply(
        &self,
        client: &ClientWrapper,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, AttemptError>> + Send;
}

/// Why there is no output.
#[derive(Debug)]
pub(super) enum WriteError {
    /// Nothing was done, for certain.
    Rejected(Error),
    /// The write may have been done, or not: [`Error::StoreUnavailable`].
    InDoubt(Error),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Rejected(error) | WriteError::InDoubt(error) => error,
        }
    }
}

/// The writers of this server: as many as there are writes at a time.
pub(super) struct Writers {
    server: Uuid,
    numbers: AtomicI64,
    /// Those that are free, and how many there are in all.
    free: Mutex<(Vec<i32>, i32)>,
}

/// The key of one write and all attempts at it: a writer, which nobody else has meanwhile, and a
/// number.
struct IdempotencyKey<'a> {
    writers: &'a Writers,
    writer: i32,
    number: i64,
}

impl Writers {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes the ids of servers"
    )]
    pub(super) fn new() -> Self {
        Self {
            server: Uuid::new_v4(),
            numbers: AtomicI64::new(0),
            free: Mutex::default(),
        }
    }

    fn new_key(&self) -> IdempotencyKey<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = free.0.pop().unwrap_or_else(|| {
            free.1 += 1;
            free.1
        });
        IdempotencyKey {
            writers: self,
            writer,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Does the transaction exactly once, or not at all; [`WriteError`] says whether it is known
    /// which.
    pub(super) async fn write<T: Transaction>(
        &self,
        pool: &Pool,
        timeout: Duration,
        transaction: &T,
    ) -> Result<T::Output, WriteError> {
        let key = self.new_key();
        let mut in_doubt = HashMap::new();
        let mut number = 0;
        let mut attempts = Attempts::within(timeout);
        loop {
            number += 1;
            let attempt = key.attempt(pool, transaction, number, &mut in_doubt);
            if let Some(outcome) = attempts.make(attempt).await {
                return outcome.map_err(|error| match error {
                    Error::StoreUnavailable(_) => WriteError::InDoubt(error),
                    _ if in_doubt.is_empty() => WriteError::Rejected(error),
                    // It would be a fault for good, but for what an earlier attempt may have done.
                    _ => WriteError::InDoubt(Error::StoreUnavailable(error.into())),
                });
            }
        }
    }

    /// Reads a row, writes a key, and does nothing else: succeeds where reads and writes do.
    pub(super) async fn probe(&self, pool: &Pool, timeout: Duration) -> model::Result<()> {
        struct WriteProbe;
        impl Transaction for WriteProbe {
            type Input = ();
            type Output = ();

            async fn read(&self, client: &ClientWrapper) -> Result<(), AttemptError> {
                client.query_one(ANY_ROW, &[]).await?;
                Ok(())
            }

            async fn apply(&self, _: &ClientWrapper, (): ()) -> Result<(), AttemptError> {
                Ok(())
            }
        }
        Ok(self.write(pool, timeout, &WriteProbe).await?)
    }
}

/// Deletes the keys of servers that are gone.
pub(super) async fn delete_stale_keys(client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
    client.execute(DELETE_STALE_KEYS, &[]).await.map(drop)
}

impl IdempotencyKey<'_> {
    /// One attempt. `in_doubt`: what earlier ones did, if they did it: those whose COMMIT got no
    /// response.
    async fn attempt<T: Transaction>(
        &self,
        pool: &Pool,
        transaction: &T,
        attempt: i32,
        in_doubt: &mut HashMap<i32, T::Output>,
    ) -> Result<T::Output, AttemptError> {
        let session = Session::acquire(pool).await?;
        let write_key = session.prepare_cached(WRITE_KEY).await?;
        let key: [&(dyn ToSql + Sync); 4] =
            [&self.writers.server, &self.writer, &self.number, &attempt];
        let begin = async {
            let begin = session.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
            let (_, written) = pipelined(begin, session.query_opt(&write_key, &key)).await?;
            Ok(written)
        };
        let input = if in_doubt.is_empty() {
            // No attempt got as far as COMMIT, so the number cannot be there.
            Some(pipelined(begin, transaction.read(&session)).await?.1)
        } else if begin.await?.is_some() {
            // Those that did were rolled back.
            in_doubt.clear();
            Some(transaction.read(&session).await?)
        } else {
            None
        };
        let done = match input {
            Some(input) => match transaction.apply(&session, input).await {
                Ok(output) => {
                    in_doubt.insert(attempt, output);
                    attempt
                }
                Err(AttemptError::Rejected(error)) => {
                    // First: a transaction that the database itself has failed runs no query.
                    let rollback = async { Ok(session.batch_execute("ROLLBACK").await?) };
                    // A commit would wait for the standby; a rejection has to ask.
                    pipelined(rollback, session.confirm_primary()).await?;
                    session.done();
                    return Err(AttemptError::Rejected(error));
                }
                Err(error) => return Err(error),
            },
            None => session
                .query_one(COMMITTED_ATTEMPT, &[&self.writers.server, &self.writer])
                .await?
                .try_get(0)?,
        };
        // Also where nothing is left to do: the commit in doubt may be on this node alone, and this
        // one comes back when the standby has both. The row locks alone are reason enough for it to
        // wait.
        session.batch_execute("COMMIT").await?;
        session.done();
        let lost = || Error::store("a write stands that nobody here made");
        in_doubt.remove(&done).ok_or_else(|| lost().into())
    }
}

impl Drop for IdempotencyKey<'_> {
    fn drop(&mut self) {
        self.writers
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .push(self.writer);
    }
}
