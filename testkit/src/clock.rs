//! A clock that tests set.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use backup_share::{clock::Clock, timestamp::Timestamp};

/// 2020-02-05T10:38:34.209782, when every test server starts.
const START: i64 = 1_580_899_114_209_782;

/// Stands still until it is advanced.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Goes forward.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(
            i64::try_from(time.as_micros()).expect("a short time"),
            Ordering::SeqCst,
        );
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self(START.into())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("a time of this century")
    }
}
