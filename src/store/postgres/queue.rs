//! Changes that wait go together, in one transaction with one wait for the disk and the standby.
//!
//! A change that finds a free place goes at once, alone. Where all places are taken it waits, and the first that becomes
//! free takes all who wait: nobody waits for company. A change that the caller gave up while it waited is not done; one
//! that was begun goes on without the caller, for others may be in the same group.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};

use super::{
    group::Group,
    shares::Ruled,
    write::{Unwritten, Writers},
};
use crate::model::{self, Change, Error};

/// How many groups are under way at a time.
const PLACES: usize = 2;
/// How many changes a group has at most.
const LARGEST: usize = 64;
/// How long a caller waits beyond the deadline for the last word of the attempts, which says more than silence.
const LAST_WORD: Duration = Duration::from_millis(20);

/// Where changes wait.
pub(super) struct Queue(Arc<Shared>);

struct Shared {
    pool: Pool,
    writers: Arc<Writers>,
    deadline: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// How many places are taken.
    taken: usize,
}

/// A change, and whoever waits for it.
struct Waiting {
    change: Ruled,
    end: Instant,
    answer: oneshot::Sender<model::Result<Change>>,
}

impl Queue {
    pub(super) fn new(pool: Pool, writers: Arc<Writers>, deadline: Duration) -> Self {
        Self(Arc::new(Shared { pool, writers, deadline, state: Mutex::default() }))
    }

    /// Does the change within the deadline.
    pub(super) async fn change(&self, change: Ruled) -> model::Result<Change> {
        let end = Instant::now() + self.0.deadline;
        let (answer, answered) = oneshot::channel();
        if self.0.enter(Waiting { change, end, answer }) {
            tokio::spawn(Arc::clone(&self.0).serve());
        }
        match timeout_at(end + LAST_WORD, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::store("a change was given up")),
            Err(_) => Err(Error::StoreUnavailable(format!("no answer in {:?}", self.0.deadline).into())),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there was a free place, which is taken now and has to be served.
    fn enter(&self, waiting: Waiting) -> bool {
        let mut state = self.state();
        state.waiting.push_back(waiting);
        let free = state.taken < PLACES;
        state.taken += usize::from(free);
        free
    }

    /// The next to go; none, and the place is free again, where nobody waits.
    fn next(&self) -> Vec<Waiting> {
        let mut state = self.state();
        state.waiting.retain(|waiting| !waiting.answer.is_closed());
        let size = state.waiting.len().min(LARGEST);
        state.taken -= usize::from(size == 0);
        state.waiting.drain(..size).collect()
    }

    /// Serves a place until nobody waits.
    async fn serve(self: Arc<Self>) {
        loop {
            let group = self.next();
            if group.is_empty() {
                return;
            }
            // One that hangs goes on, and does not keep its place from others.
            let _ = timeout(self.patience(), tokio::spawn(Arc::clone(&self).run(group))).await;
        }
    }

    /// How long one may keep others waiting.
    fn patience(&self) -> Duration {
        self.deadline / 4
    }

    async fn run(self: Arc<Self>, group: Vec<Waiting>) {
        match <[Waiting; 1]>::try_from(group) {
            Ok([only]) => self.alone(only).await,
            Err(group) => self.together(group).await,
        }
    }

    async fn alone(self: Arc<Self>, Waiting { change, end, answer }: Waiting) {
        let outcome = self.writers.write(&self.pool, left(end), &change).await;
        // Nobody waits any more: the caller is gone, and the change stands all the same.
        let _ = answer.send(outcome.map_err(Error::from));
    }

    async fn together(self: Arc<Self>, group: Vec<Waiting>) {
        let (changes, callers): (Vec<_>, Vec<_>) = group.into_iter().map(|w| (w.change, (w.end, w.answer))).unzip();
        let end = callers.iter().map(|(end, _)| *end).max().unwrap_or_else(Instant::now);
        let group = Group::new(changes, self.patience());
        match self.writers.write(&self.pool, left(end), &group).await {
            Ok(outcomes) => {
                for ((_, answer), outcome) in callers.into_iter().zip(outcomes) {
                    let _ = answer.send(outcome);
                }
            }
            Err(Unwritten::Refused(error)) => {
                tracing::debug!(%error, "a group is done one by one");
                for ((end, answer), change) in callers.into_iter().zip(group.apart()) {
                    tokio::spawn(Arc::clone(&self).alone(Waiting { change, end, answer }));
                }
            }
            Err(Unwritten::Open(error)) => {
                let error: Arc<dyn std::error::Error + Send + Sync> = Arc::new(error);
                for (_, answer) in callers {
                    let _ = answer.send(Err(Error::StoreUnavailable(Arc::clone(&error).into())));
                }
            }
        }
    }
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}
