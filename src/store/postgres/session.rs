//! A connection out of the pool, for one attempt.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object, Pool};

use super::retry::Failure;

/// A connection out of the pool. Dropping it closes it, because nobody knows what it is in the middle of: an attempt
/// may have failed, or have been given up while the database was still busy with it. [`Session::done`] hands it back.
pub(super) struct Session(Option<Object>);

impl Session {
    /// A connection that nobody uses, or a new one.
    pub(super) async fn take(pool: &Pool) -> Result<Self, Failure> {
        Ok(Self(Some(pool.get().await?)))
    }

    /// Back into the pool, with no transaction open and no answer outstanding.
    pub(super) fn done(mut self) {
        drop(self.0.take());
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    #[expect(clippy::expect_used, reason = "only `done` and `drop` take it out, and nobody has the session after that")]
    fn deref(&self) -> &ClientWrapper {
        self.0.as_ref().expect("a session has its connection for as long as it lives")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}
