//! Deletes tokens that have expired while the service runs: each login adds one. On several servers
//! at once it does no harm.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use crate::{clock::Clock, model::Result, store::Store};

/// How often, on average: with jitter, so that servers that were started together do it apart.
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);
/// For how long a token is kept after its end: until then the response says that it has expired,
/// and later that it is unknown.
const RETENTION: Duration = Duration::from_secs(60 * 60);
/// How many tokens one transaction deletes: others wait for it.
const BATCH: u32 = 500;
/// How many transactions there are at most in a row.
const BATCHES: usize = 200;

/// Deletes expired tokens now and then, until the server stops.
pub(crate) async fn run(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    mut shutdown: watch::Receiver<()>,
) {
    loop {
        tokio::select! {
            () = round(store.as_ref(), clock.as_ref(), interval) => {}
            // Where the sender is gone, it runs on.
            Ok(()) = shutdown.changed() => return,
        }
    }
}

async fn round(store: &dyn Store, clock: &dyn Clock, interval: Duration) {
    sleep(interval.mul_f64(0.5 + fastrand::f64())).await;
    match delete(store, clock).await {
        Ok(0) => {}
        Ok(tokens) => tracing::debug!(tokens, "expired tokens are deleted"),
        Err(error) => {
            tracing::warn!(%error, "cannot delete expired tokens; next try in about {interval:?}")
        }
    }
}

/// How many were deleted.
async fn delete(store: &dyn Store, clock: &dyn Clock) -> Result<u64> {
    let before = clock.before(RETENTION);
    let mut deleted = 0;
    for _ in 0..BATCHES {
        let batch = store.delete_expired_tokens(before, BATCH).await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            break;
        }
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::sync::watch;

    use crate::{
        clock::{Clock, SystemClock},
        store::{Account, Catalog, Project, Store, TokenHash, sqlite::Sqlite},
    };

    /// A store with a user.
    async fn store(folder: &tempfile::TempDir) -> Arc<dyn Store> {
        let store =
            Sqlite::open(&folder.path().join("test.db"), SystemClock.now()).expect("a store");
        let id: crate::model::ProjectId = "p".parse().expect("an id");
        let account = Account {
            name: "alice".into(),
            password_hash: None,
            project_id: id.clone(),
            project_name: "p".into(),
            roles: vec![],
            enabled: true,
        };
        let projects = vec![Project {
            id,
            name: "p".into(),
        }];
        let catalog = Catalog {
            projects,
            accounts: vec![account],
            ..Catalog::default()
        };
        store.load_catalog(catalog).await.expect("loaded");
        Arc::new(store)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tokens_are_deleted_an_hour_after_their_end_while_the_service_runs_and_not_after_it_stopped()
     {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder).await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let issue = async |token: &'static str, minutes: u64| {
            let end = clock.before(Duration::from_secs(60 * minutes));
            store
                .insert_token(TokenHash::of(token), "alice".into(), end, end)
                .await
                .expect("inserted");
        };
        let is_known = async |token: &str| {
            store
                .find_token(&TokenHash::of(token))
                .await
                .expect("asked")
                .is_some()
        };
        let (stop, shutdown) = watch::channel(());
        let interval = Duration::from_millis(10);
        let running = tokio::spawn(super::run(
            Arc::clone(&store),
            Arc::clone(&clock),
            interval,
            shutdown,
        ));
        issue("just ended", 59).await;
        issue("long gone", 61).await;
        while is_known("long gone").await {
            tokio::time::sleep(interval).await;
        }
        assert!(
            is_known("just ended").await,
            "the response says that it has expired"
        );
        stop.send_replace(());
        running.await.expect("it ends with the server");
    }
}
