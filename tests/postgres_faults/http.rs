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

use super::cluster::{self, Cluster};

/// Of the demo data: the member's own record, and its vault.
const PATH: &str = "v3/f841e01fd2b14e7fa41b6ae7aa6b0594/backups/a5200268-74a5-4806-acc6-95793ab0228b/members/\
                    f841e01fd2b14e7fa41b6ae7aa6b0594";
const ACCEPT: &str = r#"{"status": "accepted", "vault_id": "4b27c05b-8ad7-48c6-a886-526666c035f0"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_is_503_in_time_and_a_repeat_gives_the_right_answer() {
    let cluster = Cluster::start();
    let mut config = cluster::settings(cluster.url());
    config.listen = "127.0.0.1:0".into();
    config.postgres.deadline_seconds = 1;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(&config, clock.as_ref()).await.expect("a store");
    catalog::load_text("demo data", catalog::DEMO, store.as_ref(), &clock).await.expect("good data");
    let running = serve::start_with(&config, Docs::default(), store, clock).await.expect("a server");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = |path: &str| format!("http://{}/{path}", running.address);
    let show = || http.get(url(PATH)).header("X-Auth-Token", "demo-member").send();
    let accept = || {
        let put = http.put(url(PATH)).header("X-Auth-Token", "demo-member");
        put.header("Content-Type", "application/json").body(ACCEPT).send()
    };
    assert_eq!(show().await.expect("an answer").status(), 200, "the token is known from here on");

    cluster.freeze(true);
    let start = Instant::now();
    let (hung, unready) = tokio::join!(accept(), http.get(url("readyz")).send());
    for answer in [hung.expect("an answer"), unready.expect("an answer")] {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let body = answer.text().await.expect("a body");
        assert!(body.contains("BackupService.9910") && !body.to_lowercase().contains("postgres"), "{body}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());

    cluster.freeze(false);
    let accepted = accept().await.expect("an answer");
    assert_eq!(accepted.status(), 200, "whether or not the first one was done");
    let used = cluster::number(&cluster.url(), "SELECT sum(shared) FROM vaults");
    assert_eq!(
        used,
        cluster::number(
            &cluster.url(),
            "SELECT 1024 * sum(resource_size) FROM members m
                                                      JOIN backups b ON b.id = m.backup_id WHERE m.status = 'accepted'"
        )
    );
    running.stop().await;
}
