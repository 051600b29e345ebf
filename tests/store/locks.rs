//! Bringing a PostgreSQL database up to date while servers are at work on it: nobody waits for it
//! but the server that starts. Transactions that stay open show what waits for what.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use backup_share::store::{
    Store,
    postgres::{OpenError, Postgres},
};
use testkit::postgres::{self, HeldTransaction, Schema};
use tokio::task::JoinHandle;

use super::suite;

/// How long a write may take beside all this: less than what is held is held for.
const PROMPT: Duration = Duration::from_secs(5);
const INDEX: &str = "members_by_project";
/// A write that holds on to the table.
const WRITE: &str = "INSERT INTO members (backup_id, dest_project_id, id, status, created_at) \
                     VALUES (gen_random_uuid(), 'a', gen_random_uuid(), 'pending', now())";
const IS_UNFINISHED: &str =
    "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('members_by_project')
     AND NOT indisvalid";
const IS_USABLE: &str =
    "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('members_by_project')
     AND indisvalid";

async fn open(url: &str) -> Result<Postgres, OpenError> {
    let settings = (&postgres::config(url.to_owned()).postgres).into();
    Postgres::open(url, &settings, suite::now()).await
}

fn opening(url: &str) -> JoinHandle<Result<Postgres, OpenError>> {
    let url = url.to_owned();
    tokio::spawn(async move { open(&url).await })
}

/// Waits until a query says 1.
async fn wait_until(url: &str, sql: &str) {
    let start = Instant::now();
    while postgres::number(url, sql) != 1 {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A write of another server, which must not wait for what goes on.
fn writes_on(url: &str, sql: &str) {
    let timeout = format!("SET statement_timeout = {}", PROMPT.as_millis());
    postgres::execute(url, &format!("{timeout}; {sql}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_write_while_an_index_is_built_and_an_interrupted_build_is_made_good() {
    let schema = Schema::create();
    let url = schema.url();
    let running = open(&url).await.expect("a store");
    running
        .load_catalog(suite::catalog())
        .await
        .expect("loaded");
    postgres::execute(&url, &format!("DROP INDEX {INDEX}"));
    let held = HeldTransaction::begin(&url, WRITE);
    let (first, second) = (opening(&url), opening(&url));
    wait_until(&url, IS_UNFINISHED).await;

    writes_on(&url, WRITE);
    let loaded = running.load_catalog(suite::catalog());
    let loaded = tokio::time::timeout(PROMPT, loaded).await;
    loaded.expect("in time").expect("a server goes on");
    assert!(
        !first.is_finished() && !second.is_finished(),
        "both wait with their start"
    );

    // The server that builds loses its connection, and leaves half an index behind.
    let builder = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_create_index
                   WHERE relid = 'members'::regclass";
    assert_eq!(postgres::number(&url, builder), 1);
    wait_until(&url, IS_UNFINISHED).await;
    drop(held);
    let ended = [first.await.expect("ended"), second.await.expect("ended")];
    let failed: Vec<_> = ended.iter().filter_map(|end| end.as_ref().err()).collect();
    assert!(
        matches!(failed.as_slice(), [OpenError::Indexes { .. }]),
        "one is told: {failed:?}"
    );
    assert_eq!(postgres::number(&url, IS_USABLE), 1, "the other built it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_for_a_transaction_keeps_no_others_waiting() {
    let schema = Schema::create();
    let url = schema.url();
    let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released/1.0.1/store.sql");
    let sql = fs::read_to_string(released).expect("SQL");
    postgres::execute(&url, &sql.replace("public.", ""));
    let held = HeldTransaction::begin(&url, "SELECT count(*) FROM members");
    let upgraded = opening(&url);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        writes_on(&url, WRITE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!upgraded.is_finished(), "it waits for the transaction");
    drop(held);
    upgraded.await.expect("ended").expect("brought up to date");
}
