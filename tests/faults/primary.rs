//! A primary may have been deposed without being stopped (split brain): what it shows counts as long
//! as a standby follows it.

use std::time::Duration;

use backup_share::{
    model::Error,
    store::{Export, Record, postgres::Postgres},
};
use futures::{StreamExt, TryStreamExt};
use testkit::postgres::{self, Cluster};

use super::fixture::{Any, add, delete, facts, furnished, open, selection, settings};

const DEADLINE: Duration = Duration::from_secs(20);

/// Reads until that is refused.
async fn rejects_stale_reads(store: &Any) {
    let refused = async {
        loop {
            if let Err(error) = store.load(&selection()).await {
                break error;
            }
        }
    };
    let refused = tokio::time::timeout(DEADLINE, refused)
        .await
        .expect("a read that may be stale is refused");
    assert!(matches!(refused, Error::StoreUnavailable(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_a_primary_without_its_standby_are_refused() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), Duration::from_secs(1)).await;
    cluster.set("synchronous_standby_names = 'nobody'");
    rejects_stale_reads(&store).await;
    let refused = delete(&store, 1)
        .await
        .expect_err("there is nothing to delete");
    assert!(
        matches!(refused, Error::StoreUnavailable(_)),
        "it is in doubt whether there is: {refused:?}"
    );
    cluster.set("synchronous_standby_names = ''");
    assert!(matches!(delete(&store, 1).await, Err(Error::NoSuchMember)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_any_rights_sees_whether_a_standby_follows() {
    let (primary, standby) = Cluster::with_standby();
    postgres::execute(&primary.url(), "CREATE ROLE plain LOGIN");
    postgres::execute(&primary.url(), "CREATE DATABASE shares OWNER plain");
    let url = primary
        .url()
        .replace("postgres@", "plain@")
        .replace("/postgres", "/shares");
    let (store, hasty) = (furnished(&url, DEADLINE).await, open(&url, 1).await);
    add(&store, 1).await.expect("the standby has it");
    assert_eq!(facts(&store).await.members.len(), 1);
    drop(standby);
    rejects_stale_reads(&hasty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_fails_where_the_primary_was_deposed_meanwhile() {
    let cluster = Cluster::start();
    let hasty = open(&cluster.url(), 1).await;
    // More than waits to be taken.
    postgres::execute(
        &cluster.url(),
        "INSERT INTO projects SELECT n, 'a project' FROM generate_series(1, 5000) n",
    );
    let store = Postgres::find(&cluster.url(), &settings(1))
        .await
        .expect("a store");
    let whole: Vec<Record> = store.records().try_collect().await.expect("it counts");
    let mut records = store.records();
    let first = records.next().await.expect("a record");
    cluster.set("synchronous_standby_names = 'nobody'");
    rejects_stale_reads(&hasty).await;
    let rest: Vec<_> = records.collect().await;
    let (last, before) = rest.split_last().expect("more");
    assert!(first.is_ok() && before.iter().all(Result::is_ok) && before.len() + 1 == whole.len());
    assert!(matches!(last, Err(Error::StoreUnavailable(_))), "{last:?}");
    let refused = [
        store.count().await.map(drop),
        store.damage().await.map(drop),
    ];
    assert!(
        refused
            .iter()
            .all(|refused| matches!(refused, Err(Error::StoreUnavailable(_)))),
        "{refused:?}"
    );
}
