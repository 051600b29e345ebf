//! A cache whose entries expire at a time of the service's clock, with single-flight fetches. Does
//! not know what it caches.

use std::hash::Hash;

use moka::{future::Cache, ops::compute::Op};

use crate::timestamp::Timestamp;

/// Values by key; the least recently used are evicted at capacity. An expired entry stays until
/// then: what it was decides how the next fetch is made. That, and the injected clock, is why
/// moka's own time to live does not serve.
pub(super) struct TtlCache<K, T>(Cache<K, Cached<T>>);

/// A value, and when it expires.
#[derive(Clone)]
pub(super) struct Cached<T> {
    pub(super) value: T,
    pub(super) expires_at: Timestamp,
}

impl<T> Cached<T> {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

impl<K, T> TtlCache<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(super) fn new(capacity: u64) -> Self {
        Self(Cache::new(capacity))
    }

    /// The entry, expired or not.
    pub(super) async fn get(&self, key: &K) -> Option<Cached<T>> {
        self.0.get(key).await
    }

    /// A fresh value; else what `fetch` brings, which gets the expired one. Single-flight: callers
    /// that come while another fetches the same key wait, and fetch only if the other failed.
    pub(super) async fn get_or_fetch<F, E>(
        &self,
        key: &K,
        now: Timestamp,
        fetch: impl FnOnce(Option<T>) -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<Cached<T>, E>>,
        E: Send + Sync + 'static,
    {
        if let Some(cached) = self.get(key).await.filter(|cached| cached.is_fresh(now)) {
            return Ok(cached.value);
        }
        let fetched = self
            .0
            .entry_by_ref(key)
            .and_try_compute_with(async |entry| match entry.map(moka::Entry::into_value) {
                Some(cached) if cached.is_fresh(now) => Ok(Op::Nop),
                stale => fetch(stale.map(|cached| cached.value)).await.map(Op::Put),
            });
        #[expect(
            clippy::expect_used,
            reason = "`Put`, and `Nop` on an entry, both leave an entry"
        )]
        let entry = fetched
            .await?
            .into_entry()
            .expect("an entry was put, or was there");
        Ok(entry.into_value().value)
    }
}
