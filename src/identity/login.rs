//! Passwords of logins: which of them are hashed, how many at a time, and in which memory. Whose a
//! password is, and what a matching one permits, is not known here.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use tokio::{sync::OwnedSemaphorePermit, task::JoinSet};

use super::{
    guesses::{Guess, Guesses},
    password::{self, Argon2Memory},
    permits::Permits,
};
use crate::model::{Error, Result};

/// How many passwords are hashed at a time; each takes 19 MiB and some milliseconds of a core.
const PASSWORDS_AT_ONCE: usize = 2;
/// How many logins wait for that, and for how long: about as many as two cores hash in that time.
const QUEUE: usize = 200;
const WAIT: Duration = Duration::from_secs(2);

/// Limits of the work that logins cause.
pub(super) struct Logins {
    permits: Permits,
    /// Memory that no hash is using: one for each permit at most.
    memory: Arc<Mutex<Vec<Argon2Memory>>>,
    guesses: Guesses,
}

impl Logins {
    /// With limits of wrong passwords a minute, per address, and per user and address; 0 for no
    /// limit.
    pub(super) fn new(per_address: u32, per_user_and_address: u32) -> Self {
        Self {
            permits: Permits::new(PASSWORDS_AT_ONCE, QUEUE, WAIT),
            memory: Arc::default(),
            guesses: Guesses::new(per_address, per_user_and_address),
        }
    }

    /// Admits a login, unless too many have failed.
    ///
    /// # Errors
    /// [`Error::TooManyGuesses`], [`Error::Throttled`].
    pub(super) async fn admit(&self, user: &str, address: Option<IpAddr>) -> Result<Guess> {
        self.guesses.admit(user, address).await
    }

    /// Whether this is the password that was hashed. Counts as a failed login until it is said to
    /// have [succeeded](Self::succeeded), also where its caller disconnects before.
    ///
    /// # Errors
    /// [`Error::TooManyGuesses`], [`Error::Busy`]: it was not checked.
    pub(super) async fn matches(
        &self,
        guess: &Guess,
        password: SecretString,
        hash: SecretString,
    ) -> Result<bool> {
        let permit = self.guesses.waiting(guess, self.permits.acquire()).await;
        let permit = permit
            .inspect_err(|_| self.guesses.release(guess))
            .map_err(|_| Error::Busy("logins"))?;
        self.guesses.count(guess)?;
        let mut job = HashJob::with(permit, &self.memory);
        // A set, because it aborts what has not begun when it is dropped. What has begun keeps its
        // permit to its end.
        let mut hashing = JoinSet::new();
        hashing.spawn_blocking(move || password::matches_in(&mut job.memory, &password, &hash));
        match hashing.join_next().await {
            Some(matches) => matches.map_err(Error::store),
            None => Ok(false),
        }
    }

    /// The login could not be judged: its password was not checked.
    pub(super) fn not_judged(&self, guess: &Guess) {
        self.guesses.release(guess);
    }

    /// The login does not count as a failed one.
    pub(super) fn succeeded(&self, guess: &Guess) {
        self.guesses.give_back(guess);
    }
}

/// What one hash needs: memory, and the permit, which is released after the memory.
struct HashJob {
    memory: Argon2Memory,
    unused: Arc<Mutex<Vec<Argon2Memory>>>,
    _permit: OwnedSemaphorePermit,
}

impl HashJob {
    fn with(permit: OwnedSemaphorePermit, unused: &Arc<Mutex<Vec<Argon2Memory>>>) -> Self {
        let memory = unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            memory: memory.unwrap_or_default(),
            unused: Arc::clone(unused),
            _permit: permit,
        }
    }
}

impl Drop for HashJob {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.unused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(memory);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use futures::future::join_all;
    use secrecy::SecretString;
    use tokio::time::timeout;

    use super::{Logins, QUEUE};
    use crate::{identity::password, model::Error};

    fn hashed() -> SecretString {
        password::hash(&"secret".into()).expect("a hash")
    }

    #[tokio::test]
    async fn memory_is_that_of_the_permits_however_many_log_in() {
        let (logins, hash) = (Logins::new(0, 0), hashed());
        let login = async |password: &str| {
            let guess = logins.admit("alice", None).await?;
            logins.matches(&guess, password.into(), hash.clone()).await
        };
        let said = join_all((0..20).map(|n| login(if n == 7 { "secret" } else { "wrong" }))).await;
        assert_eq!(
            said.iter().filter(|said| matches!(said, Ok(true))).count(),
            1
        );
        assert_eq!(logins.memory.lock().expect("no panic").len(), 2);
    }

    #[tokio::test]
    async fn a_login_keeps_its_permit_when_its_caller_disconnects_and_queued_ones_leave() {
        let (logins, hash) = (Logins::new(0, 0), hashed());
        let guess = logins.admit("alice", None).await.expect("no limit");
        let start = Instant::now();
        for _ in 0..200 {
            let left = logins.matches(&guess, "wrong".into(), hash.clone());
            assert!(
                timeout(Duration::from_micros(50), left).await.is_err()
                    || start.elapsed().as_millis() > 5
            );
        }
        assert!(
            logins
                .matches(&guess, "secret".into(), hash)
                .await
                .expect("its turn comes")
        );
        // One, where the machine ran no two hashes at the same time.
        assert!((1..=2).contains(&logins.memory.lock().expect("no panic").len()));
    }

    #[tokio::test]
    async fn a_queue_that_is_full_is_said_to_be_so() {
        let (logins, hash) = (Logins::new(0, 0), hashed());
        let guess = logins.admit("alice", None).await.expect("no limit");
        let said =
            join_all((0..QUEUE + 10).map(|_| logins.matches(&guess, "wrong".into(), hash.clone())))
                .await;
        assert!(
            said.iter()
                .filter(|said| matches!(said, Err(Error::Busy(_))))
                .count()
                >= 8
        );
    }

    #[tokio::test]
    async fn no_more_passwords_are_hashed_at_once_than_there_is_quota_for() {
        let (logins, hash) = (Logins::new(0, 5), hashed());
        let address = Some([192, 0, 2, 1].into());
        let login = async |password: &str| {
            let guess = logins.admit("alice", address).await?;
            logins.matches(&guess, password.into(), hash.clone()).await
        };
        let said = join_all((0..50).map(|n| login(if n == 40 { "secret" } else { "wrong" }))).await;
        assert_eq!(
            said.iter().filter(|said| matches!(said, Ok(false))).count(),
            5
        );
        assert!(
            matches!(said[40], Err(Error::TooManyGuesses { .. })),
            "a right one beyond the quota gets nowhere"
        );
    }
}
