//! A database that hangs: every operation ends at its deadline, and works again when the database does.

use std::time::{Duration, Instant};

use backup_share::{
    model::{Error, Result},
    store::TokenHash,
};

use super::{
    cluster::Cluster,
    world::{add, facts, furnished, selection},
};

const DEADLINE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_database_holds_nobody_beyond_the_deadline() {
    let cluster = Cluster::start();
    let store = furnished(&cluster.url(), DEADLINE).await;
    cluster.freeze(true);
    // At once: connections from the pool, and new ones, which hang in the midst of their beginning.
    futures::future::join_all((1..=30).map(|number| in_time(add(&store, number)))).await;
    in_time(store.load(&selection())).await;
    in_time(store.ready()).await;
    in_time(store.find_token(&TokenHash::of("t"))).await;
    cluster.freeze(false);
    add(&store, 100).await.expect("works again");
    // Those that were sent and not answered may have been done; a repeat tells.
    for number in 1..=30 {
        let again = add(&store, number).await;
        assert!(matches!(again, Ok(_) | Err(Error::AlreadyShared)), "{again:?}");
    }
    assert_eq!(facts(&store).await.members.len(), 31);
}

async fn in_time<T: std::fmt::Debug>(operation: impl Future<Output = Result<T>>) {
    let start = Instant::now();
    let outcome = operation.await;
    assert!(matches!(outcome, Err(Error::StoreUnavailable(_))), "{outcome:?}");
    assert!(start.elapsed() < 2 * DEADLINE, "{:?}", start.elapsed());
}
