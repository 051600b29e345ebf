//! Rate limits, as token buckets: of requests by project, and of unauthenticated requests (without
//! good credentials) by address. Both off unless configured. A caller whose credentials are known
//! to be good is never blocked by what else comes from its address.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::{
    model::{Error, ProjectId, Result},
    quota::Quotas,
};

/// The period of both rates.
const SECOND: Duration = Duration::from_secs(1);

/// A rate limit per project, and one per address; or none.
pub struct Throttle {
    projects: Option<DefaultKeyedRateLimiter<ProjectId>>,
    unauthenticated: Option<Quotas<IpAddr>>,
}

impl Throttle {
    /// Both per second; 0 for no limit. `per_project`: authenticated requests of a project.
    /// `unauthenticated_per_address`: requests without good credentials from an address.
    pub fn new(per_project: u32, unauthenticated_per_address: u32) -> Self {
        Self {
            projects: NonZeroU32::new(per_project)
                .map(Quota::per_second)
                .map(RateLimiter::keyed),
            unauthenticated: Quotas::new(unauthenticated_per_address, SECOND),
        }
    }

    /// Takes one request of this project from its bucket.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) fn admit(&self, project: &ProjectId) -> Result<()> {
        match &self.projects {
            Some(limiter) => limiter.check_key(project).map_err(|_| Error::Throttled),
            None => Ok(()),
        }
    }

    /// Authenticates a caller from an address by a look-up, which is cheap: it is always done.
    /// Credentials that are not good count against the rate limit.
    ///
    /// # Errors
    /// [`Error::Throttled`], and those of the look-up.
    pub(super) async fn look_up<T>(
        &self,
        from: Option<IpAddr>,
        authentication: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let found = authentication.await;
        match self.of(from) {
            Some((quotas, from)) if is_refusal(&found) && !quotas.take(&from) => {
                Err(Error::Throttled)
            }
            _ => found,
        }
    }

    /// Authenticates a caller from an address at a cost, such as a hash or a request to another
    /// service: over the rate limit it is not begun. Where the credentials are good, or could not be
    /// judged, it does not count.
    ///
    /// # Errors
    /// [`Error::Throttled`], and those of the authentication.
    pub(super) async fn authenticate_at_cost<T>(
        &self,
        from: Option<IpAddr>,
        authentication: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some((quotas, from)) = self.of(from) else {
            return authentication.await;
        };
        if !quotas.take(&from) {
            return Err(Error::Throttled);
        }
        let found = authentication.await;
        if !is_refusal(&found) {
            quotas.give_back(&from);
        }
        found
    }

    /// Whether unauthenticated requests have a rate limit.
    pub(super) fn limits_unauthenticated(&self) -> bool {
        self.unauthenticated.is_some()
    }

    fn of(&self, from: Option<IpAddr>) -> Option<(&Quotas<IpAddr>, IpAddr)> {
        self.unauthenticated.as_ref().zip(from.map(network))
    }
}

fn is_refusal<T>(found: &Result<T>) -> bool {
    let refused = |error: &Error| {
        matches!(
            error,
            Error::NoCredentials | Error::UnknownCredentials | Error::ExpiredCredentials
        )
    };
    found.as_ref().is_err_and(refused)
}

/// The network that counts as one caller: an IPv4 address, or a /64 of IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use tokio::time::{Duration, advance};

    use super::{Throttle, network};
    use crate::model::{Error, Result};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    const HOME: &str = "192.0.2.1";

    async fn garbage() -> Result<()> {
        Err(Error::UnknownCredentials)
    }

    #[test]
    fn addresses_that_one_caller_has_count_as_one() {
        assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff:2")));
        assert_ne!(network(ip("2001:db8::1")), network(ip("2001:db8:0:1::1")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[tokio::test(start_paused = true)]
    async fn good_credentials_pass_in_the_midst_of_garbage_from_the_same_address() {
        let throttle = Throttle::new(0, 5);
        let (mut garbage_refused, mut throttled) = (0, 0);
        for _ in 0..60 {
            match throttle.look_up(Some(ip(HOME)), garbage()).await {
                Err(Error::Throttled) => throttled += 1,
                _ => garbage_refused += 1,
            }
            assert!(
                throttle
                    .look_up(Some(ip(HOME)), async { Ok(()) })
                    .await
                    .is_ok()
            );
            advance(Duration::from_millis(1000 / 12)).await;
        }
        assert!(
            (25..=32).contains(&garbage_refused) && throttled >= 28,
            "{garbage_refused} {throttled}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_not_begun_beyond_the_rate() {
        let throttle = Throttle::new(0, 1);
        let from = Some(ip(HOME));
        for _ in 0..10 {
            assert!(
                throttle
                    .authenticate_at_cost(from, async { Ok(()) })
                    .await
                    .is_ok(),
                "good credentials do not count"
            );
        }
        assert!(matches!(
            throttle.authenticate_at_cost(from, garbage()).await,
            Err(Error::UnknownCredentials)
        ));
        let begun = throttle.authenticate_at_cost(from, async {
            unreachable!("beyond the rate") as Result<()>
        });
        assert!(matches!(begun.await, Err(Error::Throttled)));
        assert!(matches!(
            throttle
                .authenticate_at_cost(Some(ip("192.0.2.2")), garbage())
                .await,
            Err(Error::UnknownCredentials)
        ));
        assert!(
            throttle
                .authenticate_at_cost(None, async { Ok(()) })
                .await
                .is_ok()
        );
        advance(Duration::from_secs(1)).await;
        assert!(
            throttle
                .authenticate_at_cost(from, async { Ok(()) })
                .await
                .is_ok()
        );
    }
}
