//! Two servers on a cluster that fails over, under load: whatever is killed, no acknowledged write
//! is lost, and what clients see of it is 503 for a while. `ROUNDS` of each makes it longer. The
//! same on a cluster that replicates asynchronously loses writes, which shows that these tests can
//! see a loss.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod cluster;
mod load;

use std::{process::Command, sync::Arc, time::Duration};

use testkit::{
    env_number, postgres,
    process::{ServerProcess, program},
};

use self::{
    cluster::{Cluster, Mode},
    load::{Clients, Seen},
};

/// How long writes may fail, beyond the time that a leader may be silent.
const GAP: Duration = Duration::from_secs(5);
/// Acknowledged by each server before something breaks, and after.
const SOME: usize = 50;
/// How long a leader that is none any more, and does not know it, stays there.
const AFTERLIFE: Duration = Duration::from_secs(5);

/// Two servers on a cluster, which know the same.
fn servers(cluster: &Cluster, mode: Mode) -> [ServerProcess; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let data = load::data(folder.path());
    [vec![data], vec![]].map(|data| {
        let mut command = Command::new(program());
        if mode == Mode::Asynchronous {
            command.env("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn");
        }
        ServerProcess::start_by(command, &cluster.url, &data)
    })
}

/// What can become of a leader.
const FAULTS: [(&str, &[&str]); 4] = [
    ("kill -9 of a node", &["patroni", "postgres", "etcd"]),
    ("kill -9 of postgres", &["postgres"]),
    ("kill -9 of patroni", &["patroni"]),
    ("switchover", &[]),
];

/// Breaks the leader, and waits until there is another one.
async fn replace(cluster: &Cluster, parts: &[&str]) -> String {
    let leader = cluster.leader();
    if parts.is_empty() {
        cluster.run("switchover", &[]);
    } else {
        cluster.run("kill", &[&[leader.as_str()], parts].concat());
    }
    while cluster.leader() == leader {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    leader
}

/// The vault holds exactly what was accepted into it.
fn sums_are_exact(cluster: &Cluster) {
    let sums = "SELECT (SELECT shared FROM vaults WHERE name = 'bobs')
                     - (SELECT count(*) * 1024 FROM members WHERE status = 'accepted')";
    assert_eq!(postgres::number(&cluster.url, sums), 0);
}

async fn round(cluster: &Cluster, clients: &Arc<Clients>, name: &str, parts: &[&str]) {
    let running = clients.start();
    running.go_on(SOME).await;
    let broken = replace(cluster, parts).await;
    running.go_on(SOME).await;
    tokio::time::sleep(AFTERLIFE).await;
    cluster.run("start", &[&broken]);
    cluster.run("settle", &[]);
    running.go_on(SOME).await;
    let seen = running.stop().await;
    cluster.run("settle", &[]);
    let lost = clients.lost().await;
    let all = seen[0].and(seen[1]);
    println!("{name}: {}", told(&all, lost));
    assert_eq!(lost, 0, "acknowledged writes");
    assert_eq!(all.stale, 0, "reads of what was");
    assert!(
        all.gap <= cluster.ttl + GAP,
        "no write succeeded for {:?}",
        all.gap
    );
    sums_are_exact(cluster);
}

fn told(seen: &Seen, lost: usize) -> String {
    format!(
        "{} acknowledged, {lost} lost, {} stale reads, gap {:.1} s, {} times 503",
        seen.acknowledged,
        seen.stale,
        seen.gap.as_secs_f64(),
        seen.refused
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_loses_no_acknowledged_write() {
    let cluster = Cluster::start(Mode::Synchronous);
    let servers = servers(&cluster, Mode::Synchronous);
    let clients = Clients::of(servers.each_ref().map(|server| server.endpoint()));
    for number in 1..=env_number("ROUNDS", 1) {
        for (name, parts) in FAULTS {
            round(
                &cluster,
                &clients,
                &format!("round {number}, {name}"),
                parts,
            )
            .await;
        }
    }
}

/// The leader cut off from the others, under load, and killed: how much of what it acknowledged is
/// lost.
async fn lost_with_a_leader_cut_off(mode: Mode) -> usize {
    let cluster = Cluster::start(mode);
    let servers = servers(&cluster, mode);
    let clients = Clients::of(servers.each_ref().map(|server| server.endpoint()));
    let running = clients.start();
    running.go_on(SOME).await;
    let leader = cluster.leader();
    cluster.run("cut", &[&leader]);
    // Less than the time after which PostgreSQL gives a connection up.
    if mode == Mode::Asynchronous {
        running.go_on(SOME).await;
    } else {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (seen, _) = tokio::join!(running.stop(), async { cluster.run("kill", &[&leader]) });
    // Not started again: what it alone has would be thrown away in any case.
    cluster.leader();
    let lost = clients.lost().await;
    println!("a leader cut off: {}", told(&seen[0].and(seen[1]), lost));
    sums_are_exact(&cluster);
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_leader_alone_has_is_not_acknowledged() {
    assert_eq!(lost_with_a_leader_cut_off(Mode::Synchronous).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_cluster_loses_acknowledged_writes() {
    assert!(
        lost_with_a_leader_cut_off(Mode::Asynchronous).await > 0,
        "or these tests cannot see a loss"
    );
}
