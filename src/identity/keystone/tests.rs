//! What callers get for everything that Keystone can say, or fail to say.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::time::{Instant, advance};

use super::{
    Keystone, Settings,
    fake::{FakeKeystone, Holder, RuntimeClock, Weather, settings},
};
use crate::{
    clock::Clock,
    identity::Identity,
    model::{Error, ProjectId},
};

struct Fixture {
    clock: Arc<RuntimeClock>,
    fake: Arc<FakeKeystone>,
    keystone: Keystone,
}

impl Fixture {
    /// With a caller whose token is `good`.
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let clock = RuntimeClock::start();
        let fake = FakeKeystone::start(&clock);
        fake.issues("good");
        let keystone = Keystone::new(settings, "", fake.clone(), clock.clone());
        Self {
            clock,
            fake,
            keystone,
        }
    }

    /// In one word.
    async fn says(&self, token: &str) -> &'static str {
        word(self.keystone.authenticate(token).await)
    }

    async fn knows(&self, project: &str) -> Result<bool, &'static str> {
        let project: ProjectId = project.parse().expect("an id");
        self.keystone
            .knows_project(&project)
            .await
            .map_err(|error| word::<()>(Err(error)))
    }

    fn asked(&self, token: &str) -> usize {
        self.fake
            .state()
            .asked
            .get(token)
            .copied()
            .unwrap_or_default()
    }
}

fn word<T>(said: Result<T, Error>) -> &'static str {
    match said {
        Ok(_) => "welcome",
        Err(Error::UnknownCredentials) => "unknown",
        Err(Error::ExpiredCredentials) => "ended",
        Err(Error::IdentityUnavailable(_)) => "unavailable",
        Err(Error::Busy(_)) => "busy",
        Err(Error::Throttled) => "throttled",
        Err(_) => "something else",
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_good_token_is_somebody() {
    let test = Fixture::new();
    let caller = test.keystone.authenticate("good").await.expect("good");
    assert_eq!(
        (caller.user_name.as_str(), caller.project_id.as_str()),
        ("alice", "known")
    );
    assert_eq!(caller.roles, ["member"]);
    assert_eq!(caller.expires_at, Some(test.clock.after(3600 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_valid_token_is_cached_for_its_ttl_and_no_longer() {
    let test = Fixture::new();
    for _ in 0..5 {
        assert_eq!(test.says("good").await, "welcome");
    }
    assert_eq!(test.asked("good"), 1);
    test.fake.state().callers.clear();
    advance(299 * SECOND).await;
    assert_eq!(test.says("good").await, "welcome");
    advance(SECOND).await;
    assert_eq!((test.says("good").await, test.asked("good")), ("ended", 2));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_cached_where_that_is_off() {
    let test = Fixture::with(Settings {
        cache_ttl: Duration::ZERO,
        ..settings()
    });
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().callers.clear();
    assert_eq!((test.says("good").await, test.asked("good")), ("ended", 2));
}

#[tokio::test(start_paused = true)]
async fn a_token_expires_while_it_is_cached() {
    let test = Fixture::new();
    let ends = test.clock.after(10 * SECOND);
    test.fake.state().callers.insert(
        "short".into(),
        Holder {
            project: Some("known"),
            ends,
        },
    );
    assert_eq!(test.says("short").await, "welcome");
    advance(10 * SECOND).await;
    assert_eq!(
        (test.says("short").await, test.asked("short")),
        ("ended", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_cached_for_some_seconds() {
    let test = Fixture::new();
    assert_eq!(
        (test.says("garbage").await, test.says("garbage").await),
        ("unknown", "unknown")
    );
    assert_eq!(test.asked("garbage"), 1);
    advance(5 * SECOND).await;
    test.fake.issues("garbage");
    assert_eq!(
        (test.says("garbage").await, test.asked("garbage")),
        ("welcome", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_given_back_makes_the_same_token_good_again() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().callers.clear();
    advance(300 * SECOND).await;
    assert_eq!(test.says("good").await, "ended");
    test.fake.issues("good");
    advance(5 * SECOND).await;
    assert_eq!(test.says("good").await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_project_is_good_for_other_services() {
    let test = Fixture::new();
    let ends = test.clock.after(3600 * SECOND);
    test.fake.state().callers.insert(
        "unscoped".into(),
        Holder {
            project: None,
            ends,
        },
    );
    assert_eq!(test.says("unscoped").await, "unknown");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_service_token_is_replaced_once() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().own.clear();
    assert_eq!(test.says("other").await, "unknown");
    assert_eq!(test.fake.state().log_ins, 2);
    assert_eq!(
        test.asked("other"),
        2,
        "once with the old token, once with the new one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_never_refused_for_a_fault_of_the_service_account() {
    let test = Fixture::new();
    test.fake.state().account_trusted = false;
    assert_eq!(test.says("good").await, "unavailable");
    test.fake.state().account_good = false;
    test.fake.state().own.clear();
    assert_eq!(test.says("good").await, "unavailable");
    let tried = test.fake.state().log_ins;
    assert_eq!(
        (test.says("good").await, test.fake.state().log_ins),
        ("unavailable", tried),
        "accounts get locked"
    );
    test.fake.state().account_good = true;
    test.fake.state().account_trusted = true;
    advance(5 * SECOND).await;
    assert_eq!(test.says("good").await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn while_keystone_is_unavailable_only_cached_callers_are_let_in() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    test.fake.issues("newcomer");
    for (weather, most) in [
        (Weather::Refused, SECOND),
        (Weather::Hung, 3 * SECOND),
        (Weather::Slow(60 * SECOND), 3 * SECOND),
        (Weather::Answers(500, "{}"), Duration::ZERO),
        (Weather::Answers(302, ""), Duration::ZERO),
        (Weather::Answers(200, "{"), Duration::ZERO),
        (Weather::Answers(200, r#"{"token": {}}"#), Duration::ZERO),
    ] {
        test.fake.state().weather = weather;
        let asked = Instant::now();
        assert_eq!(
            (test.says("newcomer").await, test.says("good").await),
            ("unavailable", "welcome")
        );
        assert!(asked.elapsed() <= most, "{:?}", asked.elapsed());
        assert!(
            !test.keystone.is_reachable(),
            "a cached answer does not say that it is back"
        );
    }
    test.fake.state().weather = Weather::Clear;
    assert_eq!(
        test.says("newcomer").await,
        "welcome",
        "an error is not cached"
    );
    assert!(test.keystone.is_reachable());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_not_sent_is_retried_and_no_other() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    for (weather, times) in [(Weather::Refused, 3), (Weather::Answers(503, ""), 1)] {
        let before = test.fake.state().exchanges;
        test.fake.state().weather = weather;
        assert_eq!(test.says("other").await, "unavailable");
        assert_eq!(test.fake.state().exchanges - before, times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_at_once_make_one_call() {
    let test = Fixture::new();
    test.fake.state().weather = Weather::Slow(SECOND);
    let said = join_all((0..100).map(|_| test.says("good"))).await;
    assert!(said.iter().all(|&said| said == "welcome"));
    assert_eq!((test.asked("good"), test.fake.state().log_ins), (1, 1));
    let said = join_all((0..100).map(|_| test.says("garbage"))).await;
    assert!(said.iter().all(|&said| said == "unknown"));
    assert_eq!(test.asked("garbage"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_disconnects_does_not_hold_up_the_others() {
    let test = Fixture::new();
    test.fake.state().weather = Weather::Slow(SECOND);
    let gives_up = tokio::time::timeout(SECOND / 2, test.says("good"));
    let (given_up, stays) = tokio::join!(gives_up, test.says("good"));
    assert!(given_up.is_err());
    assert_eq!(stays, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_garbage_is_bounded_and_takes_no_permits_of_known_callers() {
    let test = Fixture::with(Settings {
        cache_ttl: SECOND,
        ..settings()
    });
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().weather = Weather::Slow(SECOND);
    let tokens: Vec<_> = (0..800).map(|n| format!("garbage-{n}")).collect();
    let flood = join_all(tokens.iter().map(|token| test.says(token)));
    let known = async {
        tokio::time::sleep(SECOND + SECOND / 10).await;
        let asked = Instant::now();
        (test.says("good").await, asked.elapsed())
    };
    let (flood, (known, waited)) = tokio::join!(flood, known);
    assert_eq!(
        (known, waited.as_millis()),
        ("welcome", 1000),
        "it is validated again, without a queue"
    );
    let count = |word| flood.iter().filter(|&&said| said == word).count();
    assert!(
        (48..=96).contains(&count("unknown")),
        "24 in each second of the deadline"
    );
    assert_eq!(count("unknown") + count("busy") + count("unavailable"), 800);
    let state = test.fake.state();
    assert!(
        state.most_under_way <= 32,
        "{} at once",
        state.most_under_way
    );
}

#[tokio::test(start_paused = true)]
async fn garbage_of_one_network_leaves_room_for_the_new_tokens_of_others() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().weather = Weather::Slow(SECOND);
    let from = |last| Some([192, 0, 2, last].into());
    let garbage: Vec<_> = (0..300).map(|n| format!("garbage-{n}")).collect();
    let new: Vec<_> = (0..8).map(|n| format!("new-{n}")).collect();
    new.iter().for_each(|token| test.fake.issues(token));
    let says = async |token, last| word(test.keystone.authenticate_from(token, from(last)).await);
    let flood = join_all(garbage.iter().map(|token| says(token, 1)));
    let (flood, new) = tokio::join!(flood, join_all(new.iter().map(|token| says(token, 2))));
    assert!(new.iter().all(|&said| said == "welcome"), "{new:?}");
    let count = |word| flood.iter().filter(|&&said| said == word).count();
    assert_eq!((count("unknown"), count("throttled")), (64, 300 - 64));
    assert_eq!(
        says("garbage", 1).await,
        "unknown",
        "permits are free again after the response"
    );
    let left: Vec<_> = (0..64).map(|n| format!("left-{n}")).collect();
    let leaving = left
        .iter()
        .map(|token| tokio::time::timeout(SECOND / 100, says(token, 1)));
    assert!(join_all(leaving).await.iter().all(Result::is_err));
    let more: Vec<_> = (0..64).map(|n| format!("more-{n}")).collect();
    let said = join_all(more.iter().map(|token| says(token, 1))).await;
    let throttled = said.iter().filter(|&&said| said == "throttled").count();
    assert_eq!(
        throttled, 24,
        "as many calls of callers that left are still in flight"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_disconnects_leaves_the_queue_and_its_call_keeps_the_permit() {
    let test = Fixture::new();
    assert_eq!(test.says("good").await, "welcome");
    test.fake.state().weather = Weather::Slow(2 * SECOND);
    for n in 0..1000 {
        let token = format!("garbage-{n}");
        let left = tokio::time::timeout(Duration::from_millis(2), test.says(&token)).await;
        assert!(left.is_err() || left == Ok("busy"));
    }
    let asked = test.fake.state().asked.len();
    assert!(
        asked <= 60 && test.fake.state().most_under_way <= 32,
        "asked {asked} times"
    );
    test.fake.state().weather = Weather::Clear;
    test.fake.issues("newcomer");
    let asked = Instant::now();
    assert_eq!(test.says("newcomer").await, "welcome");
    assert!(
        asked.elapsed() <= 2 * SECOND,
        "callers that left are not in the queue"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_needed_only_about_what_is_not_cached_and_could_be_a_token() {
    let test = Fixture::new();
    assert!(test.keystone.asks_about("good").await);
    test.says("good").await;
    assert!(!test.keystone.asks_about("good").await);
    for no_token in ["a b", "caf\u{e9}", "<script>", "a,b"] {
        assert!(!test.keystone.asks_about(no_token).await);
        assert_eq!(
            (test.says(no_token).await, test.asked(no_token)),
            ("unknown", 0)
        );
    }
    for token in ["gAAAAABl_x-Y=", "eyJ.eyJ.sig", "MIIDkgYJ+0/w=="] {
        assert!(test.keystone.asks_about(token).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_valid_once_is_not_new_when_its_entry_has_expired() {
    let test = Fixture::with(Settings {
        cache_ttl: Duration::ZERO,
        ..settings()
    });
    assert_eq!(
        (test.says("good").await, test.says("garbage").await),
        ("welcome", "unknown")
    );
    assert!(
        !test.keystone.asks_about("good").await,
        "its entry expired at once"
    );
    advance(5 * SECOND).await;
    assert!(
        test.keystone.asks_about("garbage").await,
        "what was never valid is new again"
    );
    test.fake.state().callers.clear();
    assert_eq!(test.says("good").await, "ended");
    advance(60 * SECOND).await;
    assert!(!test.keystone.asks_about("good").await);
}

#[tokio::test(start_paused = true)]
async fn the_service_token_is_renewed_ahead_of_its_expiry() {
    let test = Fixture::with(Settings {
        cache_ttl: Duration::ZERO,
        ..settings()
    });
    test.says("good").await;
    advance(3479 * SECOND).await;
    test.says("good").await;
    assert_eq!(test.fake.state().log_ins, 1);
    advance(SECOND).await;
    test.says("good").await;
    assert_eq!(test.fake.state().log_ins, 2, "120 seconds ahead");
}

#[tokio::test(start_paused = true)]
async fn a_service_token_that_cannot_be_renewed_is_used_until_it_expires() {
    let test = Fixture::new();
    test.says("good").await;
    test.fake.state().account_good = false;
    advance(3500 * SECOND).await;
    let ends = test.clock.after(3600 * SECOND);
    test.fake.state().callers.insert(
        "late".into(),
        Holder {
            project: Some("known"),
            ends,
        },
    );
    assert_eq!(test.says("late").await, "welcome");
    advance(100 * SECOND).await;
    assert_eq!(test.says("later").await, "unavailable");
}

#[tokio::test(start_paused = true)]
async fn without_an_account_a_token_validates_itself() {
    let test = Fixture::with(Settings {
        credentials: None,
        ..settings()
    });
    assert_eq!(
        (test.says("good").await, test.says("garbage").await),
        ("welcome", "unknown")
    );
    assert_eq!(test.fake.state().log_ins, 0);
    assert_eq!(
        test.knows("unheard-of").await,
        Ok(true),
        "it cannot be looked up"
    );
}

#[tokio::test(start_paused = true)]
async fn projects_are_looked_up_where_the_settings_say_so() {
    let test = Fixture::new();
    for _ in 0..2 {
        assert_eq!(test.knows("known").await, Ok(true));
        assert_eq!(test.knows("unheard-of").await, Ok(false));
        assert_eq!(test.knows("disabled").await, Ok(false));
    }
    assert_eq!(
        test.fake.state().exchanges,
        4,
        "a log-in, and each of them once"
    );
    test.fake.state().account_trusted = false;
    assert_eq!(
        test.knows("another").await,
        Err("unavailable"),
        "an error is not an unknown project"
    );
    let unchecked = Fixture::with(Settings {
        check_projects: false,
        ..settings()
    });
    assert_eq!(
        (
            unchecked.knows("unheard-of").await,
            unchecked.fake.state().exchanges
        ),
        (Ok(true), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn callers_are_sent_to_keystone_for_a_token() {
    let test = Fixture::new();
    assert_eq!(test.keystone.address(), "http://keystone.test:5000/v3");
    let elsewhere = Keystone::new(
        settings(),
        "https://login.test/v3",
        test.fake.clone(),
        test.clock.clone(),
    );
    assert_eq!(elsewhere.address(), "https://login.test/v3");
}

#[test]
fn settings_show_no_secret() {
    assert!(!format!("{:?}", settings()).contains("secret: \"secret\""));
    assert!(format!("{:?}", settings()).contains("REDACTED"));
}
