//! The one thread that writes. It takes all the work that waits into one transaction and answers after the fsync, so
//! that many small writes at once cost one fsync together (group commit).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{failure::passes, open::BUSY};
use crate::model::{self, Error};

/// How many pieces of work one transaction takes: beyond this the commit costs more than it saves.
const BATCH: usize = 512;
/// How long nothing must have been written before the write-ahead log is moved into the database file, where readers
/// find pages sooner, and which then is whole by itself.
const QUIET: Duration = Duration::from_millis(100);

/// One piece of work, and whoever waits for it.
trait Task: Send {
    /// Does the work. Whether the transaction may go on: what a failure has written must not stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Answers, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

/// Why a whole transaction failed; one cause for everybody in it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the transaction was not committed: {0}")]
struct Failure(Arc<rusqlite::Error>);

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        if passes(&failure.0) { Self::StoreUnavailable(failure.into()) } else { Self::store(failure) }
    }
}

struct Waiting<T, W> {
    work: W,
    outcome: model::Result<T>,
    answer: oneshot::Sender<model::Result<T>>,
}

impl<T, W> Task for Waiting<T, W>
where
    T: Send,
    W: Fn(&Connection) -> model::Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let before = connection.total_changes();
        // A panic in a rule must not end the thread that everybody's writes depend on.
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(Error::store("panicked while deciding or writing")));
        // A failing disk can make the database undo the transaction by itself: nothing of it stands then, and whatever
        // came after would be written for good, statement by statement.
        let undone = connection.is_autocommit();
        if undone && self.outcome.is_ok() {
            self.outcome = Err(Error::store("the database has undone the transaction"));
        }
        !undone && (self.outcome.is_ok() || connection.total_changes() == before)
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        // A refusal is not told either where the commit failed: it may rest on what others wrote in the same transaction.
        let outcome = committed.map_err(Error::from).and(self.outcome);
        // Nobody waits any more: the caller is gone, and the write stands all the same.
        let _ = self.answer.send(outcome);
    }
}

/// A handle on the writing thread, which ends when this is dropped and the waiting work is done.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Task>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel();
        let thread = thread::Builder::new().name("sqlite-writer".into()).spawn(move || write(connection, &waiting))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns its outcome when that is durable. An error of `work` undoes what it did,
    /// and nothing else. It may run twice, the first time without effect.
    pub(super) async fn run<T, W>(&self, work: W) -> model::Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> model::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let gone = || Error::store("the writing thread has ended");
        let task = Waiting { work, outcome: Err(gone()), answer };
        self.queue.as_ref().ok_or_else(gone)?.send(Box::new(task)).map_err(|_| gone())?;
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

fn write(mut connection: Connection, waiting: &mpsc::Receiver<Box<dyn Task>>) {
    let mut logged = false;
    loop {
        let first = if logged { waiting.recv_timeout(QUIET) } else { waiting.recv().map_err(Into::into) };
        match first {
            Ok(first) => {
                let tasks = std::iter::once(first).chain(waiting.try_iter()).take(BATCH).collect();
                together(&mut connection, tasks);
                logged = true;
            }
            Err(RecvTimeoutError::Timeout) => {
                checkpoint(&connection);
                logged = false;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// One transaction for all. Where one of them fails with something written already, each gets a transaction of its own.
fn together(connection: &mut Connection, mut tasks: Vec<Box<dyn Task>>) {
    match transaction(connection, &mut tasks) {
        Ok(true) => answer(tasks, &Ok(())),
        Ok(false) => tasks.into_iter().for_each(|task| alone(connection, task)),
        Err(failure) => answer(tasks, &Err(failure)),
    }
}

fn alone(connection: &mut Connection, task: Box<dyn Task>) {
    let mut tasks = vec![task];
    // Undone or committed, the outcome is the task's own.
    let committed = transaction(connection, &mut tasks).map(drop);
    answer(tasks, &committed);
}

fn answer(tasks: Vec<Box<dyn Task>>, committed: &Result<(), Failure>) {
    tasks.into_iter().for_each(|task| task.answer(committed.clone()));
}

/// Runs the tasks in one transaction. Whether it was committed: it is not where one of them must be undone.
fn transaction(connection: &mut Connection, tasks: &mut [Box<dyn Task>]) -> Result<bool, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if tasks.iter_mut().all(|task| task.run(&transaction)) {
        transaction.commit()?;
        return Ok(true);
    }
    // Rolls back, unless the database has.
    transaction.finish()?;
    Ok(false)
}

/// Moves the log into the database file, and empties it. A log that was moved and is still there would be read again
/// after a crash: a part of it, if it was damaged meanwhile, puts old pages over newer ones.
fn checkpoint(connection: &Connection) {
    let moved = move_log(connection, "PASSIVE").and_then(|()| {
        // For an instant it needs everybody else out of the log; where somebody is in it, the next time will do.
        connection.busy_timeout(Duration::ZERO)?;
        let emptied = move_log(connection, "TRUNCATE");
        connection.busy_timeout(BUSY)?;
        emptied
    });
    if let Err(error) = moved {
        // Nothing is lost: the log keeps it, and the next one tries again.
        tracing::warn!(%error, "cannot move the log into the database file");
    }
}

fn move_log(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))
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
    async fn work_after_a_transaction_that_the_database_undid_is_still_done_whole_or_not_at_all() {
        let (_folder, writer) = writer();
        let good = writer.run(|c| insert(c, 1));
        // As SQLite does by itself when the disk fails it.
        let undoing = writer.run(|c| c.execute_batch("ROLLBACK").map_err(Error::store));
        let half = writer.run(|c| insert(c, 2).and_then(|()| insert(c, 2)));
        let last = writer.run(|c| insert(c, 3));
        let (good, undoing, half, last) = tokio::join!(good, undoing, half, last);
        assert!(good.is_ok() && undoing.is_err() && half.is_err() && last.is_ok());
        assert_eq!(count(&writer).await, 2, "what was answered, and no half");
    }

    #[tokio::test]
    async fn waiting_work_shares_a_transaction_and_all_of_it_is_answered() {
        let (_folder, writer) = writer();
        let all = futures::future::join_all((0..2_000).map(|n| writer.run(move |c| insert(c, n)))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(count(&writer).await, 2_000);
    }
}
