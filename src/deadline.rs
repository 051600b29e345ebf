//! Deadline propagation: how long one request waits for the store in all. What its earlier calls
//! took, the later ones have less.

use std::{cell::Cell, time::Duration};

use tokio::{task_local, time::Instant};

task_local! {
    static SPENT: Cell<Duration>;
}

/// Runs a request, whose calls to the store share one budget. Outside of a scope each call has its
/// own.
pub fn scope<F: Future>(request: F) -> impl Future<Output = F::Output> {
    SPENT.scope(Cell::default(), request)
}

/// The time of one call, from its start until this is dropped.
pub struct Budget {
    start: Instant,
}

impl Budget {
    /// Begins to count.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// When the request that the call belongs to has waited for as long as `timeout`.
    pub fn deadline(&self, timeout: Duration) -> Instant {
        let spent = SPENT.try_with(Cell::get).unwrap_or_default();
        self.start + timeout.saturating_sub(spent)
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        // Outside of a scope nothing is shared.
        let _ = SPENT.try_with(|spent| spent.set(spent.get() + self.start.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout_at};

    use super::{Budget, scope};

    const TIMEOUT: Duration = Duration::from_secs(5);

    /// A call that takes so many seconds; whether it ended in time.
    async fn call(seconds: u64) -> bool {
        let budget = Budget::start();
        let work = sleep(Duration::from_secs(seconds));
        timeout_at(budget.deadline(TIMEOUT), work).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_calls_of_a_request_share_its_time_and_what_is_done_between_them_costs_none() {
        let start = Instant::now();
        let in_time = scope(async {
            let first = call(3).await;
            sleep(Duration::from_secs(60)).await;
            (first, call(3).await, call(0).await)
        });
        assert_eq!(in_time.await, (true, false, true));
        assert_eq!(start.elapsed(), Duration::from_secs(65));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_outside_of_a_request_have_their_own_time() {
        assert!(call(4).await && call(4).await);
    }
}
