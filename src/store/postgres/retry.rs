//! Why an attempt failed, whether that is transient, and retrying: exponential backoff with jitter,
//! within the deadline. Whether an attempt may be repeated safely is its caller's business: see
//! `write`.

use std::{io, time::Duration};

use deadpool_postgres::PoolError;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use crate::{
    deadline::Budget,
    model::{self, Error},
    store::tables::BadValue,
};

/// How long the first pause may be, and how long any.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Why an attempt failed.
#[derive(Debug)]
pub(in crate::store) enum AttemptError {
    /// For good: rejected by a rule, or by a fault that stays.
    Rejected(Error),
    /// The database, or the way there.
    Database(tokio_postgres::Error),
    /// No standby confirms that this is still the primary.
    Unconfirmed,
}

const UNCONFIRMED: &str = "no standby follows this primary, which may have been replaced";

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        Self::Rejected(error)
    }
}

impl From<BadValue> for AttemptError {
    fn from(error: BadValue) -> Self {
        Self::Rejected(Error::store(error))
    }
}

impl From<tokio_postgres::Error> for AttemptError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PoolError> for AttemptError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Database(error),
            other => Self::Rejected(Error::store(other)),
        }
    }
}

impl From<AttemptError> for Error {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Rejected(error) => error,
            AttemptError::Database(error) => Error::store(error),
            AttemptError::Unconfirmed => Error::StoreUnavailable(UNCONFIRMED.into()),
        }
    }
}

/// Whether a retry may succeed: another transaction was in the way, or the database is going down,
/// coming up, full of connections, or no longer the primary, or the connection is gone.
pub(super) fn is_transient(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else {
        let cause =
            std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
        // Invalid is what TLS calls a certificate that it does not trust.
        return error.is_closed()
            || cause.is_some_and(|cause| cause.kind() != io::ErrorKind::InvalidData);
    };
    let transient = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    let classes = ["08", "57P"];
    transient.contains(code) || classes.iter().any(|class| code.code().starts_with(class))
}

/// Attempts at one thing, until one succeeds, or fails for good, or the deadline passes.
pub(super) struct Attempts {
    timeout: Duration,
    budget: Budget,
    backoff: Backoff,
    last: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Attempts {
    pub(super) fn within(timeout: Duration) -> Self {
        Self {
            timeout,
            budget: Budget::start(),
            backoff: Backoff(FIRST_PAUSE),
            last: None,
        }
    }

    /// The deadline of all of them.
    pub(super) fn deadline(&self) -> Instant {
        self.budget.deadline(self.timeout)
    }

    /// Makes an attempt. `None`, after a pause, where a retry may succeed.
    /// [`Error::StoreUnavailable`] where the deadline has passed: what the last attempt did is
    /// unknown then.
    pub(super) async fn make<T>(
        &mut self,
        attempt: impl Future<Output = Result<T, AttemptError>>,
    ) -> Option<model::Result<T>> {
        let deadline = self.deadline();
        let attempt = async {
            let error = match attempt.await {
                Err(AttemptError::Database(error)) if is_transient(&error) => error.into(),
                Err(AttemptError::Unconfirmed) => UNCONFIRMED.into(),
                outcome => return Some(outcome.map_err(Error::from)),
            };
            tracing::debug!(%error, "retrying after a transient error");
            self.last = Some(error);
            tokio::time::sleep(self.backoff.next()).await;
            None
        };
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Some(Err(Error::StoreUnavailable(match self.last.take() {
                Some(error) => error,
                None => format!("no answer in {:?}", self.timeout).into(),
            }))),
        }
    }
}

/// Exponential backoff with full jitter: those that failed together come back apart.
struct Backoff(Duration);

impl Backoff {
    fn next(&mut self) -> Duration {
        let pause = self.0.mul_f64(fastrand::f64());
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        pause
    }
}
