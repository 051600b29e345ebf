//! For whoever runs the service: is it alive, can it work.

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
use crate::{
    model::{Error, Result},
    store::Store,
};

/// How long the outcome of a probe is the answer: anybody may ask, and each probe writes durably.
const FRESH: Duration = Duration::from_secs(1);
/// How long a probe may take where the store has no shorter deadline.
const LONGEST: Duration = Duration::from_secs(30);

/// `GET /livez`: the process answers.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store reads and writes. Callers with cached tokens are served without an
/// identity service.
pub(super) async fn readyz(State(app): State<App>) -> std::result::Result<&'static str, Problem> {
    match app.readiness.probe().await {
        Ok(()) if app.identity.is_reachable() => Ok("ok\n"),
        Ok(()) => Ok("degraded: the identity service is out of reach\n"),
        Err(error) => Err(Problem::NotReady(error)),
    }
}

/// Probes the store, at most once a second however many ask.
pub struct Readiness {
    store: Arc<dyn Store>,
    latest: Mutex<Option<Probe>>,
}

#[derive(Clone)]
struct Probe {
    begun: Instant,
    outcome: Shared<BoxFuture<'static, std::result::Result<(), Arc<Error>>>>,
}

impl Readiness {
    /// Of this store.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            latest: Mutex::new(None),
        }
    }

    /// Whether the store reads and writes, or did less than a second ago.
    async fn probe(&self) -> std::result::Result<(), Arc<Error>> {
        let outcome = self.latest().outcome;
        outcome.await
    }

    fn latest(&self) -> Probe {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(probe) if probe.counts() => probe.clone(),
            _ => latest.insert(Probe::begin(Arc::clone(&self.store))).clone(),
        }
    }
}

impl Probe {
    /// In a task: a caller that leaves does not end it for the others.
    fn begin(store: Arc<dyn Store>) -> Self {
        let probe = tokio::spawn(async move {
            let late = |_| {
                Err(Error::StoreUnavailable(
                    format!("no answer in {LONGEST:?}").into(),
                ))
            };
            timeout(LONGEST, store.ready()).await.unwrap_or_else(late)
        });
        let outcome = async {
            probe
                .await
                .unwrap_or_else(|panicked| Result::Err(Error::store(panicked)))
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
