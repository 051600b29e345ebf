//! The one thread that writes. It takes all the work that waits into one transaction and answers after the fsync, so
//! that many small writes at once cost one fsync together (group commit).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::model::{self, Error};

/// How many pieces of work one transaction takes: beyond this the commit costs more than it saves.
const BATCH: usize = 512;

/// Answers whoever waits, once it is known whether the transaction was committed.
type Answer = Box<dyn FnOnce(Result<(), Failure>) + Send>;
/// One piece of work: done inside the transaction, answered after it.
type Work = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// Why a whole transaction failed; one cause for everybody in it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the transaction was not committed: {0}")]
struct Failure(String);

/// A handle on the writing thread, which ends when this is dropped and the waiting work is done.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Work>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel();
        let thread = thread::Builder::new().name("sqlite-writer".into()).spawn(move || write(connection, &waiting))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns its outcome when that is durable. An error of `work` undoes what it did,
    /// and nothing else.
    pub(super) async fn run<T, W>(&self, work: W) -> model::Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> model::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let outcome = isolated(connection, work);
            Box::new(move |committed| {
                let outcome = outcome.and_then(|value| committed.map(|()| value).map_err(Error::store));
                // Nobody waits any more: the caller is gone, and the write stands all the same.
                let _ = answer.send(outcome);
            })
        });
        let gone = || Error::store("the writing thread has ended");
        self.queue.as_ref().ok_or_else(gone)?.send(work).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was answered to its callers as an error already.
            let _ = thread.join();
        }
    }
}

/// Runs one piece of work so that its failure leaves the rest of the transaction as it was.
fn isolated<T>(connection: &Connection, work: impl FnOnce(&Connection) -> model::Result<T>) -> model::Result<T> {
    let control = |sql| connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map(drop).map_err(Error::store);
    control("SAVEPOINT work")?;
    // A panic in a rule must not end the thread that everybody's writes depend on.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(Error::store("panicked while deciding or writing")));
    if outcome.is_err() {
        control("ROLLBACK TO work")?;
    }
    control("RELEASE work")?;
    outcome
}

fn write(mut connection: Connection, waiting: &mpsc::Receiver<Work>) {
    let mut answers = Vec::with_capacity(BATCH);
    while let Ok(first) = waiting.recv() {
        let mut batch = std::iter::once(first).chain(waiting.try_iter()).take(BATCH);
        let committed = transaction(&mut connection, &mut batch, &mut answers);
        // Where the transaction did not even begin, the work was not run: dropping it answers its callers.
        drop(batch);
        for answer in answers.drain(..) {
            answer(committed.clone());
        }
    }
}

fn transaction(
    connection: &mut Connection,
    batch: &mut dyn Iterator<Item = Work>,
    answers: &mut Vec<Answer>,
) -> Result<(), Failure> {
    let failed = |error: rusqlite::Error| Failure(error.to_string());
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    answers.extend(batch.map(|work| work(&transaction)));
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Writer;
    use crate::model::Error;

    fn writer() -> (tempfile::TempDir, Writer) {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = Connection::open(folder.path().join("test.db")).expect("a database");
        connection.execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").expect("a table");
        (folder, Writer::start(connection).expect("a thread"))
    }

    fn insert(connection: &Connection, n: i64) -> Result<(), Error> {
        connection.execute("INSERT INTO numbers VALUES (?1)", [n]).map(drop).map_err(Error::store)
    }

    async fn count(writer: &Writer) -> i64 {
        let count = |c: &Connection| c.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0));
        writer.run(move |c| count(c).map_err(Error::store)).await.expect("a count")
    }

    #[tokio::test]
    async fn a_failed_piece_of_work_undoes_itself_and_nothing_else() {
        let (_folder, writer) = writer();
        let good = writer.run(|c| insert(c, 1));
        let half = writer.run(|c| insert(c, 2).and_then(|()| insert(c, 1)));
        let panicking = writer.run::<(), _>(|c| {
            insert(c, 3)?;
            panic!("a broken rule")
        });
        let (good, half, panicking) = tokio::join!(good, half, panicking);
        assert!(good.is_ok() && half.is_err() && panicking.is_err());
        assert_eq!(count(&writer).await, 1, "the writer goes on after a panic, and only the good work stands");
    }

    #[tokio::test]
    async fn waiting_work_shares_a_transaction_and_all_of_it_is_answered() {
        let (_folder, writer) = writer();
        let all = futures::future::join_all((0..2_000).map(|n| writer.run(move |c| insert(c, n)))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(count(&writer).await, 2_000);
    }
}
