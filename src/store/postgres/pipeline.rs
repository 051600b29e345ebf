//! Statements that go out together, in order, without waiting for the responses between them.

use futures::future::try_join;

/// Sends the statements of `first` and those of `second` behind them, and waits for both results.
/// Nest it for more: `pipelined(a, pipelined(b, c))`.
///
/// The order is what row locks rely on, such as "BEGIN, lock, then read". It holds because the
/// driver puts a statement on the wire when its future is polled for the first time, and this polls
/// `first` before `second`, at every turn. `tokio::try_join!` does not: it begins with another one
/// at each turn. A future whose first statement is still to be prepared sends that statement only
/// when the response to its preparation is there; prepare what must not be late before the call.
// No `async fn`: that would hold both futures twice, and nested ones four times.
pub(super) fn pipelined<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> impl Future<Output = Result<(A, B), E>> {
    try_join(first, second)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::pipelined;

    #[tokio::test]
    async fn statements_are_sent_in_the_order_in_which_they_are_written_down() {
        let wire = Mutex::new(vec![]);
        let send = async |name: &'static str| {
            for _ in 0..3 {
                wire.lock().expect("not poisoned").push(name);
                tokio::task::yield_now().await;
            }
            Ok::<_, ()>(name)
        };
        let sent = pipelined(send("begin"), pipelined(send("lock"), send("read"))).await;
        assert_eq!(sent, Ok(("begin", ("lock", "read"))));
        let wire = wire.into_inner().expect("not poisoned");
        assert_eq!(wire, ["begin", "lock", "read"].repeat(3));
    }

    #[tokio::test]
    async fn the_first_error_ends_all() {
        let never = std::future::pending::<Result<(), _>>();
        assert_eq!(
            pipelined(never, async { Err::<(), _>("failed") }).await,
            Err("failed")
        );
    }
}
