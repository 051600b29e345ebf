//! How many requests a project may send in a second, and how many an address from which nobody calls who is known. Both
//! off unless configured.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

use crate::model::{Error, ProjectId, Result};

/// A rate per project, and one per address; or none.
pub struct Throttle {
    projects: Option<DefaultKeyedRateLimiter<ProjectId>>,
    strangers: Option<Strangers>,
}

/// Addresses from which calls without good credentials came.
struct Strangers {
    calls: DefaultKeyedRateLimiter<IpAddr>,
    /// Those that called too often. Nobody is asked about their calls for as long as they are told to wait.
    stopped: Cache<IpAddr, ()>,
    until_cleared: AtomicU32,
}

/// How long an address waits: what `Retry-After` says.
const PAUSE: Duration = Duration::from_secs(1);
/// How many addresses are stopped at a time, at most.
const STOPPED: u64 = 100_000;
/// After how many calls those addresses are forgotten that have been quiet.
const CLEARED_AFTER: u32 = 10_000;

impl Throttle {
    /// Both per second; 0 for no limit. `per_project`: requests with good credentials for a project.
    /// `unauthenticated_per_address`: requests without good credentials from an address.
    pub fn new(per_project: u32, unauthenticated_per_address: u32) -> Self {
        let quota = |rate| NonZeroU32::new(rate).map(Quota::per_second);
        let strangers = |quota| Strangers {
            calls: RateLimiter::keyed(quota),
            stopped: Cache::builder().max_capacity(STOPPED).time_to_live(PAUSE).build(),
            until_cleared: AtomicU32::new(CLEARED_AFTER),
        };
        Self {
            projects: quota(per_project).map(RateLimiter::keyed),
            strangers: quota(unauthenticated_per_address).map(strangers),
        }
    }

    /// Lets one request of this project pass.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) fn admit(&self, project: &ProjectId) -> Result<()> {
        match &self.projects {
            Some(limiter) => limiter.check_key(project).map_err(|_| Error::Throttled),
            None => Ok(()),
        }
    }

    /// Finds out who calls from an address, unless too many calls from there came of nobody.
    ///
    /// # Errors
    /// [`Error::Throttled`], and those of finding out.
    pub(super) async fn identify<T>(
        &self,
        from: Option<IpAddr>,
        find_out: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some((strangers, from)) = self.strangers.as_ref().zip(from.map(network)) else { return find_out.await };
        if strangers.stopped.contains_key(&from) {
            return Err(Error::Throttled);
        }
        let found = find_out.await;
        match found {
            Err(Error::NoCredentials | Error::UnknownCredentials | Error::ExpiredCredentials) => {
                strangers.called(from).and(found)
            }
            _ => found,
        }
    }
}

impl Strangers {
    fn called(&self, from: IpAddr) -> Result<()> {
        if self.until_cleared.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.until_cleared.store(CLEARED_AFTER, Ordering::Relaxed);
            self.calls.retain_recent();
        }
        self.calls.check_key(&from).map_err(|_| {
            self.stopped.insert(from, ());
            Error::Throttled
        })
    }
}

/// What one caller has of addresses: in IPv6 that is 64 bits of them.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Throttle, network};
    use crate::model::Error;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn addresses_that_one_caller_has_count_as_one() {
        assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff:2")));
        assert_ne!(network(ip("2001:db8::1")), network(ip("2001:db8:0:1::1")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[tokio::test]
    async fn whoever_is_known_counts_for_nothing() {
        let throttle = Throttle::new(0, 1);
        for _ in 0..10 {
            assert!(throttle.identify(Some(ip("192.0.2.1")), async { Ok(()) }).await.is_ok());
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_about_calls_from_where_too_many_came() {
        let throttle = Throttle::new(0, 1);
        let stranger =
            async |from| throttle.identify(Some(ip(from)), async { Err::<(), _>(Error::UnknownCredentials) }).await;
        assert!(matches!(stranger("192.0.2.1").await, Err(Error::UnknownCredentials)));
        assert!(matches!(stranger("192.0.2.1").await, Err(Error::Throttled)));
        let asked = throttle.identify(Some(ip("192.0.2.1")), async { unreachable!("it waits") as Result<(), Error> });
        assert!(matches!(asked.await, Err(Error::Throttled)));
        assert!(matches!(stranger("192.0.2.2").await, Err(Error::UnknownCredentials)), "others are not concerned");
        assert!(throttle.identify(None, async { Ok(()) }).await.is_ok());
    }
}
