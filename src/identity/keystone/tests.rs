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

struct House {
    clock: Arc<RuntimeClock>,
    fake: Arc<FakeKeystone>,
    keystone: Keystone,
}

impl House {
    /// With a caller whose token is `good`.
    fn open() -> Self {
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
    let house = House::open();
    let caller = house.keystone.authenticate("good").await.expect("good");
    assert_eq!(
        (caller.user_name.as_str(), caller.project_id.as_str()),
        ("alice", "known")
    );
    assert_eq!(caller.roles, ["member"]);
    assert_eq!(caller.expires_at, Some(house.clock.after(3600 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_good_answer_is_believed_for_its_time_and_no_longer() {
    let house = House::open();
    for _ in 0..5 {
        assert_eq!(house.says("good").await, "welcome");
    }
    assert_eq!(house.asked("good"), 1);
    house.fake.state().callers.clear();
    advance(299 * SECOND).await;
    assert_eq!(house.says("good").await, "welcome");
    advance(SECOND).await;
    assert_eq!(
        (house.says("good").await, house.asked("good")),
        ("ended", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_believed_where_that_is_off() {
    let house = House::with(Settings {
        believed: Duration::ZERO,
        ..settings()
    });
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().callers.clear();
    assert_eq!(
        (house.says("good").await, house.asked("good")),
        ("ended", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_while_it_is_remembered() {
    let house = House::open();
    let ends = house.clock.after(10 * SECOND);
    house.fake.state().callers.insert(
        "short".into(),
        Holder {
            project: Some("known"),
            ends,
        },
    );
    assert_eq!(house.says("short").await, "welcome");
    advance(10 * SECOND).await;
    assert_eq!(
        (house.says("short").await, house.asked("short")),
        ("ended", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_believed_for_some_seconds() {
    let house = House::open();
    assert_eq!(
        (house.says("garbage").await, house.says("garbage").await),
        ("unknown", "unknown")
    );
    assert_eq!(house.asked("garbage"), 1);
    advance(5 * SECOND).await;
    house.fake.issues("garbage");
    assert_eq!(
        (house.says("garbage").await, house.asked("garbage")),
        ("welcome", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_given_back_makes_the_same_token_good_again() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().callers.clear();
    advance(300 * SECOND).await;
    assert_eq!(house.says("good").await, "ended");
    house.fake.issues("good");
    advance(5 * SECOND).await;
    assert_eq!(house.says("good").await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_project_is_good_for_other_services() {
    let house = House::open();
    let ends = house.clock.after(3600 * SECOND);
    house.fake.state().callers.insert(
        "unscoped".into(),
        Holder {
            project: None,
            ends,
        },
    );
    assert_eq!(house.says("unscoped").await, "unknown");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_ours_that_is_refused_is_replaced_once() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().own.clear();
    assert_eq!(house.says("other").await, "unknown");
    assert_eq!(house.fake.state().log_ins, 2);
    assert_eq!(
        house.asked("other"),
        2,
        "once with the old token, once with the new one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_never_refused_for_a_fault_of_our_account() {
    let house = House::open();
    house.fake.state().account_trusted = false;
    assert_eq!(house.says("good").await, "unavailable");
    house.fake.state().account_good = false;
    house.fake.state().own.clear();
    assert_eq!(house.says("good").await, "unavailable");
    let tried = house.fake.state().log_ins;
    assert_eq!(
        (house.says("good").await, house.fake.state().log_ins),
        ("unavailable", tried),
        "accounts get locked"
    );
    house.fake.state().account_good = true;
    house.fake.state().account_trusted = true;
    advance(5 * SECOND).await;
    assert_eq!(house.says("good").await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_let_in_while_keystone_cannot_be_asked_but_those_remembered() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    house.fake.issues("newcomer");
    for (weather, most) in [
        (Weather::Refused, SECOND),
        (Weather::Hung, 3 * SECOND),
        (Weather::Slow(60 * SECOND), 3 * SECOND),
        (Weather::Answers(500, "{}"), Duration::ZERO),
        (Weather::Answers(302, ""), Duration::ZERO),
        (Weather::Answers(200, "{"), Duration::ZERO),
        (Weather::Answers(200, r#"{"token": {}}"#), Duration::ZERO),
    ] {
        house.fake.state().weather = weather;
        let asked = Instant::now();
        assert_eq!(
            (house.says("newcomer").await, house.says("good").await),
            ("unavailable", "welcome")
        );
        assert!(asked.elapsed() <= most, "{:?}", asked.elapsed());
        assert!(
            !house.keystone.is_reachable(),
            "a cached answer does not say that it is back"
        );
    }
    house.fake.state().weather = Weather::Clear;
    assert_eq!(
        house.says("newcomer").await,
        "welcome",
        "a fault is not remembered"
    );
    assert!(house.keystone.is_reachable());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_did_not_leave_is_asked_again_and_no_other() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    for (weather, times) in [(Weather::Refused, 3), (Weather::Answers(503, ""), 1)] {
        let before = house.fake.state().exchanges;
        house.fake.state().weather = weather;
        assert_eq!(house.says("other").await, "unavailable");
        assert_eq!(house.fake.state().exchanges - before, times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_at_once_ask_once() {
    let house = House::open();
    house.fake.state().weather = Weather::Slow(SECOND);
    let said = join_all((0..100).map(|_| house.says("good"))).await;
    assert!(said.iter().all(|&said| said == "welcome"));
    assert_eq!((house.asked("good"), house.fake.state().log_ins), (1, 1));
    let said = join_all((0..100).map(|_| house.says("garbage"))).await;
    assert!(said.iter().all(|&said| said == "unknown"));
    assert_eq!(house.asked("garbage"), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_gives_up_does_not_keep_the_others_waiting() {
    let house = House::open();
    house.fake.state().weather = Weather::Slow(SECOND);
    let gives_up = tokio::time::timeout(SECOND / 2, house.says("good"));
    let (given_up, stays) = tokio::join!(gives_up, house.says("good"));
    assert!(given_up.is_err());
    assert_eq!(stays, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_garbage_asks_so_many_questions_at_a_time_and_takes_no_turn_of_those_who_are_known()
 {
    let house = House::with(Settings {
        believed: SECOND,
        ..settings()
    });
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().weather = Weather::Slow(SECOND);
    let tokens: Vec<_> = (0..800).map(|n| format!("garbage-{n}")).collect();
    let flood = join_all(tokens.iter().map(|token| house.says(token)));
    let known = async {
        tokio::time::sleep(SECOND + SECOND / 10).await;
        let asked = Instant::now();
        (house.says("good").await, asked.elapsed())
    };
    let (flood, (known, waited)) = tokio::join!(flood, known);
    assert_eq!(
        (known, waited.as_millis()),
        ("welcome", 1000),
        "it is asked about again, without a queue"
    );
    let count = |word| flood.iter().filter(|&&said| said == word).count();
    assert!(
        (48..=96).contains(&count("unknown")),
        "24 in each second of the deadline"
    );
    assert_eq!(count("unknown") + count("busy") + count("unavailable"), 800);
    let state = house.fake.state();
    assert!(
        state.most_under_way <= 32,
        "{} at once",
        state.most_under_way
    );
}

#[tokio::test(start_paused = true)]
async fn garbage_of_one_network_leaves_room_for_the_new_tokens_of_others() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().weather = Weather::Slow(SECOND);
    let from = |last| Some([192, 0, 2, last].into());
    let garbage: Vec<_> = (0..300).map(|n| format!("garbage-{n}")).collect();
    let new: Vec<_> = (0..8).map(|n| format!("new-{n}")).collect();
    new.iter().for_each(|token| house.fake.issues(token));
    let says = async |token, last| word(house.keystone.authenticate_from(token, from(last)).await);
    let flood = join_all(garbage.iter().map(|token| says(token, 1)));
    let (flood, new) = tokio::join!(flood, join_all(new.iter().map(|token| says(token, 2))));
    assert!(new.iter().all(|&said| said == "welcome"), "{new:?}");
    let count = |word| flood.iter().filter(|&&said| said == word).count();
    assert_eq!((count("unknown"), count("throttled")), (64, 300 - 64));
    assert_eq!(
        says("garbage", 1).await,
        "unknown",
        "nothing is held of those that were answered"
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
        "as many questions of those who left are under way still"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_loses_its_turn_and_what_was_asked_goes_on_within_the_bounds() {
    let house = House::open();
    assert_eq!(house.says("good").await, "welcome");
    house.fake.state().weather = Weather::Slow(2 * SECOND);
    for n in 0..1000 {
        let token = format!("garbage-{n}");
        let left = tokio::time::timeout(Duration::from_millis(2), house.says(&token)).await;
        assert!(left.is_err() || left == Ok("busy"));
    }
    let asked = house.fake.state().asked.len();
    assert!(
        asked <= 60 && house.fake.state().most_under_way <= 32,
        "asked {asked} times"
    );
    house.fake.state().weather = Weather::Clear;
    house.fake.issues("newcomer");
    let asked = Instant::now();
    assert_eq!(house.says("newcomer").await, "welcome");
    assert!(
        asked.elapsed() <= 2 * SECOND,
        "the queue is not kept by those who left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_question_is_needed_only_about_what_is_not_cached_and_could_be_a_token() {
    let house = House::open();
    assert!(house.keystone.asks_about("good").await);
    house.says("good").await;
    assert!(!house.keystone.asks_about("good").await);
    for no_token in ["a b", "caf\u{e9}", "<script>", "a,b"] {
        assert!(!house.keystone.asks_about(no_token).await);
        assert_eq!(
            (house.says(no_token).await, house.asked(no_token)),
            ("unknown", 0)
        );
    }
    for token in ["gAAAAABl_x-Y=", "eyJ.eyJ.sig", "MIIDkgYJ+0/w=="] {
        assert!(house.keystone.asks_about(token).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_good_once_is_no_new_question_when_its_answer_has_lapsed() {
    let house = House::with(Settings {
        believed: Duration::ZERO,
        ..settings()
    });
    assert_eq!(
        (house.says("good").await, house.says("garbage").await),
        ("welcome", "unknown")
    );
    assert!(
        !house.keystone.asks_about("good").await,
        "its answer lapsed at once"
    );
    advance(5 * SECOND).await;
    assert!(
        house.keystone.asks_about("garbage").await,
        "what was never good is new again"
    );
    house.fake.state().callers.clear();
    assert_eq!(house.says("good").await, "ended");
    advance(60 * SECOND).await;
    assert!(!house.keystone.asks_about("good").await);
}

#[tokio::test(start_paused = true)]
async fn our_token_is_renewed_ahead_of_its_end() {
    let house = House::with(Settings {
        believed: Duration::ZERO,
        ..settings()
    });
    house.says("good").await;
    advance(3479 * SECOND).await;
    house.says("good").await;
    assert_eq!(house.fake.state().log_ins, 1);
    advance(SECOND).await;
    house.says("good").await;
    assert_eq!(house.fake.state().log_ins, 2, "120 seconds ahead");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_ours_that_cannot_be_renewed_yet_is_used_to_its_end() {
    let house = House::open();
    house.says("good").await;
    house.fake.state().account_good = false;
    advance(3500 * SECOND).await;
    let ends = house.clock.after(3600 * SECOND);
    house.fake.state().callers.insert(
        "late".into(),
        Holder {
            project: Some("known"),
            ends,
        },
    );
    assert_eq!(house.says("late").await, "welcome");
    advance(100 * SECOND).await;
    assert_eq!(house.says("later").await, "unavailable");
}

#[tokio::test(start_paused = true)]
async fn without_an_account_a_token_asks_about_itself() {
    let house = House::with(Settings {
        account: None,
        ..settings()
    });
    assert_eq!(
        (house.says("good").await, house.says("garbage").await),
        ("welcome", "unknown")
    );
    assert_eq!(house.fake.state().log_ins, 0);
    assert_eq!(house.knows("unheard-of").await, Ok(true), "nobody can tell");
}

#[tokio::test(start_paused = true)]
async fn projects_are_looked_up_where_that_is_wanted() {
    let house = House::open();
    for _ in 0..2 {
        assert_eq!(house.knows("known").await, Ok(true));
        assert_eq!(house.knows("unheard-of").await, Ok(false));
        assert_eq!(house.knows("disabled").await, Ok(false));
    }
    assert_eq!(
        house.fake.state().exchanges,
        4,
        "a log-in, and each of them once"
    );
    house.fake.state().account_trusted = false;
    assert_eq!(
        house.knows("another").await,
        Err("unavailable"),
        "not told is not known"
    );
    let unchecked = House::with(Settings {
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
    let house = House::open();
    assert_eq!(house.keystone.address(), "http://keystone.test:5000/v3");
    let elsewhere = Keystone::new(
        settings(),
        "https://login.test/v3",
        house.fake.clone(),
        house.clock.clone(),
    );
    assert_eq!(elsewhere.address(), "https://login.test/v3");
}

#[test]
fn settings_show_no_secret() {
    assert!(!format!("{:?}", settings()).contains("secret: \"secret\""));
    assert!(format!("{:?}", settings()).contains("REDACTED"));
}
