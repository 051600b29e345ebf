//! Liveness and readiness, for those who run the service.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::extract::State;
use futures::{
    FutureExt, TryFutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::{Instant, timeout};

use super::{app::App, problem::Problem};
use crate::model::Error;

/// How long the outcome of a probe counts: anybody may ask, and each probe writes durably.
const FRESH: Duration = Duration::from_secs(1);
/// How long a probe may take where the store has no shorter deadline.
const DEADLINE: Duration = Duration::from_secs(30);

/// `GET /livez`: the process answers.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store reads and writes. Callers with cached tokens are served without an
/// identity service.
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.readiness.probe(&app).await {
        Ok(()) if app.identity.is_reachable() => Ok("ok\n"),
        Ok(()) => Ok("degraded: the identity service is out of reach\n"),
        Err(error) => Err(Problem::NotReady(error)),
    }
}

/// Probes the store, at most once a second however many ask.
#[derive(Default)]
pub struct Readiness(Mutex<Option<Probe>>);

#[derive(Clone)]
struct Probe {
    begun: Instant,
    outcome: Shared<BoxFuture<'static, Result<(), Arc<Error>>>>,
}

impl Readiness {
    /// Whether the store reads and writes, or did less than a second ago.
    async fn probe(&self, app: &App) -> Result<(), Arc<Error>> {
        let outcome = self.latest(app).outcome;
        outcome.await
    }

    fn latest(&self, app: &App) -> Probe {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(probe) if probe.counts() => probe.clone(),
            _ => latest.insert(Probe::begin(app.clone())).clone(),
        }
    }
}

impl Probe {
    /// In a task: a caller that disconnects does not end it for the others.
    fn begin(app: App) -> Self {
        let probe = tokio::spawn(async move {
            let late = |_| {
                Err(Error::StoreUnavailable(
                    format!("no answer in {DEADLINE:?}").into(),
                ))
            };
            timeout(DEADLINE, app.sharing.ready())
                .await
                .unwrap_or_else(late)
        });
        let outcome = async {
            probe
                .await
                .unwrap_or_else(|panicked| Err(Error::store(panicked)))
        };
        Self {
            begun: Instant::now(),
            outcome: outcome.map_err(Arc::new).boxed().shared(),
        }
    }

    /// Whether its outcome is yet to come, or recent.
    fn counts(&self) -> bool {
        self.outcome.peek().is_none() || self.begun.elapsed() < FRESH
    }
}
