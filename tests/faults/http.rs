//! What a caller is told while the database hangs, and when it is back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use backup_share::{
    api::Docs,
    catalog,
    clock::{Clock, SystemClock},
    serve,
};
use testkit::postgres::{self, Cluster};

/// Of the demo data: the member's own record, and its vault.
const PATH: &str = "v3/f841e01fd2b14e7fa41b6ae7aa6b0594/backups/a5200268-74a5-4806-acc6-95793ab0228b/members/\
                    f841e01fd2b14e7fa41b6ae7aa6b0594";
const ACCEPT: &str =
    r#"{"status": "accepted", "vault_id": "4b27c05b-8ad7-48c6-a886-526666c035f0"}"#;

/// A server on the cluster, with the demo's data.
async fn serve_on(cluster: &Cluster, deadline_seconds: u64) -> serve::Running {
    let mut config = postgres::config(cluster.url());
    config.listen = "127.0.0.1:0".into();
    config.postgres.deadline_seconds = deadline_seconds;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(&config, clock.as_ref())
        .await
        .expect("a store");
    catalog::load_text("demo data", catalog::DEMO, store.as_ref(), &clock)
        .await
        .expect("good data");
    serve::start_with(&config, Docs::default(), store, clock)
        .await
        .expect("a server")
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
}

fn accept(http: &reqwest::Client, server: &serve::Running) -> reqwest::RequestBuilder {
    let put = http
        .put(format!("http://{}/{PATH}", server.address))
        .header("X-Auth-Token", "demo-member");
    put.header("Content-Type", "application/json").body(ACCEPT)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_the_database_no_longer_than_the_deadline_in_all() {
    let cluster = Cluster::start();
    let (server, http) = (serve_on(&cluster, 2).await, client());
    let url = cluster.url();
    let hold = |table: &str, seconds: f64| {
        let sql =
            format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds})");
        let url = url.clone();
        std::thread::spawn(move || postgres::execute(&url, &sql))
    };
    let held = [hold("tokens", 1.6), hold("backups", 4.0)];
    let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IN
                 ('tokens'::regclass, 'backups'::regclass)";
    while postgres::number(&url, locks) < 2 {}
    let start = Instant::now();
    let response = accept(&http, &server).send().await.expect("a response");
    assert_eq!(response.status(), 503);
    let took = start.elapsed().as_secs_f64();
    assert!(
        (1.6..2.8).contains(&took),
        "the token's question took most of the {took} s"
    );
    for holder in held {
        holder.join().expect("no panic");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_is_503_in_time_and_a_repeat_gives_the_right_answer() {
    let cluster = Cluster::start();
    let (running, http) = (serve_on(&cluster, 1).await, client());
    let url = |path: &str| format!("http://{}/{path}", running.address);
    let show = || {
        http.get(url(PATH))
            .header("X-Auth-Token", "demo-member")
            .send()
    };
    let accept = || accept(&http, &running).send();
    assert_eq!(
        show().await.expect("a response").status(),
        200,
        "the token is known from here on"
    );

    cluster.freeze(true);
    let start = Instant::now();
    let (hung, unready) = tokio::join!(accept(), http.get(url("readyz")).send());
    for response in [hung.expect("a response"), unready.expect("a response")] {
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        let body = response.text().await.expect("a body");
        assert!(
            body.contains("BackupService.9910") && !body.to_lowercase().contains("postgres"),
            "{body}"
        );
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );

    cluster.freeze(false);
    let accepted = accept().await.expect("a response");
    assert_eq!(
        accepted.status(),
        200,
        "whether or not the first one was done"
    );
    let used = postgres::number(&cluster.url(), "SELECT sum(shared) FROM vaults");
    assert_eq!(
        used,
        postgres::number(
            &cluster.url(),
            "SELECT 1024 * sum(resource_size) FROM members m
                                                      JOIN backups b ON b.id = m.backup_id WHERE m.status = 'accepted'"
        )
    );
    running.stop().await;
}
