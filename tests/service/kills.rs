//! kill -9 under load, again and again (`KILLS` times): every write that was acknowledged is there
//! after the restart, and the sums of the vaults are exact.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use backup_share::{
    model::{BackupId, MemberStatus, Result},
    serve,
    store::{self, Export, Record},
};
use futures::StreamExt;
use reqwest::Method;
use testkit::{
    backups::{backup, data},
    database::{Backend, TestDatabase},
    env_number,
    fixture::{ALICE, BOB},
    http,
    process::ServerProcess,
};

const WRITERS: usize = 8;
/// More than are shared between two kills.
const BACKUPS_PER_KILL: usize = 800;

/// How often the server is killed.
fn default_kills(backend: Backend) -> usize {
    match backend {
        Backend::Sqlite | Backend::UpgradedSqlite => 25,
        Backend::Postgres | Backend::UpgradedPostgres => 10,
    }
}

/// What was acknowledged: backups that bob is a member of, and those that he accepted.
#[derive(Default)]
struct Acknowledged {
    added: Vec<usize>,
    accepted: Vec<usize>,
    next: usize,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.added.len() + self.accepted.len()
    }
}

/// Shares a backup, accepts it, takes the next, until the server is gone.
async fn write(
    http: reqwest::Client,
    endpoint: String,
    acknowledged: Arc<Mutex<Acknowledged>>,
    backups: usize,
) {
    loop {
        let number = {
            let mut shared = acknowledged.lock().expect("no panic");
            shared.next += 1;
            shared.next
        };
        assert!(number < backups, "more backups are needed");
        let members = format!("{endpoint}/v3/{ALICE}/backups/{}/members", backup(number));
        let own = format!(
            "{endpoint}/v3/{BOB}/backups/{}/members/{BOB}",
            backup(number)
        );
        let add = format!(r#"{{"members": ["{BOB}"]}}"#);
        let accept =
            r#"{"status": "accepted", "vault_id": "b0000000-0000-4000-8000-000000000001"}"#;
        let send = |method: Method, url: String, token: &str, body: String| {
            http.request(method, url)
                .header("X-Auth-Token", token)
                .header("Content-Type", "application/json")
                .body(body)
                .send()
        };
        match send(Method::POST, members, "alice", add).await {
            Ok(response) => assert_eq!(response.status(), 200, "under load"),
            Err(_) => return,
        }
        acknowledged.lock().expect("no panic").added.push(number);
        match send(Method::PUT, own, "bob", accept.into()).await {
            Ok(response) => assert_eq!(response.status(), 200, "under load"),
            Err(_) => return,
        }
        acknowledged.lock().expect("no panic").accepted.push(number);
    }
}

/// The status of bob's record of each backup, as it is stored.
async fn statuses(store: &dyn Export) -> HashMap<BackupId, MemberStatus> {
    let member = async |record: Result<Record>| match record.expect("a readable store") {
        Record::Member(member) => Some((member.backup_id, member.status)),
        _ => None,
    };
    store.records().filter_map(member).collect().await
}

async fn a_kill_at_any_moment_loses_no_acknowledged_write(backend: Backend) {
    let kills = env_number("KILLS", default_kills(backend));
    let backups = kills * BACKUPS_PER_KILL;
    let (database, folder) = (
        TestDatabase::new(backend),
        tempfile::tempdir().expect("a folder"),
    );
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let data = data(folder.path(), backups);
    let http = http::client();
    for round in 0..kills {
        // Loaded once: after the restart everything must come from the disk.
        let files = if round == 0 {
            vec![data.clone()]
        } else {
            vec![]
        };
        let mut server = ServerProcess::start(&database.url(), &files);
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                tokio::spawn(write(
                    http.clone(),
                    server.endpoint(),
                    Arc::clone(&acknowledged),
                    backups,
                ))
            })
            .collect();
        // In the midst of the load, and at another moment each time.
        let before = acknowledged.lock().expect("no panic").count();
        while acknowledged.lock().expect("no panic").count() < before + 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis((round as u64 * 37) % 100)).await;
        server.kill();
        for writer in writers {
            writer.await.expect("no wrong response");
        }
    }
    let restarted = ServerProcess::start(&database.url(), &[]);
    let ready = http
        .get(format!("{}/readyz", restarted.endpoint()))
        .send()
        .await
        .expect("a response");
    assert_eq!(ready.status(), 200);
    let store = serve::find_store(&database.config())
        .await
        .expect("the store");
    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("no panic"));
    check(backend, store.as_ref(), &acknowledged, kills).await;
}

async fn check(backend: Backend, store: &dyn Export, acknowledged: &Acknowledged, kills: usize) {
    let statuses = statuses(store).await;
    let status = |number: &usize| statuses.get(&backup(*number).parse().expect("an id"));
    let lost = acknowledged
        .added
        .iter()
        .filter(|number| status(number).is_none())
        .count()
        + acknowledged
            .accepted
            .iter()
            .filter(|number| status(number) != Some(&MemberStatus::Accepted))
            .count();
    let count = acknowledged.count();
    println!(
        "{}: {kills} kills, {count} writes acknowledged, {lost} lost",
        backend.name()
    );
    assert_eq!(lost, 0, "of {count} acknowledged writes");
    assert!(
        count > 10 * kills,
        "the kills must come under load: {count} writes"
    );
    let findings = store::check::check(store, store::check::Projects::InStore)
        .await
        .expect("a look");
    let looked_at = |kind| {
        findings
            .iter()
            .find(|finding| finding.kind == kind)
            .expect("a finding")
            .looked_at
    };
    assert!(looked_at("states") >= acknowledged.added.len() && looked_at("capacity") == 2);
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.wrong > 0)
        .collect();
    assert!(
        wrong.is_empty(),
        "vaults hold exactly what was accepted into them, and no request is half done: {wrong:?}"
    );
}

testkit::on_each_backend!("multi_thread":
    a_kill_at_any_moment_loses_no_acknowledged_write
);
