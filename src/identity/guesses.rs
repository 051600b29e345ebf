//! Rate limits of password guesses: in all from an address, for a user from an address, and for a
//! user from anywhere. Beyond the first two a guess is refused; beyond the last it is only delayed,
//! because guesses must not lock their user out.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Duration,
};

use tokio::{sync::Semaphore, time::sleep};

use super::in_flight::{InFlight, InFlightGuard};
use crate::{
    model::{Error, Result},
    quota::Quotas,
};

/// The time that the limits are about.
const MINUTE: Duration = Duration::from_secs(60);
/// How many wrong passwords a minute cause no delay, where there is no limit per user and address.
const UNDELAYED: u32 = 10;
/// How much each further one adds, and how many of them count: 2 seconds in all.
const DELAY: Duration = Duration::from_millis(50);
const DELAYING: u32 = 40;
/// How many logins are delayed at a time: beyond, they are not, because the delay must not lock a
/// user out either.
const DELAYED_AT_ONCE: usize = 256;
/// How many of them may come from one address, so that a few addresses do not use all permits.
const DELAYED_OF_ADDRESS: usize = 2;
/// How many logins of an address are in flight at a time, so that those of one address do not fill
/// the queue.
const IN_FLIGHT_OF_ADDRESS: usize = 50;

/// The counts. Names are as long as their sender likes: the keys are hashes.
pub(super) struct Guesses {
    of_address: Option<Quotas<u64>>,
    of_user_and_address: Option<Quotas<u64>>,
    of_user: Option<Quotas<u64>>,
    undelayed: f64,
    delayed: Semaphore,
    delayed_of_address: InFlight,
    in_flight: InFlight,
    /// Seeded at random, so that callers cannot make hashes collide.
    hasher: RandomState,
}

/// A password guess, as it is counted. To be dropped with its response.
pub(super) struct Guess {
    _in_flight: Option<InFlightGuard>,
    /// Without an address there is none of the limits that are about one.
    address: Option<u64>,
    user_and_address: Option<u64>,
    user: u64,
    /// Whether it is counted by the limits already.
    reserved: bool,
}

impl Guesses {
    /// Both limits are per minute; 0 for no limit.
    pub(super) fn new(per_address: u32, per_user_and_address: u32) -> Self {
        let undelayed = if per_user_and_address == 0 {
            UNDELAYED
        } else {
            per_user_and_address
        };
        let counted = undelayed.saturating_add(DELAYING);
        // So that as many come back in a minute as cause no delay.
        let period = MINUTE.mul_f64(f64::from(counted) / f64::from(undelayed));
        Self {
            of_address: Quotas::new(per_address, MINUTE),
            of_user_and_address: Quotas::new(per_user_and_address, MINUTE),
            of_user: Quotas::new(counted, period),
            undelayed: f64::from(undelayed),
            delayed: Semaphore::new(DELAYED_AT_ONCE),
            delayed_of_address: InFlight::new(DELAYED_OF_ADDRESS),
            in_flight: InFlight::new(IN_FLIGHT_OF_ADDRESS),
            hasher: RandomState::new(),
        }
    }

    /// Admits a guess, after its delay. A delayed one is counted by the limits beforehand.
    ///
    /// # Errors
    /// [`Error::TooManyGuesses`]; [`Error::Throttled`] where too many of the address are in flight.
    pub(super) async fn admit(&self, user: &str, address: Option<IpAddr>) -> Result<Guess> {
        let of_address = address.map(|address| self.hasher.hash_one(address));
        let in_flight =
            of_address.map(|address| self.in_flight.begin(address).ok_or(Error::Throttled));
        let mut guess = Guess {
            _in_flight: in_flight.transpose()?,
            address: of_address,
            user_and_address: address.map(|address| self.hasher.hash_one((user, address))),
            user: self.hasher.hash_one(user),
            reserved: false,
        };
        if let Some((quotas, key)) = self
            .limits(&guess)
            .find(|(quotas, key)| quotas.is_spent(key))
        {
            return Err(too_many(quotas, key));
        }
        self.delay(&mut guess).await?;
        Ok(guess)
    }

    /// Waits for something before the guess is [counted](Self::count). One whose caller disconnects
    /// meanwhile counts for its address: else a few addresses could fill every queue, again and
    /// again.
    pub(super) async fn waiting<T>(&self, guess: &Guess, wait: impl Future<Output = T>) -> T {
        let uncounted = guess.address.filter(|_| !guess.reserved);
        let mut disconnected = CountOnDrop(self.of_address.as_ref().zip(uncounted));
        let waited = wait.await;
        disconnected.0 = None;
        waited
    }

    /// Counts a guess, right before the password is hashed.
    ///
    /// # Errors
    /// [`Error::TooManyGuesses`]: it must not be hashed.
    pub(super) fn count(&self, guess: &Guess) -> Result<()> {
        if !guess.reserved {
            self.reserve(guess)?;
        }
        if let Some(quotas) = &self.of_user {
            quotas.take(&guess.user);
        }
        Ok(())
    }

    /// The guess was not [counted](Self::count), for no fault of its caller: its reservation ends.
    pub(super) fn release(&self, guess: &Guess) {
        if guess.reserved {
            self.limits(guess)
                .for_each(|(quotas, key)| quotas.give_back(&key));
        }
    }

    fn reserve(&self, guess: &Guess) -> Result<()> {
        for (at, (quotas, key)) in self.limits(guess).enumerate() {
            if !quotas.take(&key) {
                self.limits(guess)
                    .take(at)
                    .for_each(|(quotas, key)| quotas.give_back(&key));
                return Err(too_many(quotas, key));
            }
        }
        Ok(())
    }

    /// The guess was right: it does not count.
    pub(super) fn give_back(&self, guess: &Guess) {
        self.limits(guess)
            .for_each(|(quotas, key)| quotas.give_back(&key));
        if let Some(quotas) = &self.of_user {
            quotas.give_back(&guess.user);
        }
    }

    /// The limits beyond which a guess is refused.
    fn limits(&self, guess: &Guess) -> impl Iterator<Item = (&Quotas<u64>, u64)> {
        let address = self.of_address.as_ref().zip(guess.address);
        address.into_iter().chain(
            self.of_user_and_address
                .as_ref()
                .zip(guess.user_and_address),
        )
    }

    /// Delays the guess. It is counted first: else one address could hold every permit with guesses
    /// that it has no quota for.
    async fn delay(&self, guess: &mut Guess) -> Result<()> {
        let used = self
            .of_user
            .as_ref()
            .map_or(0.0, |quotas| quotas.used(&guess.user));
        if used <= self.undelayed {
            return Ok(());
        }
        let of_address = guess.address.map(|address| {
            self.delayed_of_address
                .begin(address)
                .ok_or(Error::Throttled)
        });
        let _of_address = of_address.transpose()?;
        self.reserve(guess)?;
        guess.reserved = true;
        if let Ok(_permit) = self.delayed.try_acquire() {
            sleep(DELAY.mul_f64(used - self.undelayed)).await;
        }
        Ok(())
    }
}

fn too_many(quotas: &Quotas<u64>, key: u64) -> Error {
    Error::TooManyGuesses {
        seconds: quotas.seconds_to_next(&key),
    }
}

/// Counts where the caller disconnects: when it is dropped with a quota.
struct CountOnDrop<'a>(Option<(&'a Quotas<u64>, u64)>);

impl Drop for CountOnDrop<'_> {
    fn drop(&mut self) {
        if let Some((quotas, key)) = self.0 {
            quotas.take(&key);
        }
    }
}

#[cfg(test)]
mod tests;
