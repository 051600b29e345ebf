//! One piece of work for the writing thread: running it, undoing it, and telling its caller. Knows
//! nothing of queues and transactions.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    claim::{Caller, Claim, claim},
    failure::passes,
    same_file::Lost,
};
use crate::model::{self, Error};

/// One piece of work, and whoever waits for it.
pub(super) trait Task: Send {
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
    /// Does the work. Whether the transaction may go on: what a failure has written must not stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Answers, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

/// Why a whole transaction failed; one cause for everybody in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It did not begin, and nothing was done.
    #[error("another process keeps the database locked")]
    Locked,
    #[error("the transaction was not committed: {0}")]
    Database(Arc<rusqlite::Error>),
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Locked => Self::Busy("another process keeps the database locked"),
            Failure::Database(error) if !passes(error) => Self::store(failure),
            Failure::Database(_) | Failure::Lost(_) => Self::StoreUnavailable(failure.into()),
        }
    }
}

/// Work, and the way to its caller.
struct Pending<T, W> {
    work: W,
    claim: Claim,
    outcome: model::Result<T>,
    answer: oneshot::Sender<model::Result<T>>,
}

/// A task that does `work`, and both of its caller's ends: to wait for the outcome, and to withdraw
/// it.
pub(super) fn task<T, W>(work: W) -> (Box<dyn Task>, oneshot::Receiver<model::Result<T>>, Caller)
where
    T: Send + 'static,
    W: Fn(&Connection) -> model::Result<T> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let (claim, caller) = claim();
    (
        Box::new(Pending {
            work,
            claim,
            outcome: Err(gone()),
            answer,
        }),
        answered,
        caller,
    )
}

/// Nobody is left to do any work.
pub(super) fn gone() -> Error {
    Error::store("the writing thread has ended")
}

impl<T, W> Task for Pending<T, W>
where
    T: Send,
    W: Fn(&Connection) -> model::Result<T> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> bool {
        if !self.claim.take() {
            // Withdrawn: there is nothing to undo, and nobody to tell.
            return true;
        }
        let before = connection.total_changes();
        // A panic in a rule must not end the thread that everybody's writes depend on.
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(Error::store("panicked while deciding or writing")));
        // A failing disk can make the database undo the transaction by itself: nothing of it stands
        // then, and whatever came after would be written for good, statement by statement.
        let undone = connection.is_autocommit();
        if undone && self.outcome.is_ok() {
            self.outcome = Err(Error::store("the database has undone the transaction"));
        }
        !undone && (self.outcome.is_ok() || connection.total_changes() == before)
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        // A refusal is not told either where the commit failed: it may rest on what others wrote in
        // the same transaction.
        let outcome = committed.map_err(Error::from).and(self.outcome);
        // The caller may have left after the work was begun: the write stands all the same.
        let _ = self.answer.send(outcome);
    }
}
