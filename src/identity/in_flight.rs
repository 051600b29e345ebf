//! Concurrency limits by key: how much of one kind of work is in flight for each caller. An entry lives as long as the work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts by key, each up to a limit.
pub(super) struct InFlight {
    limit: usize,
    counts: Arc<Mutex<HashMap<u64, usize>>>,
}

/// One that is in flight, until it is dropped.
pub(super) struct InFlightGuard {
    key: u64,
    counts: Arc<Mutex<HashMap<u64, usize>>>,
}

impl InFlight {
    /// At most so many for each key.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            counts: Arc::default(),
        }
    }

    /// One more; none where that would be too many.
    pub(super) fn begin(&self, key: u64) -> Option<InFlightGuard> {
        let mut counts = lock(&self.counts);
        let count = counts.get(&key).copied().unwrap_or_default();
        if count >= self.limit {
            return None;
        }
        counts.insert(key, count + 1);
        Some(InFlightGuard {
            key,
            counts: Arc::clone(&self.counts),
        })
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}

/// A count cannot be left half written.
fn lock(counts: &Mutex<HashMap<u64, usize>>) -> MutexGuard<'_, HashMap<u64, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::InFlight;

    #[test]
    fn each_key_has_its_limit_and_nothing_stays_of_what_has_ended() {
        let in_flight = InFlight::new(2);
        let guards: Vec<_> = [1, 1, 2].map(|key| in_flight.begin(key)).into();
        assert!(guards.iter().all(Option::is_some));
        assert!(in_flight.begin(1).is_none() && in_flight.begin(2).is_some());
        drop(guards);
        assert!(in_flight.begin(1).is_some());
        assert!(in_flight.counts.lock().expect("no panic").is_empty());
    }
}
