//! Attempts that are finished without their caller. A connection that is given up in the middle of
//! something has to be closed, and a new one costs the database a process: a caller that leaves
//! must not cause that.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

/// An attempt that, when it is dropped, goes on in a task until it is done, for a grace period, or
/// until its deadline. Its maker bounds how many there are.
pub(super) struct Finish<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    attempt: Option<Pin<Box<F>>>,
    deadline: Instant,
    grace_period: Duration,
}

impl<F> Finish<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    pub(super) fn by(deadline: Instant, grace_period: Duration, attempt: F) -> Self {
        Self {
            attempt: Some(Box::pin(attempt)),
            deadline,
            grace_period,
        }
    }
}

impl<F> Future for Finish<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(attempt) = &mut self.attempt else {
            return Poll::Pending;
        };
        let outcome = std::task::ready!(attempt.as_mut().poll(context));
        self.attempt = None;
        Poll::Ready(outcome)
    }
}

impl<F> Drop for Finish<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn drop(&mut self) {
        let now = Instant::now();
        let end = now.checked_add(self.grace_period);
        let end = end.map_or(self.deadline, |end| end.min(self.deadline));
        let left = self.attempt.take().filter(|_| now < end);
        if let (Some(attempt), Ok(runtime)) = (left, Handle::try_current()) {
            runtime.spawn(timeout_at(end, attempt));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        sync::oneshot::{self, Receiver},
        time::{Instant, sleep, timeout},
    };

    use super::Finish;

    /// Leaves an attempt of so many seconds after one, with a deadline of five; what hears of its
    /// end.
    async fn left(seconds: u64, grace_period: Duration) -> Receiver<()> {
        let (done, ended) = oneshot::channel();
        let attempt = async move {
            sleep(Duration::from_secs(seconds)).await;
            let _ = done.send(());
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        assert!(
            timeout(
                Duration::from_secs(1),
                Finish::by(deadline, grace_period, attempt)
            )
            .await
            .is_err()
        );
        ended
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_whose_caller_left_is_finished_and_ends_with_its_deadline() {
        assert!(left(3, Duration::MAX).await.await.is_ok());
        let start = Instant::now();
        assert!(left(60, Duration::MAX).await.await.is_err());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        let start = Instant::now();
        assert!(left(60, Duration::from_secs(2)).await.await.is_err());
        assert_eq!(
            start.elapsed(),
            Duration::from_secs(3),
            "one before it left"
        );
    }
}
