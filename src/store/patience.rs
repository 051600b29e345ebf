//! How long one request waits for the store in all: what its earlier questions took, the later ones
//! have less.

use std::{cell::Cell, time::Duration};

use tokio::{task_local, time::Instant};

task_local! {
    static WAITED: Cell<Duration>;
}

/// Runs a request, whose questions to the store share one deadline. Outside of one, each has its
/// own.
pub fn of_one_request<F: Future>(request: F) -> impl Future<Output = F::Output> {
    WAITED.scope(Cell::default(), request)
}

/// A question, from when it is asked until it is dropped.
pub(super) struct Waiting {
    start: Instant,
}

impl Waiting {
    pub(super) fn begin() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// When the request it belongs to has waited for as long as `deadline`.
    pub(super) fn end(&self, deadline: Duration) -> Instant {
        let before = WAITED.try_with(Cell::get).unwrap_or_default();
        self.start + deadline.saturating_sub(before)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Nobody counts outside of a request.
        let _ = WAITED.try_with(|waited| waited.set(waited.get() + self.start.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout_at};

    use super::{Waiting, of_one_request};

    const DEADLINE: Duration = Duration::from_secs(5);

    /// A question that takes so many seconds; whether there was an answer.
    async fn ask(seconds: u64) -> bool {
        let waiting = Waiting::begin();
        timeout_at(waiting.end(DEADLINE), sleep(Duration::from_secs(seconds)))
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_questions_of_a_request_share_its_time_and_what_is_done_between_them_costs_none() {
        let start = Instant::now();
        let answered = of_one_request(async {
            let first = ask(3).await;
            sleep(Duration::from_secs(60)).await;
            (first, ask(3).await, ask(0).await)
        });
        assert_eq!(answered.await, (true, false, true));
        assert_eq!(start.elapsed(), Duration::from_secs(65));
    }

    #[tokio::test(start_paused = true)]
    async fn questions_outside_of_a_request_have_their_own_time() {
        assert!(ask(4).await && ask(4).await);
    }
}
