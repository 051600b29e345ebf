//! Runs something on a connection until it succeeds.
//!
//! These are macros because a function cannot take what they take: a closure that returns a future
//! over the session that it is lent is an `AsyncFn`, and nothing on stable Rust can say of the
//! future of an `AsyncFn` that it is `Send`, as `async_trait` and `tokio::spawn` need it (return
//! type notation, rust-lang/rust#109417).

/// Runs something on a connection, and retries what is transient: for reads, and for writes that do
/// no harm when they are done twice.
macro_rules! repeated {
    ($store:expr, |$session:ident| $run:expr) => {{
        let mut attempts = $crate::store::postgres::retry::Attempts::within($store.timeout);
        loop {
            let attempt = async {
                let session =
                    $crate::store::postgres::session::Session::acquire(&$store.pool).await?;
                let $session = &session;
                let outcome = $run.await?;
                session.done();
                Ok(outcome)
            };
            if let Some(outcome) = attempts.make(attempt).await {
                break $store.close_idle_if_unavailable(outcome);
            }
        }
    }};
}

/// The same, with copies of `$value`s: an attempt that was begun is finished without its caller. A
/// caller that disconnects before that leaves nothing behind.
macro_rules! finished {
    ($store:expr, [$($value:ident),*], |$session:ident| $run:expr) => {
        $store.close_idle_if_unavailable($crate::store::postgres::repeat::attempted!(
            $store, permits, std::time::Duration::MAX, [$($value),*], |$session| $run
        ))
    };
}

/// The same for lists, which look at many rows: they have a share of the connections, go on
/// for a moment only without their caller, and one that is late says nothing of the database.
macro_rules! listed {
    ($store:expr, [$($value:ident),*], |$session:ident| $run:expr) => {
        $crate::store::postgres::repeat::attempted!(
            $store,
            list_permits,
            $crate::store::postgres::repeat::LIST_GRACE_PERIOD,
            [$($value),*],
            |$session| $run
        )
    };
}

/// How long a list goes on without its caller. Longer ones cost a new connection, which is cheaper
/// than what is left of them.
pub(super) const LIST_GRACE_PERIOD: std::time::Duration = std::time::Duration::from_millis(100);

/// Attempts with a permit each, which go on for a grace period without their caller.
macro_rules! attempted {
    ($store:expr, $permits:ident, $grace:expr, [$($value:ident),*], |$session:ident| $run:expr) => {{
        let mut attempts = $crate::store::postgres::retry::Attempts::within($store.timeout);
        loop {
            let (pool, permits) = ($store.pool.clone(), std::sync::Arc::clone(&$store.$permits));
            let deadline = attempts.deadline();
            $(let $value = $value.to_owned();)*
            let attempt = async {
                let permit = permits
                    .acquire_owned()
                    .await
                    .map_err($crate::model::Error::store)?;
                let attempt = async move {
                    let _permit = permit;
                    let session =
                        $crate::store::postgres::session::Session::acquire(&pool).await?;
                    let $session = &session;
                    let outcome = $run.await?;
                    session.done();
                    Ok(outcome)
                };
                $crate::store::postgres::finish::Finish::by(deadline, $grace, attempt).await
            };
            if let Some(outcome) = attempts.make(attempt).await {
                break outcome;
            }
        }
    }};
}

pub(super) use {attempted, finished, listed, repeated};
