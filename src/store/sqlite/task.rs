//! One piece of work for the writing thread: running it, rolling it back, and responding to its
//! caller. Knows nothing of queues and transactions.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    claim::{CallerClaim, WriterClaim, claim},
    failure::is_transient,
    same_file::FileLost,
};
use crate::model::{self, Error};

/// One piece of work, and the way to its caller.
pub(super) trait Task: Send {
    /// Whether its caller still waits for it.
    fn has_caller(&self) -> bool;
    /// Does the work. Whether the transaction may go on: what a failure has written must not stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Responds, once it is known whether the transaction was committed.
    fn respond(self: Box<Self>, committed: Result<(), TransactionError>);
}

/// Why a whole transaction failed; one cause for all tasks in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum TransactionError {
    /// It did not begin, and nothing was done.
    #[error("another process keeps the database locked")]
    Locked,
    #[error("the transaction was not committed: {0}")]
    Database(Arc<rusqlite::Error>),
    #[error(transparent)]
    Lost(#[from] FileLost),
}

impl From<rusqlite::Error> for TransactionError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<TransactionError> for Error {
    fn from(failed: TransactionError) -> Self {
        match &failed {
            TransactionError::Locked => Self::Busy("another process keeps the database locked"),
            TransactionError::Database(error) if !is_transient(error) => Self::store(failed),
            TransactionError::Database(_) | TransactionError::Lost(_) => {
                Self::StoreUnavailable(failed.into())
            }
        }
    }
}

/// Work, and the way to its caller.
struct QueuedTask<T, W> {
    work: W,
    claim: WriterClaim,
    outcome: model::Result<T>,
    result: oneshot::Sender<model::Result<T>>,
}

/// A task that does `work`, and both of its caller's ends: to wait for the outcome, and to withdraw
/// it.
pub(super) fn task<T, W>(
    work: W,
) -> (
    Box<dyn Task>,
    oneshot::Receiver<model::Result<T>>,
    CallerClaim,
)
where
    T: Send + 'static,
    W: Fn(&Connection) -> model::Result<T> + Send + 'static,
{
    let (result, received) = oneshot::channel();
    let (claim, caller) = claim();
    (
        Box::new(QueuedTask {
            work,
            claim,
            outcome: Err(gone()),
            result,
        }),
        received,
        caller,
    )
}

/// The thread is gone.
pub(super) fn gone() -> Error {
    Error::store("the writing thread has ended")
}

impl<T, W> Task for QueuedTask<T, W>
where
    T: Send,
    W: Fn(&Connection) -> model::Result<T> + Send,
{
    fn has_caller(&self) -> bool {
        !self.result.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> bool {
        if !self.claim.take() {
            // Withdrawn: there is nothing to roll back, and no caller.
            return true;
        }
        let before = connection.total_changes();
        // A panic in a rule must not end the thread that everybody's writes depend on.
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(Error::store("panicked while deciding or writing")));
        // A failing disk can make the database roll back the transaction by itself: nothing of it is
        // left then, and what came after would be committed statement by statement.
        let undone = connection.is_autocommit();
        if undone && self.outcome.is_ok() {
            self.outcome = Err(Error::store("the database has undone the transaction"));
        }
        !undone && (self.outcome.is_ok() || connection.total_changes() == before)
    }

    fn respond(self: Box<Self>, committed: Result<(), TransactionError>) {
        // A refusal is not returned either where the commit failed: it may rest on what others wrote in
        // the same transaction.
        let outcome = committed.map_err(Error::from).and(self.outcome);
        // The caller may have disconnected after the work was begun: the write is done all the same.
        let _ = self.result.send(outcome);
    }
}
