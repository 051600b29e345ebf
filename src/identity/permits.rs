//! A semaphore with a bounded queue. The permit is to be moved into the work, so that it is free
//! again when the work has ended, and not when its caller has disconnected.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Permits, and a queue before them, both bounded.
pub(super) struct Permits {
    permits: Arc<Semaphore>,
    queue: Semaphore,
    wait: Duration,
}

/// There was no permit in time, or the queue is full: nothing was done.
#[derive(Debug)]
pub(super) struct Full;

impl Permits {
    /// So many at a time; so many callers wait, each at most for `wait`.
    pub(super) fn new(permits: usize, queue: usize, wait: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            queue: Semaphore::new(queue),
            wait,
        }
    }

    /// The next permit. Callers get theirs in the order in which they came; one that leaves makes
    /// room in the queue.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit, Full> {
        // It fails while others wait, too: what is returned goes to the first of them.
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _in_queue = self.queue.try_acquire().map_err(|_| Full)?;
        match timeout(self.wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Full),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{FutureExt, future::join_all};
    use tokio::time::{Instant, sleep, timeout};

    use super::Permits;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded_in_length_and_time() {
        let permits = Permits::new(2, 3, 2 * SECOND);
        let start = Instant::now();
        let work = async || {
            let permit = permits.acquire().await.ok()?;
            sleep(5 * SECOND).await;
            drop(permit);
            Some(())
        };
        let ended = join_all(
            (0..10).map(|_| work().map(|done| (done.is_some(), start.elapsed().as_secs()))),
        )
        .await;
        let count = |outcome| ended.iter().filter(|&&ended| ended == outcome).count();
        assert_eq!(
            (count((true, 5)), count((false, 2)), count((false, 0))),
            (2, 3, 5),
            "{ended:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_leaves_makes_room_in_the_queue() {
        let permits = Permits::new(1, 1, 10 * SECOND);
        let first = permits.acquire().await.expect("free");
        assert!(timeout(SECOND, permits.acquire()).await.is_err(), "it left");
        let second = tokio::join!(permits.acquire(), async {
            sleep(SECOND).await;
            drop(first);
        });
        assert!(second.0.is_ok());
    }
}
