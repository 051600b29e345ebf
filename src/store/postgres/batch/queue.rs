//! The queue in front of the batches.
//!
//! A change that finds a free permit, and no other change at work on its rows, runs at once, alone.
//! Else it waits, and the next batch that ends makes a batch of all that need not wait any more: no
//! change waits for a batch to fill, and none holds a permit while it waits for the row locks of
//! another change of this server. A change whose caller disconnected while it waited is dropped;
//! one that was begun goes on without its caller, for others may be in the same batch.

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use futures::FutureExt;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{
    super::{
        shares::PendingChange,
        write::{WriteError, Writers},
    },
    Batch,
};
use crate::{
    deadline::Budget,
    model::{self, BackupId, Change, Error, VaultId, VaultSelection},
};

/// How many changes a batch has at most.
const LARGEST: usize = 64;
/// How long a caller waits beyond the deadline for the error of the last attempt, which says more
/// than a timeout.
const GRACE_PERIOD: Duration = Duration::from_millis(20);

/// Where changes wait.
pub(in crate::store::postgres) struct BatchQueue(Arc<Inner>);

struct Inner {
    pool: Pool,
    writers: Arc<Writers>,
    timeout: Duration,
    state: Mutex<QueueState>,
}

/// What waits, and what the batches at work leave free.
struct QueueState {
    waiting: Vec<QueuedChange>,
    /// How many more batches may be at work.
    permits: usize,
    /// The rows of the batches at work.
    locked: HashSet<LockKey>,
}

/// A change, and the way to its caller.
struct QueuedChange {
    change: PendingChange,
    deadline: Instant,
    result: oneshot::Sender<model::Result<Change>>,
}

/// A row that a change locks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum LockKey {
    Backup(BackupId),
    Vault(VaultId),
}

impl BatchQueue {
    /// Changes have at most half of the pool's connections.
    pub(in crate::store::postgres) fn new(
        pool: Pool,
        writers: Arc<Writers>,
        timeout: Duration,
    ) -> Self {
        let state = Mutex::new(QueueState {
            waiting: Vec::new(),
            permits: pool.status().max_size.div_ceil(2),
            locked: HashSet::new(),
        });
        Self(Arc::new(Inner {
            pool,
            writers,
            timeout,
            state,
        }))
    }

    /// Does the change within the deadline.
    pub(in crate::store::postgres) async fn change(
        &self,
        change: PendingChange,
    ) -> model::Result<Change> {
        // Here: the tasks that do the work belong to no request.
        let budget = Budget::start();
        let deadline = budget.deadline(self.0.timeout);
        let (result, received) = oneshot::channel();
        let batch = self.0.state().enter(QueuedChange {
            change,
            deadline,
            result,
        });
        self.0.start(batch);
        match timeout_at(deadline + GRACE_PERIOD, received).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::store("a change was given up")),
            Err(_) => Err(Error::StoreUnavailable(
                format!("no answer in {:?}", self.0.timeout).into(),
            )),
        }
    }
}

impl QueuedChange {
    fn lock_keys(&self) -> impl Iterator<Item = LockKey> + use<> {
        let selection = &self.change.selection;
        let vault = match selection.vault {
            VaultSelection::Named(id) => Some(LockKey::Vault(id)),
            VaultSelection::None | VaultSelection::OfBackup => None,
        };
        [LockKey::Backup(selection.backup_id)]
            .into_iter()
            .chain(vault)
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl QueueState {
    /// The batch that may start now. Where a permit is free, those that wait do so for row locks,
    /// or because a batch was full.
    fn enter(&mut self, queued: QueuedChange) -> Vec<QueuedChange> {
        if self.permits > 0 && self.is_free(&queued) {
            return self.start(vec![queued]);
        }
        self.waiting.push(queued);
        Vec::new()
    }

    /// The same, after a batch has finished with these rows.
    fn leave(&mut self, rows: &[LockKey]) -> Vec<QueuedChange> {
        self.permits += 1;
        for row in rows {
            self.locked.remove(row);
        }
        let (mut batch, mut waiting) = (Vec::new(), Vec::new());
        let queued = std::mem::take(&mut self.waiting);
        for one in queued.into_iter().filter(|one| !one.result.is_closed()) {
            if batch.len() < LARGEST && self.is_free(&one) {
                batch.push(one);
            } else {
                waiting.push(one);
            }
        }
        self.waiting = waiting;
        self.start(batch)
    }

    fn is_free(&self, queued: &QueuedChange) -> bool {
        queued.lock_keys().all(|row| !self.locked.contains(&row))
    }

    fn start(&mut self, batch: Vec<QueuedChange>) -> Vec<QueuedChange> {
        self.permits -= usize::from(!batch.is_empty());
        self.locked
            .extend(batch.iter().flat_map(QueuedChange::lock_keys));
        batch
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, batch: Vec<QueuedChange>) {
        if !batch.is_empty() {
            tokio::spawn(Arc::clone(self).run(batch));
        }
    }

    /// Does a batch, and those after it that its end lets start.
    async fn run(self: Arc<Self>, mut batch: Vec<QueuedChange>) {
        while !batch.is_empty() {
            let rows: Vec<_> = batch.iter().flat_map(QueuedChange::lock_keys).collect();
            // A panic must not keep the permit and the rows. The callers learn that no result will
            // come.
            let _ = AssertUnwindSafe(self.write(batch)).catch_unwind().await;
            batch = self.state().leave(&rows);
        }
    }

    async fn write(self: &Arc<Self>, batch: Vec<QueuedChange>) {
        match <[QueuedChange; 1]>::try_from(batch) {
            Ok([only]) => self.write_one(only).await,
            Err(batch) => self.write_together(batch).await,
        }
    }

    async fn write_one(&self, queued: QueuedChange) {
        let timeout = queued.time_left();
        let written = self
            .writers
            .write(&self.pool, timeout, &queued.change)
            .await;
        // The caller may have disconnected: the change is done all the same.
        let _ = queued.result.send(written.map_err(Error::from));
    }

    async fn write_together(self: &Arc<Self>, batch: Vec<QueuedChange>) {
        let timeout = batch.iter().map(QueuedChange::time_left).max();
        let (changes, callers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|queued| (queued.change, (queued.deadline, queued.result)))
            .unzip();
        // A change that waits longer for the row locks of others does so alone.
        let batch = Batch::new(changes, self.timeout / 4);
        let written = self
            .writers
            .write(&self.pool, timeout.unwrap_or_default(), &batch);
        match written.await {
            Ok(outcomes) => {
                for ((_, result), outcome) in callers.into_iter().zip(outcomes) {
                    let _ = result.send(outcome);
                }
            }
            Err(WriteError::Rejected(error)) => {
                tracing::debug!(%error, "the changes of a batch are done one by one");
                for ((deadline, result), change) in callers.into_iter().zip(batch.into_changes()) {
                    let queued = QueuedChange {
                        change,
                        deadline,
                        result,
                    };
                    let inner = Arc::clone(self);
                    tokio::spawn(async move { inner.write_one(queued).await });
                }
            }
            Err(WriteError::InDoubt(error)) => {
                let error: Arc<dyn std::error::Error + Send + Sync> = Arc::new(error);
                for (_, result) in callers {
                    let _ = result.send(Err(Error::StoreUnavailable(Arc::clone(&error).into())));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
