//! How many requests a project may send in a second. Off unless configured.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::model::{Error, ProjectId, Result};

/// A rate per project, or none.
pub struct Throttle(Option<DefaultKeyedRateLimiter<ProjectId>>);

impl Throttle {
    /// `requests_per_second`: per project; 0 for no limit.
    pub fn new(requests_per_second: u32) -> Self {
        Self(NonZeroU32::new(requests_per_second).map(|rate| RateLimiter::keyed(Quota::per_second(rate))))
    }

    /// Lets one request of this project pass.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) fn admit(&self, project: &ProjectId) -> Result<()> {
        match &self.0 {
            Some(limiter) => limiter.check_key(project).map_err(|_| Error::Throttled),
            None => Ok(()),
        }
    }
}
