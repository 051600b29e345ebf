//! Crashes, killed connections, no connection to be had, no primary: under load, and nobody is told
//! anything but the truth.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backup_share::model::Error;
use testkit::postgres::{self, Cluster};

use super::fixture::{Any, accept, add, delete, facts, furnished, sums_are_exact};

const DEADLINE: Duration = Duration::from_secs(20);
const WRITERS: u128 = 8;

/// Shares, accepts, and stops sharing every second time, until told to stop; each must succeed. How
/// many stay.
fn load(store: &Any, stop: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<usize>> {
    let writer = |writer: u128| {
        let (store, stop) = (store.clone(), Arc::clone(stop));
        tokio::spawn(async move {
            let (mut number, mut stay) = (writer, 0);
            while !stop.load(Ordering::Relaxed) {
                add(&store, number).await.expect("added");
                accept(&store, number).await.expect("accepted");
                match (number / WRITERS) % 2 {
                    0 => stay += 1,
                    _ => drop(delete(&store, number).await.expect("deleted")),
                }
                number += WRITERS;
            }
            stay
        })
    };
    (0..WRITERS).map(writer).collect()
}

async fn all_stands(store: &Any, stop: &AtomicBool, load: Vec<tokio::task::JoinHandle<usize>>) {
    stop.store(true, Ordering::Relaxed);
    let mut stay = 0;
    for writer in load {
        stay += writer.await.expect("no refusal");
    }
    assert!(stay > WRITERS as usize, "under load");
    assert_eq!(
        facts(store).await.members.len(),
        stay,
        "what was acknowledged, and nothing else"
    );
    sums_are_exact(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_under_load_loses_nothing_and_repeats_nothing() {
    let mut cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = load(&store, &stop);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::task::block_in_place(|| {
            cluster.crash();
            cluster.run();
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    all_stands(&store, &stop, load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_are_replaced_and_nothing_is_done_twice() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = load(&store, &stop);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let mut killed = 0;
    while killed < 40 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        killed += tokio::task::block_in_place(|| postgres::number(&cluster.url(), kill));
    }
    all_stands(&store, &stop, load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_cannot_be_had_are_waited_for() {
    let cluster = Cluster::with(
        "max_connections = 6\nmax_wal_senders = 0\nsuperuser_reserved_connections = 0",
    );
    let store = furnished(&cluster.url(), DEADLINE).await;
    let all = (0..40).map(|number| {
        let store = store.clone();
        // Changes share connections, reads do not.
        tokio::spawn(async move { tokio::join!(add(&store, number), facts(&store)).0 })
    });
    for added in futures::future::join_all(all).await {
        added.expect("no panic").expect("added, sooner or later");
    }
    assert_eq!(facts(&store).await.members.len(), 40);
    let log = std::fs::read_to_string(cluster.log()).expect("a log");
    assert!(
        log.contains("too many clients"),
        "there were not enough of them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_primary_is_waited_for() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    let reload = || postgres::execute(&cluster.url(), "SELECT pg_reload_conf()");
    postgres::execute(
        &cluster.url(),
        "ALTER SYSTEM SET default_transaction_read_only = on",
    );
    reload();
    // A session hears of it a moment later, and writes until then.
    let mut written = 0;
    let adding = loop {
        let store = store.clone();
        let mut adding = tokio::spawn(async move { add(&store, written).await });
        match tokio::time::timeout(Duration::from_millis(300), &mut adding).await {
            Ok(added) => drop(added.expect("no panic").expect("added")),
            Err(_) => break adding,
        }
        written += 1;
        assert!(written < 1_000, "it takes writes all the same");
    };
    postgres::execute(
        &cluster.url(),
        "ALTER SYSTEM RESET default_transaction_read_only",
    );
    reload();
    adding.await.expect("no panic").expect("added");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_stays_away_is_reported_within_the_deadline() {
    let mut cluster = Cluster::start();
    let store = furnished(&cluster.url(), Duration::from_secs(1)).await;
    cluster.crash();
    let start = std::time::Instant::now();
    let refused = add(&store, 1).await;
    assert!(
        matches!(refused, Err(Error::StoreUnavailable(_))),
        "{refused:?}"
    );
    assert!(
        (900..1500).contains(&start.elapsed().as_millis()),
        "{:?}",
        start.elapsed()
    );
    cluster.run();
    add(&store, 1).await.expect("back again");
}
