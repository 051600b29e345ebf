//! Token buckets by key: what is taken before some work can be given back after it. The number of
//! keys is bounded. What the keys are, and what a refusal means, is not known here.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::time::Instant;

/// How many keys are counted at a time. Beyond, those that were used least recently start afresh.
const CAPACITY: u64 = 100_000;

/// A token bucket for each key.
pub(crate) struct Quotas<K> {
    limit: f64,
    refill_per_second: f64,
    used: Cache<K, Arc<Mutex<Bucket>>>,
}

/// How many tokens of a bucket are taken, and when they were last refilled.
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Quotas<K> {
    /// At most `limit` tokens at once, all of which are refilled within `period`. None where the
    /// limit is 0: no limit.
    pub(crate) fn new(limit: u32, period: Duration) -> Option<Self> {
        let limit = f64::from(Some(limit).filter(|&limit| limit > 0)?);
        // What was not used for a period is full again, and need not be counted.
        let used = Cache::builder().max_capacity(CAPACITY).time_to_idle(period);
        let used = used.eviction_policy(EvictionPolicy::lru()).build();
        Some(Self {
            limit,
            refill_per_second: limit / period.as_secs_f64(),
            used,
        })
    }

    /// Takes one token; whether there was one.
    pub(crate) fn take(&self, key: &K) -> bool {
        let used = self.used.get_with_by_ref(key, || {
            Arc::new(Mutex::new(Bucket {
                tokens: 0.0,
                at: Instant::now(),
            }))
        });
        let mut used = lock(&used);
        let free = self.refilled(&mut used) + 1.0 <= self.limit;
        used.tokens += if free { 1.0 } else { 0.0 };
        free
    }

    /// Gives one token back.
    pub(crate) fn give_back(&self, key: &K) {
        if let Some(used) = self.used.get(key) {
            let mut used = lock(&used);
            used.tokens = (self.refilled(&mut used) - 1.0).max(0.0);
        }
    }

    /// Whether the next token would not be there.
    pub(crate) fn is_spent(&self, key: &K) -> bool {
        self.used(key) + 1.0 > self.limit
    }

    /// How long until there is a token again, in whole seconds and at least one.
    pub(crate) fn seconds_to_next(&self, key: &K) -> u64 {
        let missing = (self.used(key) + 1.0 - self.limit).max(0.0);
        Duration::try_from_secs_f64((missing / self.refill_per_second).ceil())
            .map_or(1, |wait| wait.as_secs().max(1))
    }

    /// How many tokens are taken at present.
    pub(crate) fn used(&self, key: &K) -> f64 {
        self.used
            .get(key)
            .map_or(0.0, |used| self.refilled(&mut lock(&used)))
    }

    fn refilled(&self, used: &mut Bucket) -> f64 {
        let now = Instant::now();
        let refill = now.saturating_duration_since(used.at).as_secs_f64() * self.refill_per_second;
        *used = Bucket {
            tokens: (used.tokens - refill).max(0.0),
            at: now,
        };
        used.tokens
    }
}

/// A number cannot be left half written.
fn lock(used: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    used.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::Quotas;

    fn taken(quotas: &Quotas<u8>, key: u8) -> usize {
        std::iter::from_fn(|| quotas.take(&key).then_some(()))
            .take(100)
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_is_spent_at_its_limit_and_refills_evenly() {
        let quotas = Quotas::new(6, Duration::from_secs(60)).expect("a limit");
        assert!(!quotas.is_spent(&1));
        assert_eq!(taken(&quotas, 1), 6);
        assert!(quotas.is_spent(&1));
        assert_eq!(
            (quotas.seconds_to_next(&1), quotas.seconds_to_next(&2)),
            (10, 1)
        );
        assert_eq!(taken(&quotas, 2), 6, "each key has its own");
        advance(Duration::from_secs(21)).await;
        assert_eq!(taken(&quotas, 1), 2);
        advance(Duration::from_secs(600)).await;
        assert_eq!(taken(&quotas, 1), 6, "and never more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_can_be_taken_again() {
        let quotas = Quotas::new(2, Duration::from_secs(60)).expect("a limit");
        quotas.give_back(&1);
        for _ in 0..100 {
            assert!(quotas.take(&1));
            quotas.give_back(&1);
        }
        assert_eq!(taken(&quotas, 1), 2);
    }

    #[test]
    fn a_limit_of_0_is_none() {
        assert!(Quotas::<u8>::new(0, Duration::from_secs(60)).is_none());
    }
}
