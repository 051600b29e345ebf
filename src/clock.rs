//! The present, passed in wherever it matters, so that tests can set it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present, to the microsecond.
    fn now(&self) -> Timestamp;

    /// The present plus a duration; the end of time where that is beyond it.
    fn after(&self, duration: Duration) -> Timestamp {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.now().as_micros().saturating_add(micros))
            .unwrap_or(Timestamp::MAX)
    }

    /// The present less a duration; the present where there is no such moment.
    fn before(&self, duration: Duration) -> Timestamp {
        let (now, micros) = (
            self.now(),
            i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
        );
        Timestamp::from_micros(now.as_micros().saturating_sub(micros)).unwrap_or(now)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "only this reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX)
    }
}
