//! Opening: what a server refuses to start on, in one sentence each and with no password in it, and
//! many servers that start at once.

use std::time::{Duration, Instant};

use backup_share::store::postgres::{Postgres, Settings};

use super::fixture::{now, open, settings};
use testkit::{
    postgres::{self, Cluster},
    proxy::commit::Proxy,
};

/// Why a store is not opened.
async fn refusal(url: &str, allow_unreplicated: bool) -> String {
    let settings = Settings {
        allow_unreplicated,
        ..settings(1)
    };
    match Postgres::open(url, &settings, now()).await {
        Ok(_) => panic!("opened"),
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret"), "{shown}");
            assert!(!error.to_string().contains('\n'), "one sentence: {error}");
            error.to_string()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_may_start_at_once() {
    let cluster = Cluster::start();
    let all = (0..8).map(|_| {
        let url = cluster.url();
        tokio::spawn(async move { open(&url, 20).await })
    });
    for store in futures::future::join_all(all).await {
        store.expect("opened").ready().await.expect("ready");
    }
    let twice = "SELECT count(*) - count(DISTINCT version) FROM refinery_schema_history";
    assert_eq!(
        postgres::number(&cluster.url(), twice),
        0,
        "one of them brings the schema up to date"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_not_start_on() {
    let mut cluster = Cluster::with("fsync = on");
    let url = cluster.url().replace("postgres@", "postgres:secret@");
    let refused = refusal(&url, false).await;
    assert!(
        refused.contains("synchronous_standby_names is empty"),
        "{refused}"
    );
    drop(open(&url, 20).await);
    postgres::execute(
        &cluster.url(),
        "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')",
    );
    // A newer schema that asks for nothing more is used as it is.
    drop(open(&url, 20).await);
    let asked = postgres::number(&cluster.url(), "SELECT oldest FROM compatibility");
    postgres::execute(&cluster.url(), "UPDATE compatibility SET oldest = 98");
    let refused = refusal(&url, true).await;
    assert!(
        refused.contains("it has the schema 99, for programs that know the schema 98"),
        "{refused}"
    );
    let put_back = format!(
        "DELETE FROM refinery_schema_history WHERE version = 99;
         UPDATE compatibility SET oldest = {asked}"
    );
    postgres::execute(&cluster.url(), &put_back);
    postgres::execute(&cluster.url(), "ALTER SYSTEM SET full_page_writes = off");
    postgres::execute(
        &cluster.url(),
        "ALTER SYSTEM SET synchronous_standby_names = 'somebody'",
    );
    cluster.crash();
    cluster.run();
    let refused = refusal(&url, false).await;
    assert!(refused.contains("full_page_writes is off"), "{refused}");
    cluster.crash();
    let refused = refusal(&url, true).await;
    assert!(
        refused.starts_with("cannot connect to a primary of PostgreSQL at /"),
        "{refused}"
    );
    for (wrong, why) in [
        ("postgres://u:secret@h:port/db", "port"),
        ("postgres://u:secret@h/db?sslrootcert=x", "sslrootcert"),
        ("postgres:///db", "hosts"),
        ("postgres://u:secret@h/db?hostaddr=127.0.0.1", "hostaddr"),
        (
            "postgres://u:secret@h/db?target_session_attrs=read-only",
            "read-write",
        ),
    ] {
        let refused = refusal(wrong, true).await;
        assert!(refused.contains(why), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_is_found_among_hosts_that_are_away_or_hang() {
    let cluster = Cluster::start();
    let proxy = Proxy::before(cluster.socket()).await;
    let hanging = Proxy::before(cluster.socket()).await;
    hanging.open(false);
    let host = |proxy: &Proxy| {
        proxy
            .url()
            .split(['@', '/'])
            .nth(3)
            .expect("a host")
            .to_owned()
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a port")
        .to_string();
    let all = format!("{closed},{},{}", host(&hanging), host(&proxy));
    let start = Instant::now();
    let url = format!(
        "postgres://postgres@{all}/postgres?sslmode=disable&target_session_attrs=read-write"
    );
    let store = open(&url, 20).await;
    store.ready().await.expect("ready");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_with_the_server_that_the_certificate_names() {
    let (_cluster, port, certificate) = Cluster::with_tls();
    let url = |host: &str| format!("postgres://postgres@{host}:{port}/postgres?sslmode=require");
    let trusting = Settings {
        root_certificates: certificate,
        ..settings(20)
    };
    let store = Postgres::open(&url("localhost"), &trusting, now())
        .await
        .expect("trusted");
    backup_share::store::Store::ready(&store)
        .await
        .expect("ready");
    let start = Instant::now();
    let refused = refusal(&url("localhost"), true).await;
    assert!(
        refused.contains("certificate"),
        "no standby confirms it: {refused}"
    );
    let refused = Postgres::open(&url("127.0.0.1"), &trusting, now())
        .await
        .err()
        .expect("refused")
        .to_string();
    assert!(
        refused.contains("certificate"),
        "it is another name's: {refused}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "and does not get better by waiting"
    );
}
