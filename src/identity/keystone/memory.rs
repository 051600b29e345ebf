//! What was said, until when it counts, and one question at a time about one thing. Does not know
//! what was said.

use std::hash::Hash;

use moka::{future::Cache, ops::compute::Op};

use crate::timestamp::Timestamp;

/// Answers by what they are about; the least used go first when there are too many.
pub(super) struct Memory<K, T>(Cache<K, Believed<T>>);

/// An answer, and until when it counts.
#[derive(Clone)]
pub(super) struct Believed<T> {
    pub(super) said: T,
    pub(super) until: Timestamp,
}

impl<K, T> Memory<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(super) fn new(answers: u64) -> Self {
        Self(Cache::new(answers))
    }

    /// What counts now, if anything does.
    async fn counting(&self, key: &K, now: Timestamp) -> Option<T> {
        self.last(key)
            .await
            .filter(|believed| now < believed.until)
            .map(|believed| believed.said)
    }

    /// What was said last, whether or not it still counts.
    pub(super) async fn last(&self, key: &K) -> Option<Believed<T>> {
        self.0.get(key).await
    }

    /// What counts now; else what `ask` brings, which is told what counted last. Whoever comes
    /// while another asks about the same waits, and asks only if the other brought nothing.
    pub(super) async fn recall<F, E>(
        &self,
        key: &K,
        now: Timestamp,
        ask: impl FnOnce(Option<T>) -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<Believed<T>, E>>,
        E: Send + Sync + 'static,
    {
        if let Some(said) = self.counting(key, now).await {
            return Ok(said);
        }
        let answered = self
            .0
            .entry_by_ref(key)
            .and_try_compute_with(async |entry| match entry.map(moka::Entry::into_value) {
                Some(believed) if now < believed.until => Ok(Op::Nop),
                old => ask(old.map(|believed| believed.said)).await.map(Op::Put),
            });
        #[expect(
            clippy::expect_used,
            reason = "`Put` and `Nop` over what stands there both leave an entry"
        )]
        let entry = answered
            .await?
            .into_entry()
            .expect("an answer was put there, or stood there");
        Ok(entry.into_value().said)
    }
}
