//! Writing exactly once, though the answer to COMMIT may be lost.
//!
//! A transaction begins by putting its number into the row of `last_writes` that belongs to its
//! writer. Where the connection breaks during COMMIT, the next attempt puts the same number there,
//! and the database tells what became of the first: it makes the second wait as long as the first
//! is undecided; where the first is undone, the second goes on as if there had been none; where the
//! number stands, the work is done, and what it was is remembered here.
//!
//! Why not `pg_xact_status`: after a failover to a node that never got the commit, the new primary
//! gives the same transaction number to somebody else, and the answer is about their transaction.
//! Why not look for the records: others may have changed or deleted them meanwhile, and then the
//! work would be done twice. A row is replicated together with what it stands for, and it costs no
//! round trip: it goes out with BEGIN and the first statements.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{ClientWrapper, Pool};
use futures::try_join;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{
    retry::{Attempts, Failure},
    session::Session,
};
use crate::model::{self, Error};

// Waits for whoever has the row. No row comes back where the number stands already.
const MARK: &str = "INSERT INTO last_writes AS l (server, writer, number, attempt, written_at)
                    VALUES ($1, $2, $3, $4, now())
                    ON CONFLICT (server, writer)
                    DO UPDATE SET number = excluded.number, attempt = excluded.attempt, written_at = now()
                    WHERE l.number <> excluded.number RETURNING attempt";
const STANDING: &str = "SELECT attempt FROM last_writes WHERE server = $1 AND writer = $2";
const ANY_ROW: &str = "SELECT version FROM refinery_schema_history LIMIT 1";
const FORGET: &str = "DELETE FROM last_writes WHERE written_at < now() - interval '1 day'";

/// Something to be done in a transaction.
pub(super) trait Work: Sync {
    /// What is read first.
    type Facts: Send;
    /// What was done.
    type Outcome: Send;

    /// Locks and reads. Goes out together with the beginning of the transaction, unless an earlier
    /// attempt may stand.
    fn look(
        &self,
        client: &ClientWrapper,
    ) -> impl Future<Output = Result<Self::Facts, tokio_postgres::Error>> + Send;

    /// Decides and writes. What it refuses is undone.
    fn act(
        &self,
        client: &ClientWrapper,
        facts: Self::Facts,
    ) -> impl Future<Output = Result<Self::Outcome, Failure>> + Send;
}

/// Why there is no outcome.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// Nothing was done, for certain.
    Refused(Error),
    /// The work may have been done, or not: [`Error::StoreUnavailable`].
    Open(Error),
}

impl From<Unwritten> for Error {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Refused(error) | Unwritten::Open(error) => error,
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

/// A writer, taken for one write and all attempts at it.
struct Writer<'a> {
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

    fn take(&self) -> Writer<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = free.0.pop().unwrap_or_else(|| {
            free.1 += 1;
            free.1
        });
        Writer {
            writers: self,
            writer,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Does the work exactly once, or not at all; [`Unwritten`] says whether anybody knows which.
    pub(super) async fn write<W: Work>(
        &self,
        pool: &Pool,
        deadline: Duration,
        work: &W,
    ) -> Result<W::Outcome, Unwritten> {
        let writer = self.take();
        let mut outcomes = HashMap::new();
        let mut attempt = 0;
        let mut attempts = Attempts::within(deadline);
        loop {
            attempt += 1;
            if let Some(outcome) = attempts
                .make(writer.attempt(pool, work, attempt, &mut outcomes))
                .await
            {
                return outcome.map_err(|error| match error {
                    Error::StoreUnavailable(_) => Unwritten::Open(error),
                    _ if outcomes.is_empty() => Unwritten::Refused(error),
                    // It would be a fault for good, but for what may have been done before it.
                    _ => Unwritten::Open(Error::StoreUnavailable(error.into())),
                });
            }
        }
    }

    /// Reads a row, puts a number on record, and does nothing else: works where reads and writes
    /// do.
    pub(super) async fn try_out(&self, pool: &Pool, deadline: Duration) -> model::Result<()> {
        struct Nothing;
        impl Work for Nothing {
            type Facts = ();
            type Outcome = ();

            async fn look(&self, client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
                client.query_one(ANY_ROW, &[]).await.map(drop)
            }

            async fn act(&self, _: &ClientWrapper, (): ()) -> Result<(), Failure> {
                Ok(())
            }
        }
        Ok(self.write(pool, deadline, &Nothing).await?)
    }
}

/// Forgets the writers of servers that are gone.
pub(super) async fn forget(client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
    client.execute(FORGET, &[]).await.map(drop)
}

impl Writer<'_> {
    /// One attempt. `outcomes`: what earlier ones did, if they did it: those that got as far as
    /// COMMIT and no answer.
    async fn attempt<W: Work>(
        &self,
        pool: &Pool,
        work: &W,
        attempt: i32,
        outcomes: &mut HashMap<i32, W::Outcome>,
    ) -> Result<W::Outcome, Failure> {
        let session = Session::take(pool).await?;
        let mark = session.prepare_cached(MARK).await?;
        let number: [&(dyn ToSql + Sync); 4] =
            [&self.writers.server, &self.writer, &self.number, &attempt];
        // Polled in this order, and thereby sent in this order, without waiting for answers between
        // them.
        let begin = async {
            let begin = session.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
            try_join!(begin, session.query_opt(&mark, &number)).map(|(_, marked)| marked)
        };
        let facts = if outcomes.is_empty() {
            // No attempt got as far as COMMIT, so the number cannot stand.
            Some(try_join!(begin, work.look(&session))?.1)
        } else if begin.await?.is_some() {
            // Those that did are undone.
            outcomes.clear();
            Some(work.look(&session).await?)
        } else {
            None
        };
        let done = match facts {
            Some(facts) => match work.act(&session, facts).await {
                Ok(outcome) => {
                    outcomes.insert(attempt, outcome);
                    attempt
                }
                Err(Failure::Refused(refusal)) => {
                    // First: a transaction that the database itself has failed answers no question.
                    let undone = async { Ok(session.batch_execute("ROLLBACK").await?) };
                    // A commit would wait for the standby; a refusal has to ask.
                    try_join!(undone, session.confirm())?;
                    session.done();
                    return Err(Failure::Refused(refusal));
                }
                Err(failure) => return Err(failure),
            },
            None => session
                .query_one(STANDING, &[&self.writers.server, &self.writer])
                .await?
                .try_get(0)?,
        };
        // Also where nothing is left to do: the commit that was not answered may stand on this node
        // alone, and this one comes back when the standby has both. The row locks alone are reason
        // enough for it to wait.
        session.batch_execute("COMMIT").await?;
        session.done();
        let lost = || Error::store("a write stands that nobody here made");
        outcomes.remove(&done).ok_or_else(|| lost().into())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.writers
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .push(self.writer);
    }
}
