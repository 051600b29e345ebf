//! The response to COMMIT is lost: the store finds out what became of it, and does the work exactly
//! once.

use std::time::Duration;

use testkit::{
    postgres::{self, Cluster},
    proxy::commit::{Cut, Proxy},
};

use super::fixture::{accept, add, delete, facts, furnished, sums_are_exact};

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_done_once_wherever_the_connection_breaks() {
    let cluster = Cluster::start();
    let mut proxy = Proxy::before(cluster.socket()).await;
    let store = furnished(&proxy.url(), DEADLINE).await;
    let mut cuts = 0;
    for (number, cut) in [Cut::Before, Cut::Meanwhile, Cut::After]
        .into_iter()
        .cycle()
        .take(12)
        .enumerate()
    {
        let number = number as u128;
        for step in 0..3 {
            proxy.cut(cut);
            let done = match step {
                0 => add(&store, number).await,
                1 => accept(&store, number).await,
                _ => delete(&store, number).await,
            };
            done.unwrap_or_else(|error| panic!("step {step} with {cut:?} is no refusal: {error}"));
            cuts += 1;
            proxy.cuts(cuts).await;
            assert_eq!(
                facts(&store).await.members.len(),
                usize::from(step < 2),
                "step {step} with {cut:?}"
            );
            sums_are_exact(&store).await;
        }
    }
}

/// Changes that come at once, and how many COMMITs are cut meanwhile: more than those of the first,
/// who go alone.
const AT_ONCE: u128 = 60;
const CUTS: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_group_is_done_once_wherever_the_connection_breaks() {
    let cluster = Cluster::start();
    let mut proxy = Proxy::before(cluster.socket()).await;
    let store = furnished(&proxy.url(), DEADLINE).await;
    let mut cuts = 0;
    for cut in [Cut::Before, Cut::Meanwhile, Cut::After] {
        for step in 0..3 {
            let before = proxy.commits();
            proxy.cut_some(cut, CUTS);
            let change = |number| {
                let store = store.clone();
                tokio::spawn(async move {
                    match step {
                        0 => add(&store, number).await,
                        1 => accept(&store, number).await,
                        _ => delete(&store, number).await,
                    }
                })
            };
            let changes: Vec<_> = (0..AT_ONCE).map(change).collect();
            for done in changes {
                let done = done.await.expect("no panic");
                done.unwrap_or_else(|error| {
                    panic!("step {step} with {cut:?} is no refusal: {error}")
                });
            }
            cuts += CUTS;
            proxy.cuts(cuts).await;
            let commits = proxy.commits() - before - CUTS;
            assert!(
                commits < AT_ONCE as u32 / 2,
                "{commits} for all: there were groups"
            );
            let members = facts(&store).await.members.len();
            assert_eq!(
                members,
                if step < 2 { AT_ONCE as usize } else { 0 },
                "step {step} with {cut:?}"
            );
            sums_are_exact(&store).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_undid_meanwhile_is_not_done_again() {
    let cluster = Cluster::start();
    let mut proxy = Proxy::before(cluster.socket()).await;
    let store = furnished(&proxy.url(), DEADLINE).await;
    proxy.cut(Cut::After);
    proxy.open(false);
    let adding = tokio::spawn(async move { (add(&store, 1).await, store) });
    proxy.cuts(1).await;
    assert_eq!(
        postgres::number(&cluster.url(), "SELECT count(*) FROM members"),
        1,
        "committed, though still in doubt"
    );
    postgres::execute(&cluster.url(), "DELETE FROM members");
    proxy.open(true);
    let (added, store) = adding.await.expect("no panic");
    added.expect("it was done");
    assert!(
        facts(&store).await.members.is_empty(),
        "added once, deleted once, and not added again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecided_commit_is_waited_for() {
    let mut cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    // Nobody of this name will ever confirm a write: COMMIT hangs. Set in a running cluster, the
    // next commit may not yet know of it.
    cluster.crash();
    cluster.configure("synchronous_standby_names = 'nobody'");
    cluster.run();
    let adding = tokio::spawn(async move { (add(&store, 1).await, store) });
    waiting_for_standby(&cluster, 1).await;
    // The write is on this node now, and on no other. That is no reason to acknowledge it.
    postgres::execute(&cluster.url(), TERMINATE_WAITING);
    waiting_for_standby(&cluster, 1).await;
    assert_eq!(
        postgres::number(&cluster.url(), "SELECT count(*) FROM members"),
        1
    );
    assert!(!adding.is_finished(), "found, and not yet replicated");
    cluster.set("synchronous_standby_names = ''");
    let (added, store) = adding.await.expect("no panic");
    added.expect("it was done, once");
    assert_eq!(facts(&store).await.members.len(), 1);
}

const TERMINATE_WAITING: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                                 WHERE wait_event = 'SyncRep'";

async fn waiting_for_standby(cluster: &Cluster, number: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let wait = async {
        while postgres::number(&cluster.url(), sql) != number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Not one that is about to end.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .expect("a commit that waits");
}
