//! Who is let through, who waits, and what becomes of waiters that leave.

use std::{collections::HashSet, time::Duration};

use tokio::{
    sync::oneshot::{self, Receiver},
    time::Instant,
};
use uuid::Uuid;

use super::{LARGEST, PendingChange, QueueState, QueuedChange};
use crate::model::{Change, Error, Result, Selection, VaultSelection, facts::MemberSelection};

fn state(permits: usize) -> QueueState {
    QueueState {
        waiting: Vec::new(),
        permits,
        locked: HashSet::new(),
    }
}

/// A change around a backup, and maybe into a vault; and its caller.
fn change(backup: u128, vault: Option<u128>) -> (QueuedChange, Receiver<Result<Change>>) {
    let selection = Selection {
        backup_id: Uuid::from_u128(backup).into(),
        members: MemberSelection::All,
        vault: vault.map_or(VaultSelection::OfBackup, |id| {
            VaultSelection::Named(Uuid::from_u128(id).into())
        }),
    };
    let change = PendingChange {
        selection,
        rule: Box::new(|_| Err(Error::VaultNotNamed)),
    };
    let (result, received) = oneshot::channel();
    (
        QueuedChange {
            change,
            deadline: Instant::now() + Duration::from_secs(5),
            result,
        },
        received,
    )
}

#[tokio::test]
async fn changes_that_wait_for_a_permit_go_together() {
    let mut state = state(1);
    let [(one, _a), (two, _b), (three, _c)] = [1, 2, 3].map(|backup| change(backup, None));
    let rows: Vec<_> = one.lock_keys().collect();
    assert_eq!(state.enter(one).len(), 1, "at once");
    assert!(state.enter(two).is_empty() && state.enter(three).is_empty());
    assert_eq!(state.leave(&rows).len(), 2);
    assert_eq!(state.permits, 0, "and they share one permit");
}

#[tokio::test]
async fn no_change_holds_a_permit_to_wait_for_row_locks() {
    let mut state = state(3);
    let (into_vault, _a) = change(1, Some(9));
    let rows: Vec<_> = into_vault.lock_keys().collect();
    assert_eq!(state.enter(into_vault).len(), 1);
    let [(same_backup, _b), (same_vault, _c), (other, _d)] =
        [(1, None), (2, Some(9)), (3, None)].map(|(b, v)| change(b, v));
    assert!(state.enter(same_backup).is_empty() && state.enter(same_vault).is_empty());
    assert_eq!(state.enter(other).len(), 1, "is not held up");
    assert_eq!(state.leave(&rows).len(), 2);
}

#[tokio::test]
async fn disconnected_callers_take_no_turn_of_others() {
    let mut state = state(1);
    let (one, _a) = change(1, None);
    let rows: Vec<_> = one.lock_keys().collect();
    state.enter(one);
    for backup in 0..LARGEST {
        state.enter(change(2 + backup as u128, None).0);
    }
    let (staying, _b) = change(1, None);
    state.enter(staying);
    assert_eq!(state.leave(&rows).len(), 1);
}

#[tokio::test]
async fn a_change_is_dropped_whose_caller_disconnected_while_it_waited() {
    let mut state = state(1);
    let [(one, _a), (two, gone), (three, _c)] = [1, 2, 3].map(|backup| change(backup, None));
    let rows: Vec<_> = one.lock_keys().collect();
    for waiting in [one, two, three] {
        state.enter(waiting);
    }
    drop(gone);
    assert_eq!(state.leave(&rows).len(), 1);
}
