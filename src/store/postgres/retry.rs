//! What went wrong, whether it passes, and trying again: with growing, jittered pauses, and never
//! beyond the deadline. Whether an attempt may be repeated safely is the business of whoever makes
//! it: see `write`.

use std::{io, time::Duration};

use deadpool_postgres::PoolError;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use crate::{
    deadline::Budget,
    model::{self, Error},
};

/// How long the first pause may be, and how long any.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// Decided: by a rule, or by a fault that stays.
    Refused(Error),
    /// The database, or the way there.
    Database(tokio_postgres::Error),
    /// Nobody confirms that this is still the primary.
    Unconfirmed,
}

const UNCONFIRMED: &str = "no standby follows this primary, which may have been replaced";

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Database(error),
            other => Self::Refused(Error::store(other)),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Database(error) => Error::store(error),
            Failure::Unconfirmed => Error::StoreUnavailable(UNCONFIRMED.into()),
        }
    }
}

/// Whether the same may go well a moment later: another transaction was in the way, or the database
/// is going down, coming up, full of connections, or no longer the primary, or the connection is
/// gone.
pub(super) fn passes(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else {
        let cause =
            std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
        // Invalid is what TLS calls a certificate that it does not trust.
        return error.is_closed()
            || cause.is_some_and(|cause| cause.kind() != io::ErrorKind::InvalidData);
    };
    let conflicts = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    let elsewhere = [
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    let idle = SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT;
    let classes = ["08", "57P"];
    conflicts.contains(code)
        || elsewhere.contains(code)
        || *code == idle
        || classes.iter().any(|class| code.code().starts_with(class))
}

/// Attempts at one thing, until one comes to something, or fails for good, or the time is over.
pub(super) struct Attempts {
    deadline: Duration,
    budget: Budget,
    pauses: Pauses,
    last: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Attempts {
    pub(super) fn within(deadline: Duration) -> Self {
        Self {
            deadline,
            budget: Budget::start(),
            pauses: Pauses(FIRST_PAUSE),
            last: None,
        }
    }

    /// When the time for all of them is over.
    pub(super) fn end(&self) -> Instant {
        self.budget.deadline(self.deadline)
    }

    /// Makes an attempt. `None`, after a pause, where another one may go better.
    /// [`Error::StoreUnavailable`] where the time is over: what the last attempt did is unknown
    /// then.
    pub(super) async fn make<T>(
        &mut self,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Option<model::Result<T>> {
        let end = self.end();
        let attempt = async {
            let error = match attempt.await {
                Err(Failure::Database(error)) if passes(&error) => error.into(),
                Err(Failure::Unconfirmed) => UNCONFIRMED.into(),
                outcome => return Some(outcome.map_err(Error::from)),
            };
            tracing::debug!(%error, "trying again");
            self.last = Some(error);
            tokio::time::sleep(self.pauses.next()).await;
            None
        };
        match tokio::time::timeout_at(end, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Some(Err(Error::StoreUnavailable(match self.last.take() {
                Some(error) => error,
                None => format!("no answer in {:?}", self.deadline).into(),
            }))),
        }
    }
}

/// Each up to twice as long as the one before, and of any length below that: who failed together
/// comes back apart.
struct Pauses(Duration);

impl Pauses {
    fn next(&mut self) -> Duration {
        let pause = self.0.mul_f64(fastrand::f64());
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        pause
    }
}
