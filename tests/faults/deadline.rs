//! A database that hangs: every operation ends at its deadline, and works again when the database
//! does.

use std::time::{Duration, Instant};

use backup_share::{
    model::{Error, Result, VaultQuery},
    store::TokenHash,
};
use testkit::postgres::{self, Cluster};

use super::fixture::{add, facts, furnished, selection};

const DEADLINE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_holds_no_caller_beyond_the_deadline() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    cluster.freeze(true);
    // At once: connections from the pool, and new ones, which hang in the midst of their beginning.
    futures::future::join_all((1..=30).map(|number| in_time(add(&store, number)))).await;
    in_time(store.load(&selection())).await;
    in_time(store.ready()).await;
    in_time(store.find_token(&TokenHash::of("t"))).await;
    cluster.freeze(false);
    add(&store, 100).await.expect("works again");
    // Those that were sent and not answered may have been done; a repeat tells.
    for number in 1..=30 {
        let again = add(&store, number).await;
        assert!(
            matches!(again, Ok(_) | Err(Error::AlreadyShared(_))),
            "{again:?}"
        );
    }
    assert_eq!(facts(&store).await.members.len(), 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_whose_callers_left_are_finished_and_their_connections_used_again() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), Duration::from_secs(5)).await;
    let url = cluster.url();
    let hold = "LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2)";
    let holder = std::thread::spawn(move || postgres::execute(&url, hold));
    let number = |sql: &str| tokio::task::block_in_place(|| postgres::number(&cluster.url(), sql));
    let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'tokens'::regclass";
    while number(locks) < 1 {}
    let token = TokenHash::of("t");
    for _ in 0..300 {
        let read = tokio::time::timeout(Duration::from_millis(2), store.find_token(&token));
        assert!(read.await.is_err(), "it waits for the lock");
    }
    let ours = "FROM pg_stat_activity WHERE application_name = 'backup-share'";
    let connections = number(&format!("SELECT count(*) {ours}"));
    assert!(
        (2..=16).contains(&connections),
        "no more than the pool has: {connections}"
    );
    let processes = || number(&format!("SELECT sum(pid) {ours}"));
    let before = processes();
    holder.join().expect("no panic");
    for _ in 0..50 {
        assert!(
            store
                .find_token(&token)
                .await
                .expect("a response")
                .is_none()
        );
    }
    assert_eq!(processes(), before, "the same connections");
}

/// A list may look at very many rows. So many of them as there may be hold up each other, and
/// nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn lists_that_take_long_keep_nothing_else_waiting_and_end_with_their_callers() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), Duration::from_secs(5)).await;
    let url = cluster.url();
    let hold = "LOCK TABLE vaults IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4)";
    let holder = std::thread::spawn(move || postgres::execute(&url, hold));
    let number = |sql: &str| tokio::task::block_in_place(|| postgres::number(&cluster.url(), sql));
    let of_vaults = "FROM pg_locks WHERE relation = 'vaults'::regclass AND mode";
    while number(&format!(
        "SELECT count(*) {of_vaults} = 'AccessExclusiveLock'"
    )) < 1
    {}
    let (query, owner) = (VaultQuery::default(), "owner".parse().expect("a project"));
    let lists = futures::future::join_all((0..100).map(|_| store.list_vaults(&owner, &query)));
    let others = async {
        for _ in 0..50 {
            let start = Instant::now();
            let found = store.find_token(&TokenHash::of("t")).await;
            assert!(found.expect("a response").is_none());
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{:?}",
                start.elapsed()
            );
        }
        number(&format!("SELECT count(*) {of_vaults} = 'AccessShareLock'"))
    };
    tokio::select! {
        _ = lists => panic!("the table is locked"),
        waiting = others => assert!((1..=4).contains(&waiting), "{waiting} lists wait for it"),
    }
    // The callers have left.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let left = number(&format!("SELECT count(*) {of_vaults} = 'AccessShareLock'"));
    assert_eq!(left, 0, "the database has been told");
    holder.join().expect("no panic");
    store.list_vaults(&owner, &query).await.expect("a list");
}

async fn in_time<T: std::fmt::Debug>(operation: impl Future<Output = Result<T>>) {
    let start = Instant::now();
    let outcome = operation.await;
    assert!(
        matches!(outcome, Err(Error::StoreUnavailable(_))),
        "{outcome:?}"
    );
    assert!(start.elapsed() < 2 * DEADLINE, "{:?}", start.elapsed());
}
