//! Changes that wait go together, in one transaction with one wait for the disk and the standby.
//!
//! A change that finds a free place, and nobody at work on its rows, goes at once, alone. Else it
//! waits, and the next to finish takes all along who need not wait any more: nobody waits for
//! company, and nobody holds a place to wait for the rows of another change of this server. A
//! change whose caller left while it waited is not done; one that was begun goes on without the
//! caller, for others may be in the same group.

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
        shares::Ruled,
        write::{Unwritten, Writers},
    },
    Group,
};
use crate::{
    deadline::Budget,
    model::{self, BackupId, Change, Error, VaultId, VaultSelection},
};

/// How many changes a group has at most.
const LARGEST: usize = 64;
/// How long a caller waits beyond the deadline for the last word of the attempts, which says more
/// than silence.
const LAST_WORD: Duration = Duration::from_millis(20);

/// Where changes wait.
pub(in crate::store::postgres) struct Queue(Arc<Shared>);

struct Shared {
    pool: Pool,
    writers: Arc<Writers>,
    deadline: Duration,
    state: Mutex<State>,
}

/// Who waits, and what those who are under way leave free.
struct State {
    waiting: Vec<Waiting>,
    places: usize,
    rows: HashSet<Row>,
}

/// A change, and whoever waits for it.
struct Waiting {
    change: Ruled,
    end: Instant,
    answer: oneshot::Sender<model::Result<Change>>,
}

/// What a change locks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    Backup(BackupId),
    Vault(VaultId),
}

impl Queue {
    /// Changes have half of the pool's connections, reads the others.
    pub(in crate::store::postgres) fn new(pool: Pool, writers: Arc<Writers>, deadline: Duration) -> Self {
        let places = pool.status().max_size.div_ceil(2);
        let state = Mutex::new(State {
            waiting: Vec::new(),
            places,
            rows: HashSet::new(),
        });
        Self(Arc::new(Shared {
            pool,
            writers,
            deadline,
            state,
        }))
    }

    /// Does the change within the deadline.
    pub(in crate::store::postgres) async fn change(&self, change: Ruled) -> model::Result<Change> {
        // Counted here: the tasks that do the work belong to no request.
        let budget = Budget::start();
        let end = budget.deadline(self.0.deadline);
        let (answer, answered) = oneshot::channel();
        let group = self.0.state().enter(Waiting {
            change,
            end,
            answer,
        });
        self.0.start(group);
        match timeout_at(end + LAST_WORD, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::store("a change was given up")),
            Err(_) => Err(Error::StoreUnavailable(
                format!("no answer in {:?}", self.0.deadline).into(),
            )),
        }
    }
}

impl Waiting {
    fn rows(&self) -> impl Iterator<Item = Row> + use<> {
        let selection = &self.change.selection;
        let vault = match selection.vault {
            VaultSelection::Named(id) => Some(Row::Vault(id)),
            VaultSelection::None | VaultSelection::OfBackup => None,
        };
        [Row::Backup(selection.backup_id)].into_iter().chain(vault)
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

impl State {
    /// Whoever may go now. Where a place is free, those who wait do so for rows, or for company
    /// that was full.
    fn enter(&mut self, waiting: Waiting) -> Vec<Waiting> {
        if self.places > 0 && self.are_free(&waiting) {
            return self.take(vec![waiting]);
        }
        self.waiting.push(waiting);
        Vec::new()
    }

    /// The same, after somebody has finished with these rows.
    fn leave(&mut self, rows: &[Row]) -> Vec<Waiting> {
        self.places += 1;
        for row in rows {
            self.rows.remove(row);
        }
        let (mut group, mut waiting) = (Vec::new(), Vec::new());
        for one in std::mem::take(&mut self.waiting)
            .into_iter()
            .filter(|one| !one.answer.is_closed())
        {
            if group.len() < LARGEST && self.are_free(&one) {
                group.push(one);
            } else {
                waiting.push(one);
            }
        }
        self.waiting = waiting;
        self.take(group)
    }

    fn are_free(&self, waiting: &Waiting) -> bool {
        waiting.rows().all(|row| !self.rows.contains(&row))
    }

    fn take(&mut self, group: Vec<Waiting>) -> Vec<Waiting> {
        self.places -= usize::from(!group.is_empty());
        self.rows.extend(group.iter().flat_map(Waiting::rows));
        group
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, group: Vec<Waiting>) {
        if !group.is_empty() {
            tokio::spawn(Arc::clone(self).run(group));
        }
    }

    /// Does a group, and those after it for whom its end makes room.
    async fn run(self: Arc<Self>, mut group: Vec<Waiting>) {
        while !group.is_empty() {
            let rows: Vec<_> = group.iter().flat_map(Waiting::rows).collect();
            // A panic must not keep the place and the rows. Who waits for an answer learns that
            // there is none.
            let _ = AssertUnwindSafe(self.done(group)).catch_unwind().await;
            group = self.state().leave(&rows);
        }
    }

    async fn done(self: &Arc<Self>, group: Vec<Waiting>) {
        match <[Waiting; 1]>::try_from(group) {
            Ok([only]) => self.alone(only).await,
            Err(group) => self.together(group).await,
        }
    }

    async fn alone(&self, waiting: Waiting) {
        let outcome = self
            .writers
            .write(&self.pool, waiting.left(), &waiting.change)
            .await;
        // Nobody waits any more: the caller is gone, and the change stands all the same.
        let _ = waiting.answer.send(outcome.map_err(Error::from));
    }

    async fn together(self: &Arc<Self>, group: Vec<Waiting>) {
        let left = group.iter().map(Waiting::left).max().unwrap_or_default();
        let (changes, callers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|w| (w.change, (w.end, w.answer)))
            .unzip();
        // Whoever waits longer for the rows of others does so alone.
        let group = Group::new(changes, self.deadline / 4);
        match self.writers.write(&self.pool, left, &group).await {
            Ok(outcomes) => {
                for ((_, answer), outcome) in callers.into_iter().zip(outcomes) {
                    let _ = answer.send(outcome);
                }
            }
            Err(Unwritten::Refused(error)) => {
                tracing::debug!(%error, "a group is done one by one");
                for ((end, answer), change) in callers.into_iter().zip(group.apart()) {
                    let (shared, waiting) = (
                        Arc::clone(self),
                        Waiting {
                            change,
                            end,
                            answer,
                        },
                    );
                    tokio::spawn(async move { shared.alone(waiting).await });
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

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use tokio::{
        sync::oneshot::{self, Receiver},
        time::Instant,
    };
    use uuid::Uuid;

    use super::{LARGEST, Ruled, State, Waiting};
    use crate::model::{Change, Error, Result, Selection, VaultSelection, facts::MemberSelection};

    fn state(places: usize) -> State {
        State {
            waiting: Vec::new(),
            places,
            rows: HashSet::new(),
        }
    }

    /// A change around a backup, and maybe into a vault; whoever waits for it.
    fn change(backup: u128, vault: Option<u128>) -> (Waiting, Receiver<Result<Change>>) {
        let selection = Selection {
            backup_id: Uuid::from_u128(backup).into(),
            members: MemberSelection::All,
            vault: vault.map_or(VaultSelection::OfBackup, |id| {
                VaultSelection::Named(Uuid::from_u128(id).into())
            }),
        };
        let change = Ruled {
            selection,
            rule: Box::new(|_| Err(Error::VaultFull)),
        };
        let (answer, answered) = oneshot::channel();
        (
            Waiting {
                change,
                end: Instant::now() + Duration::from_secs(5),
                answer,
            },
            answered,
        )
    }

    #[tokio::test]
    async fn who_waits_for_a_place_goes_together() {
        let mut state = state(1);
        let [(one, _a), (two, _b), (three, _c)] = [1, 2, 3].map(|backup| change(backup, None));
        let rows: Vec<_> = one.rows().collect();
        assert_eq!(state.enter(one).len(), 1, "at once");
        assert!(state.enter(two).is_empty() && state.enter(three).is_empty());
        assert_eq!(state.leave(&rows).len(), 2);
        assert_eq!(state.places, 0, "and they have one place");
    }

    #[tokio::test]
    async fn nobody_holds_a_place_to_wait_for_rows() {
        let mut state = state(3);
        let (into_vault, _a) = change(1, Some(9));
        let rows: Vec<_> = into_vault.rows().collect();
        assert_eq!(state.enter(into_vault).len(), 1);
        let [(same_backup, _b), (same_vault, _c), (other, _d)] =
            [(1, None), (2, Some(9)), (3, None)].map(|(b, v)| change(b, v));
        assert!(state.enter(same_backup).is_empty() && state.enter(same_vault).is_empty());
        assert_eq!(state.enter(other).len(), 1, "is not held up");
        assert_eq!(state.leave(&rows).len(), 2);
    }

    #[tokio::test]
    async fn those_who_left_take_nobodys_turn() {
        let mut state = state(1);
        let (one, _a) = change(1, None);
        let rows: Vec<_> = one.rows().collect();
        state.enter(one);
        for backup in 0..LARGEST {
            state.enter(change(2 + backup as u128, None).0);
        }
        let (staying, _b) = change(1, None);
        state.enter(staying);
        assert_eq!(state.leave(&rows).len(), 1);
    }

    #[tokio::test]
    async fn who_left_while_waiting_is_left_out() {
        let mut state = state(1);
        let [(one, _a), (two, gone), (three, _c)] = [1, 2, 3].map(|backup| change(backup, None));
        let rows: Vec<_> = one.rows().collect();
        for waiting in [one, two, three] {
            state.enter(waiting);
        }
        drop(gone);
        assert_eq!(state.leave(&rows).len(), 1);
    }
}
