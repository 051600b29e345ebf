//! The one thread that writes. It takes all the work that waits into one transaction and responds
//! after the fsync, so that many small writes at once cost one fsync together (group commit). The
//! queue is bounded, in length and in time: work that was not begun by its deadline, or whose
//! caller has disconnected, is not done.

use std::{
    path::Path,
    sync::mpsc::{self, RecvTimeoutError, TrySendError},
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::time::{timeout, timeout_at};

use super::{
    open::BUSY_TIMEOUT,
    same_file::SameFile,
    task::{Task, TransactionError, gone, task},
};
use crate::{
    deadline::Budget,
    model::{self, Error},
};

/// How many pieces of work one transaction takes: beyond this the commit costs more than it saves.
const BATCH: usize = 512;
/// How many pieces of work wait at most.
const QUEUE: usize = 10_000;
/// How long one request waits for its writes in all.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits beyond the deadline for work that was begun: its outcome says more than
/// a timeout.
const GRACE_PERIOD: Duration = Duration::from_millis(20);
/// How long the writer is idle before it makes a checkpoint: readers find pages sooner in the
/// database file, which then is whole by itself.
const IDLE_BEFORE_CHECKPOINT: Duration = Duration::from_millis(100);

/// A handle on the writing thread, which ends when this is dropped and the waiting work is done.
pub(super) struct Writer {
    queue: Option<mpsc::SyncSender<Box<dyn Task>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Writes to the database at `path` over a connection that is open already.
    pub(super) fn start(connection: Connection, path: &Path) -> std::io::Result<Self> {
        let file = SameFile::of(path)?;
        let (queue, waiting) = mpsc::sync_channel(QUEUE);
        let thread = thread::Builder::new().name("sqlite-writer".into());
        let thread = thread.spawn(move || {
            WriterThread {
                connection,
                file,
                is_lost: false,
            }
            .write(&waiting)
        })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Runs `work` in a transaction and returns its outcome when that is durable. An error of
    /// `work` undoes what it did, and nothing else. It may run twice, the first time without
    /// effect. Work that was not begun when the request has waited for [`TIMEOUT`], or when its
    /// caller leaves, is not run.
    pub(super) async fn run<T, W>(&self, work: W) -> model::Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> model::Result<T> + Send + 'static,
    {
        self.run_within(TIMEOUT, work).await
    }

    /// The same with another timeout.
    pub(super) async fn run_within<T, W>(&self, limit: Duration, work: W) -> model::Result<T>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> model::Result<T> + Send + 'static,
    {
        let budget = Budget::start();
        let (task, mut result, caller) = task(work);
        self.enqueue(task)?;
        match timeout_at(budget.deadline(limit), &mut result).await {
            Ok(outcome) => outcome.map_err(|_| gone())?,
            Err(_) if caller.withdraw() => Err(Error::Busy("the database was not free in time")),
            Err(_) => match timeout(GRACE_PERIOD, result).await {
                Ok(outcome) => outcome.map_err(|_| gone())?,
                Err(_) => Err(Error::StoreUnavailable(
                    format!("no answer in {limit:?}").into(),
                )),
            },
        }
    }

    fn enqueue(&self, task: Box<dyn Task>) -> model::Result<()> {
        let sent = self.queue.as_ref().ok_or_else(gone)?.try_send(task);
        sent.map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy("too many writes wait for the database"),
            TrySendError::Disconnected(_) => gone(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was returned to its callers as an error already.
            let _ = thread.join();
        }
    }
}

/// What the writing thread has.
struct WriterThread {
    connection: Connection,
    file: SameFile,
    /// Whether the file was another one when it was last checked.
    is_lost: bool,
}

impl WriterThread {
    fn write(mut self, waiting: &mpsc::Receiver<Box<dyn Task>>) {
        let mut logged = false;
        loop {
            let first = if logged {
                waiting.recv_timeout(IDLE_BEFORE_CHECKPOINT)
            } else {
                waiting.recv().map_err(Into::into)
            };
            match first {
                Ok(first) => {
                    let tasks = std::iter::once(first)
                        .chain(waiting.try_iter())
                        .filter(|task| task.has_caller());
                    let tasks: Vec<_> = tasks.take(BATCH).collect();
                    logged |= !tasks.is_empty();
                    self.run_together(tasks);
                }
                Err(RecvTimeoutError::Timeout) => {
                    // Not into a file that was lost: a copy may be on its way to its place.
                    if !self.is_lost {
                        checkpoint(&self.connection);
                    }
                    logged = false;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// One transaction for all. Where one of them fails with something written already, each gets a
    /// transaction of its own.
    fn run_together(&mut self, mut tasks: Vec<Box<dyn Task>>) {
        if tasks.is_empty() {
            return;
        }
        match self.transaction(&mut tasks) {
            Ok(true) => respond(tasks, &Ok(())),
            Ok(false) => tasks.into_iter().for_each(|task| self.run_alone(task)),
            Err(error) => respond(tasks, &Err(error)),
        }
    }

    fn run_alone(&mut self, task: Box<dyn Task>) {
        let mut tasks = vec![task];
        // Undone or committed, the outcome is the task's own.
        let committed = self.transaction(&mut tasks).map(drop);
        respond(tasks, &committed);
    }

    /// Runs the tasks in one transaction. Whether it was committed: it is not where one of them
    /// must be undone.
    fn transaction(&mut self, tasks: &mut [Box<dyn Task>]) -> Result<bool, TransactionError> {
        if self.is_lost {
            self.check_file()?;
        }
        let outcome = self.run(tasks);
        // Only now: the file may have gone while the transaction waited for a lock or for the disk.
        self.check_file()?;
        outcome
    }

    fn run(&mut self, tasks: &mut [Box<dyn Task>]) -> Result<bool, TransactionError> {
        let begun = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => TransactionError::Locked,
            _ => error.into(),
        })?;
        if tasks.iter_mut().all(|task| task.run(&transaction)) {
            transaction.commit()?;
            return Ok(true);
        }
        // Rolls back, unless the database has.
        transaction.finish()?;
        Ok(false)
    }

    fn check_file(&mut self) -> Result<(), TransactionError> {
        let checked = self.file.check();
        self.is_lost = checked.is_err();
        Ok(checked?)
    }
}

fn respond(tasks: Vec<Box<dyn Task>>, committed: &Result<(), TransactionError>) {
    tasks
        .into_iter()
        .for_each(|task| task.respond(committed.clone()));
}

/// Moves the log into the database file, and empties it. A log that was moved and is still there
/// would be read again after a crash: a part of it, if it was damaged meanwhile, puts old pages
/// over newer ones.
fn checkpoint(connection: &Connection) {
    let moved = checkpoint_log(connection, "PASSIVE").and_then(|()| {
        // For an instant it needs everybody else out of the log; where somebody is in it, the next
        // time will do.
        connection.busy_timeout(Duration::ZERO)?;
        let emptied = checkpoint_log(connection, "TRUNCATE");
        connection.busy_timeout(BUSY_TIMEOUT)?;
        emptied
    });
    if let Err(error) = moved {
        // Nothing is lost: the log keeps it, and the next one tries again.
        tracing::warn!(%error, "cannot checkpoint the write-ahead log into the database file");
    }
}

fn checkpoint_log(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))
}

#[cfg(test)]
mod tests;
