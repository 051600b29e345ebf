//! Numbers in rows that no size and no capacity can be: the schemas refuse them, and where they got
//! in all the same both stores refuse to read them, and say which column it is.

use std::sync::Arc;

use backup_share::{
    catalog::{self, DEMO},
    clock::{Clock, SystemClock},
    config::Config,
    model::{Error, Result, Selection, VaultSelection, facts::MemberSelection},
    serve,
    store::{
        Record,
        check::{self, Projects},
        copy::{CopyError, copy},
    },
};
use futures::TryStreamExt;
use tempfile::TempDir;

use testkit::postgres::{self, Schema};

const BAD: [(&str, &str, i64); 6] = [
    ("vaults", "size", -5),
    ("vaults", "size", 4_294_967_296),
    ("vaults", "used", -5),
    ("vaults", "shared", -5),
    ("backups", "resource_size", -5),
    ("backups", "resource_size", 4_294_967_296),
];

fn sqlite_config(folder: &TempDir, name: &str) -> Config {
    let file = folder.path().join(name);
    Config {
        database: format!("sqlite:{}", file.display()).into(),
        ..Config::default()
    }
}

/// With the demo in it.
async fn load_demo(config: &Config) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(config, clock.as_ref())
        .await
        .expect("a store");
    catalog::load_text("demo", DEMO, store.as_ref(), &clock)
        .await
        .expect("good data");
}

/// What the store says when its backup is asked for, with the vault.
async fn load(config: &Config) -> Result<()> {
    let store = serve::open_store(config, &SystemClock)
        .await
        .expect("a store");
    let selection = Selection {
        backup_id: "a5200268-74a5-4806-acc6-95793ab0228b"
            .parse()
            .expect("an id"),
        members: MemberSelection::All,
        vault: VaultSelection::OfBackup,
    };
    store.load(&selection).await.map(drop)
}

fn store_error(error: Error) -> String {
    match error {
        Error::Store(why) => why.to_string(),
        other => panic!("another error: {other:?}"),
    }
}

/// Loading, checking and copying refuse what these columns hold, and name it.
async fn is_refused(config: &Config, bad: &str) {
    let refused = load(config).await.expect_err(bad);
    assert!(store_error(refused).contains(bad), "{bad}");
    let store = serve::find_store(config).await.expect("a store");
    let findings = check::check(store.as_ref(), Projects::InStore)
        .await
        .expect("a look");
    let records = findings.iter().find(|finding| finding.kind == "records");
    let records = records.expect("a finding for records");
    assert_eq!(records.wrong, 1, "{bad}: {findings:?}");
    assert!(records.examples[0].contains(bad), "{records:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let target = serve::open_target(&sqlite_config(&folder, "target.db"))
        .await
        .expect("a target");
    match copy(store.as_ref(), target.as_ref(), |_, _| ()).await {
        Err(CopyError::Source(error)) => assert!(store_error(error).contains(bad), "{bad}"),
        other => panic!("{bad}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_number_in_sqlite_is_refused_with_its_column() {
    for (table, column, number) in BAD {
        let folder = tempfile::tempdir().expect("a folder");
        let config = sqlite_config(&folder, "test.db");
        load_demo(&config).await;
        rusqlite::Connection::open(folder.path().join("test.db"))
            .and_then(|connection| {
                connection.execute_batch(&format!(
                    "PRAGMA ignore_check_constraints = ON; UPDATE {table} SET {column} = {number}"
                ))
            })
            .expect("a bad number");
        is_refused(&config, &format!("{table}.{column} is {number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_number_in_postgresql_is_refused_with_its_column() {
    for (table, column, number) in BAD {
        let schema = Schema::create();
        let config = postgres::config(schema.url());
        load_demo(&config).await;
        postgres::execute(
            &schema.url(),
            &format!(
                "ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check;
                 UPDATE {table} SET {column} = {number}"
            ),
        );
        is_refused(&config, &format!("{table}.{column} is {number}")).await;
    }
}

/// What a share has of its backup for lists to be ordered by.
const OUT_OF_ORDER: &str = "UPDATE members SET backup_created_at =";

/// A check says so, and loading the data again puts it right.
async fn order_is_checked_and_restored(config: &Config, spoil: impl FnOnce()) {
    let damage = async || {
        let store = serve::find_store(config).await.expect("a store");
        store.damage().await.expect("a look")
    };
    load_demo(config).await;
    assert_eq!(damage().await, Vec::<String>::new());
    spoil();
    let found = damage().await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("shares are listed by another time")),
        "{found:?}"
    );
    load_demo(config).await;
    assert_eq!(damage().await, Vec::<String>::new(), "loading restores it");
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_that_are_not_ordered_as_their_backups_are_found_in_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = sqlite_config(&folder, "test.db");
    let spoil = || {
        let file = rusqlite::Connection::open(folder.path().join("test.db"));
        let file = file.expect("its file");
        let sql = format!("{OUT_OF_ORDER} 77");
        assert!(
            file.execute(&sql, []).expect("spoiled") > 0,
            "there are shares"
        );
    };
    order_is_checked_and_restored(&config, spoil).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_that_are_not_ordered_as_their_backups_are_found_in_postgresql() {
    let schema = Schema::create();
    let config = postgres::config(schema.url());
    let spoil = || postgres::execute(&schema.url(), &format!("{OUT_OF_ORDER} now()"));
    order_is_checked_and_restored(&config, spoil).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_no_column_holds_is_not_written() {
    let (folder, schema) = (tempfile::tempdir().expect("a folder"), Schema::create());
    let source = sqlite_config(&folder, "source.db");
    load_demo(&source).await;
    let store = serve::find_store(&source).await.expect("a store");
    let mut records: Vec<_> = store.records().try_collect().await.expect("records");
    for record in &mut records {
        if let Record::Vault { vault, .. } = record {
            vault.vault.used = u64::MAX;
        }
    }
    for target in [
        sqlite_config(&folder, "target.db"),
        postgres::config(schema.url()),
    ] {
        let target = serve::open_target(&target).await.expect("a target");
        let refused = target.insert(records.clone()).await.expect_err("too large");
        assert!(store_error(refused).contains("vaults.used is 18446744073709551615"));
        let written = target.written().count().await.expect("a count");
        assert_eq!(written, 0, "all of it, or nothing");
    }
}
