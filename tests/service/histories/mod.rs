//! What many clients at once have seen, held against what one record can do: each history must be
//! linearizable, with the server killed in between, and with two servers on one database. Stores
//! with a known bug show that the checker finds one.

mod checker;
mod clients;
mod record;
mod seeded;

use std::{sync::Arc, time::Duration};

use backup_share::{
    api::Docs,
    catalog,
    clock::{Clock, SystemClock},
    serve,
    store::Store,
};
use testkit::{
    database::{Backend, TestDatabase},
    env_number,
    process::ServerProcess,
};
use tokio::sync::watch;

use self::{
    clients::{Clients, Histories, OPERATIONS, RECORDS, broken, data, told},
    seeded::{Bug, Seeded},
};

/// How often the server is killed during one history.
const KILLS: usize = 5;

fn sound(backend: Backend, histories: &Histories, what: &str) {
    let all = || histories.iter().flatten();
    let unknown = all()
        .filter(|operation| operation.returned.is_none())
        .count();
    println!(
        "{}, {what}: {} records, {} operations, {unknown} with an unknown outcome",
        backend.name(),
        histories.len(),
        all().count()
    );
    assert_eq!(all().count(), RECORDS * OPERATIONS);
    if let Some(&record) = broken(histories).first() {
        panic!(
            "{what}: no record can have this history:\n{}",
            told(&histories[record])
        );
    }
}

/// Races between six clients, while the server dies and comes back.
async fn hold_with_kills(backend: Backend) {
    let (database, folder) = (
        TestDatabase::new(backend),
        tempfile::tempdir().expect("a folder"),
    );
    let database = database.url();
    let mut server = ServerProcess::start(&database, &[data(folder.path())]);
    let (moved, endpoint) = watch::channel(server.endpoint());
    let clients = Clients::new();
    let running = tokio::spawn({
        let clients = clients.clone();
        async move { clients.run(&[endpoint]).await }
    });
    for kill in 1..=KILLS {
        while clients.taken() < kill * RECORDS * OPERATIONS / (KILLS + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        server = ServerProcess::start(&database, &[]);
        moved.send(server.endpoint()).expect("clients");
    }
    sound(
        backend,
        &running.await.expect("no wrong response"),
        &format!("{KILLS} kills"),
    );
}

async fn every_history_with_kills_in_between_is_linearizable(backend: Backend) {
    for _ in 0..env_number("HISTORIES", 2) {
        hold_with_kills(backend).await;
    }
}

async fn two_servers_on_one_database_are_linearizable(backend: Backend) {
    let (database, folder) = (
        TestDatabase::new(backend),
        tempfile::tempdir().expect("a folder"),
    );
    let database = database.url();
    let servers = [
        ServerProcess::start(&database, &[data(folder.path())]),
        ServerProcess::start(&database, &[]),
    ];
    let channels = servers
        .each_ref()
        .map(|server| watch::channel(server.endpoint()));
    let endpoints = channels.each_ref().map(|(_, endpoint)| endpoint.clone());
    sound(
        backend,
        &Clients::new().run(&endpoints).await,
        "two servers",
    );
}

/// A history of a store with a bug; whether the checker finds it. A race may not come about: there
/// are some tries.
async fn finds(backend: Backend, bug: impl Fn() -> Bug) -> bool {
    for _ in 0..5 {
        let (database, folder) = (
            TestDatabase::new(backend),
            tempfile::tempdir().expect("a folder"),
        );
        let config = database.config();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = serve::open_store(&config, clock.as_ref())
            .await
            .expect("a store");
        catalog::load(&data(folder.path()), store.as_ref(), &clock)
            .await
            .expect("good data");
        let store: Arc<dyn Store> = Arc::new(Seeded { store, bug: bug() });
        let running = serve::start_with(&config, Docs::default(), store, clock)
            .await
            .expect("a server");
        let (_moved, endpoint) = watch::channel(format!("http://{}", running.address));
        let broken = broken(&Clients::new().run(&[endpoint]).await).len();
        println!("{broken} of {RECORDS} histories are not linearizable");
        running.stop().await;
        if broken > 0 {
            return true;
        }
    }
    false
}

async fn a_decision_that_is_made_twice_is_found(backend: Backend) {
    assert!(finds(backend, || Bug::DoubleDecision).await);
}

async fn a_stale_read_is_found(backend: Backend) {
    assert!(finds(backend, || Bug::StaleRead(Default::default())).await);
}

async fn a_stale_list_is_found(backend: Backend) {
    assert!(finds(backend, || Bug::StaleList(Default::default())).await);
}

testkit::on_each_backend!("multi_thread":
    every_history_with_kills_in_between_is_linearizable,
    two_servers_on_one_database_are_linearizable,
    a_decision_that_is_made_twice_is_found,
    a_stale_read_is_found,
    a_stale_list_is_found
);
