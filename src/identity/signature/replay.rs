//! A replay cache: which signatures have been used, so that an intercepted request cannot be sent
//! again. Per access key, and bounded; knows nothing of requests, and holds only what was verified.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use super::{Signature, TOLERANCE};
use crate::model::{Error, Result};

/// The times of signatures have whole seconds: equal requests of one client within a second carry
/// the same signature, and all of them are meant. So long after the first of them, another one is a
/// replay.
const GRACE_PERIOD: Duration = Duration::from_secs(2);
/// A signature of which the time lies as far ahead as it may verifies for twice the tolerance.
const WINDOW: Duration = TOLERANCE.saturating_mul(2);
/// Signatures are dropped by segments of this length.
const SEGMENT: Duration = Duration::from_secs(5 * 60);
/// The rate limit of new signatures of one key: with it, the memory for a key is bounded.
const PER_SECOND: u32 = 1_000;
/// How often those of idle keys are dropped.
const SWEEP: Duration = Duration::from_secs(60);

/// The start of a signature. No two of the two million that a key may have in the window are alike
/// but once in 10⁷ keys, and they cannot be chosen without a key.
type SignatureId = [u8; 8];
/// Milliseconds since the start of a segment, in bytes so that a table has no padding.
type Offset = [u8; 4];

/// Signatures that were used, by key.
pub struct ReplayCache(Mutex<HashMap<String, Arc<Mutex<Arrivals>>>>);

impl ReplayCache {
    /// Drops old signatures in a background task where there is a runtime; else when the key is used
    /// again.
    pub fn new() -> Arc<Self> {
        let cache = Arc::new(Self(Mutex::default()));
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(sweep(Arc::downgrade(&cache)));
        }
        cache
    }

    /// Admits a verified signature of a key, the first time and shortly after.
    ///
    /// # Errors
    /// [`Error::SignatureUsed`], and [`Error::Throttled`] where the key has too many.
    pub fn admit(&self, access: &str, signature: &Signature) -> Result<()> {
        let arrivals = self.of(access);
        locked(&arrivals).admit(id(signature), Instant::now())
    }

    fn of(&self, access: &str) -> Arc<Mutex<Arrivals>> {
        let mut keys = locked(&self.0);
        if let Some(arrivals) = keys.get(access) {
            return Arc::clone(arrivals);
        }
        Arc::clone(
            keys.entry(access.to_owned())
                .or_insert_with(|| Arc::new(Mutex::new(Arrivals::new(Instant::now())))),
        )
    }

    /// Drops what does not verify any more.
    fn drop_old(&self, now: Instant) {
        let mut keys = locked(&self.0);
        // One that is being used has an owner beside the table, and stays.
        keys.retain(|_, arrivals| {
            Arc::strong_count(arrivals) > 1 || locked(arrivals).drop_old(now) > 0
        });
    }
}

async fn sweep(cache: Weak<ReplayCache>) {
    loop {
        sleep(SWEEP).await;
        match cache.upgrade() {
            Some(cache) => cache.drop_old(Instant::now()),
            None => break,
        }
    }
}

/// Signatures of one key.
struct Arrivals {
    /// By time, the oldest first.
    segments: VecDeque<Segment>,
    /// The second that is counted, and how many new ones came in it.
    second: Instant,
    in_second: u32,
}

struct Segment {
    began: Instant,
    arrivals: HashMap<SignatureId, Offset>,
}

impl Arrivals {
    fn new(now: Instant) -> Self {
        Self {
            segments: VecDeque::new(),
            second: now,
            in_second: 0,
        }
    }

    fn admit(&mut self, id: SignatureId, now: Instant) -> Result<()> {
        self.drop_old(now);
        match self.first_arrival(&id) {
            Some(first) if now.saturating_duration_since(first) <= GRACE_PERIOD => Ok(()),
            Some(_) => Err(Error::SignatureUsed),
            None => {
                self.count(now)?;
                self.insert(id, now);
                Ok(())
            }
        }
    }

    fn first_arrival(&self, id: &SignatureId) -> Option<Instant> {
        self.segments.iter().rev().find_map(|segment| {
            let offset = segment.arrivals.get(id)?;
            Some(segment.began + Duration::from_millis(u32::from_ne_bytes(*offset).into()))
        })
    }

    fn count(&mut self, now: Instant) -> Result<()> {
        if now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.in_second) = (now, 0);
        }
        if self.in_second >= PER_SECOND {
            return Err(Error::Throttled);
        }
        self.in_second += 1;
        Ok(())
    }

    fn insert(&mut self, id: SignatureId, now: Instant) {
        if self
            .segments
            .back()
            .is_none_or(|last| now.saturating_duration_since(last.began) >= SEGMENT)
        {
            self.segments.push_back(Segment {
                began: now,
                arrivals: HashMap::new(),
            });
        }
        if let Some(segment) = self.segments.back_mut() {
            let offset = now.saturating_duration_since(segment.began).as_millis();
            segment
                .arrivals
                .insert(id, u32::try_from(offset).unwrap_or(u32::MAX).to_ne_bytes());
        }
    }

    /// How many segments are left.
    fn drop_old(&mut self, now: Instant) -> usize {
        let old =
            |segment: &Segment| now.saturating_duration_since(segment.began) >= WINDOW + SEGMENT;
        while self.segments.front().is_some_and(old) {
            self.segments.pop_front();
        }
        self.segments.len()
    }
}

fn id(signature: &Signature) -> SignatureId {
    let mut id = SignatureId::default();
    id.copy_from_slice(&signature[..size_of::<SignatureId>()]);
    id
}

/// Nothing here is left half done by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
