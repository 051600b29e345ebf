//! Runs something on a connection until it comes to something: in macros, because a function cannot
//! say of what an asynchronous closure returns that it may move between threads.

/// Runs something on a connection, and again where what failed passes: for reads, and for writes
/// that do no harm when they are done twice.
macro_rules! repeated {
    ($store:expr, |$session:ident| $run:expr) => {{
        let mut attempts = $crate::store::postgres::retry::Attempts::within($store.timeout);
        loop {
            let attempt = async {
                let session = $crate::store::postgres::session::Session::take(&$store.pool).await?;
                let $session = &session;
                let outcome = $run.await?;
                session.done();
                Ok(outcome)
            };
            if let Some(outcome) = attempts.make(attempt).await {
                break $store.known(outcome);
            }
        }
    }};
}

/// The same, with copies of `$value`s: an attempt that was begun is finished without its caller. A
/// caller that leaves before that leaves nothing behind.
macro_rules! finished {
    ($store:expr, [$($value:ident),*], |$session:ident| $run:expr) => {{
        let mut attempts = $crate::store::postgres::retry::Attempts::within($store.timeout);
        loop {
            let (pool, permits, deadline) = ($store.pool.clone(), std::sync::Arc::clone(&$store.attempts), attempts.end());
            $(let $value = $value.to_owned();)*
            let attempt = async {
                let permit = permits.acquire_owned().await.map_err($crate::model::Error::store)?;
                let attempt = async move {
                    let _permit = permit;
                    let session = $crate::store::postgres::session::Session::take(&pool).await?;
                    let $session = &session;
                    let outcome = $run.await?;
                    session.done();
                    Ok(outcome)
                };
                $crate::store::postgres::finish::Finish::by(deadline, attempt).await
            };
            if let Some(outcome) = attempts.make(attempt).await {
                break $store.known(outcome);
            }
        }
    }};
}

pub(super) use {finished, repeated};
