//! Two hundred days with a Keystone that is cut off, slow, broken and back again, while tokens expire
//! and come back: no invalid token is accepted beyond its TTL, no caller waits longer than the
//! deadline, and all recovers once Keystone does. Runs on the runtime's own time, so that a day takes
//! milliseconds and each seed gives the same day again.

use std::{cell::RefCell, sync::Arc, time::Duration};

use fastrand::Rng;
use futures::future::join_all;
use tokio::time::{Instant, sleep};

use super::{
    Keystone, Settings,
    fake::{FakeKeystone, RuntimeClock, Weather, settings},
};
use crate::{clock::Clock, identity::Identity, model::Error, timestamp::Timestamp};

const SEEDS: usize = 200;
const CALLERS: usize = 8;
const CALLS: usize = 40;
/// The last is never good; the others are at the start, and end after an hour: before the day does.
const TOKENS: [&str; 5] = ["t0", "t1", "t2", "t3", "garbage"];
const CACHE_TTL: Duration = Duration::from_secs(60);
const DEADLINE: Duration = Duration::from_secs(3);

struct Day {
    clock: Arc<RuntimeClock>,
    fake: Arc<FakeKeystone>,
    keystone: Keystone,
    /// When each token last stopped being good; `None` while it is.
    bad_since: RefCell<[Option<Timestamp>; TOKENS.len()]>,
    ends: Timestamp,
}

#[test]
fn no_invalid_token_is_accepted_and_no_caller_waits_too_long() {
    let (mut welcomes, mut unavailable) = (0, 0);
    for seed in 0..SEEDS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let (welcomed, put_off) = runtime.expect("a runtime").block_on(day(seed));
        welcomes += welcomed;
        unavailable += put_off;
    }
    let calls = SEEDS * CALLERS * CALLS;
    println!("{calls} calls on {SEEDS} days: {welcomes} let in, {unavailable} put off");
    // Days on which all goes well, or nothing does, show nothing.
    assert!(
        welcomes > calls / 5 && unavailable > calls / 20,
        "{welcomes} let in, {unavailable} put off"
    );
}

/// How many calls were accepted, and how many unavailable.
async fn day(seed: usize) -> (usize, usize) {
    let clock = RuntimeClock::start();
    let fake = FakeKeystone::start(&clock);
    TOKENS[..4].iter().for_each(|token| fake.issues(token));
    let settings = Settings {
        cache_ttl: CACHE_TTL,
        deadline: DEADLINE,
        ..settings()
    };
    let keystone = Keystone::new(settings, "", fake.clone(), clock.clone());
    let ends = clock.after(Duration::from_secs(3600));
    let bad_since = RefCell::new([None, None, None, None, Some(clock.now())]);
    let day = Day {
        clock,
        fake,
        keystone,
        bad_since,
        ends,
    };
    // The callers come when the garbage has not been cached for long: as if it was never valid.
    sleep(CACHE_TTL + DEADLINE).await;
    let mut rng = Rng::with_seed(seed as u64);
    let callers = join_all((0..CALLERS).map(|_| day.calls(rng.fork(), seed)));
    let counts = tokio::select! {
        never = day.goes_wrong(rng.fork()) => match never {},
        counts = callers => counts,
    };
    day.ends_well(seed).await;
    assert_eq!(
        day.fake.state().most_pending,
        1,
        "seed {seed}: asked twice at once about one token"
    );
    counts
        .into_iter()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

impl Day {
    /// One caller, with this token and that, at times.
    async fn calls(&self, mut rng: Rng, seed: usize) -> (usize, usize) {
        let mut counts = (0, 0);
        for _ in 0..CALLS {
            sleep(Duration::from_millis(rng.u64(0..130_000))).await;
            let token = rng.usize(0..TOKENS.len());
            let called = Instant::now();
            let said = self.keystone.authenticate(TOKENS[token]).await;
            assert!(
                called.elapsed() <= DEADLINE + Duration::from_millis(1),
                "seed {seed}: {:?}",
                called.elapsed()
            );
            match said {
                Ok(_) => {
                    assert!(
                        self.may_be_let_in(token),
                        "seed {seed}: {} is let in",
                        TOKENS[token]
                    );
                    counts.0 += 1;
                }
                Err(Error::IdentityUnavailable(_)) => counts.1 += 1,
                Err(Error::ExpiredCredentials) => {
                    assert_ne!(TOKENS[token], "garbage", "seed {seed}: it was never good")
                }
                Err(_) => {}
            }
        }
        counts
    }

    /// It was good within the time for which it is cached, and has not reached its end.
    fn may_be_let_in(&self, token: usize) -> bool {
        let now = self.clock.now();
        let oldest = now.as_micros()
            - i64::try_from((CACHE_TTL + DEADLINE).as_micros()).expect("a short time");
        now < self.ends
            && self.bad_since.borrow()[token].is_none_or(|since| since.as_micros() >= oldest)
    }

    async fn goes_wrong(&self, mut rng: Rng) -> std::convert::Infallible {
        loop {
            sleep(Duration::from_millis(rng.u64(0..60_000))).await;
            match rng.u8(0..10) {
                0..6 => self.fake.state().weather = weather(&mut rng),
                6 => self.toggles(rng.usize(0..4)),
                7 => self.fake.state().own.clear(),
                8 => self.fake.state().account_trusted = false,
                _ => self.fake.state().account_good = false,
            }
            sleep(Duration::from_millis(rng.u64(0..60_000))).await;
            self.clears_up();
        }
    }

    fn clears_up(&self) {
        let mut state = self.fake.state();
        state.weather = Weather::Clear;
        (state.account_good, state.account_trusted) = (true, true);
    }

    fn toggles(&self, token: usize) {
        let mut bad_since = self.bad_since.borrow_mut();
        let callers = &mut self.fake.state().callers;
        match callers.remove(TOKENS[token]) {
            Some(_) => bad_since[token] = Some(self.clock.now()),
            None => {
                let holder = super::fake::Holder {
                    project: Some("known"),
                    ends: self.ends,
                };
                callers.insert(TOKENS[token].into(), holder);
                bad_since[token] = None;
            }
        }
    }

    async fn ends_well(&self, seed: usize) {
        self.clears_up();
        // By then refusals are forgotten, of tokens and of our account.
        sleep(Duration::from_secs(5)).await;
        self.fake.issues("new");
        assert!(
            self.keystone.authenticate("new").await.is_ok(),
            "seed {seed}: it does not recover"
        );
        assert!(
            matches!(
                self.keystone.authenticate("garbage").await,
                Err(Error::UnknownCredentials)
            ),
            "seed {seed}"
        );
    }
}

fn weather(rng: &mut Rng) -> Weather {
    match rng.u8(0..6) {
        0 => Weather::Refused,
        1 => Weather::Hung,
        2 => Weather::Answers(500, "{}"),
        3 => Weather::Answers(200, "<html>"),
        _ => Weather::Slow(Duration::from_millis(rng.u64(0..5_000))),
    }
}
