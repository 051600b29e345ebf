//! When guesses at passwords are refused, delayed and forgotten, on paused time.

use std::{future::pending, net::IpAddr, time::Duration};

use futures::{FutureExt, future::join_all};
use tokio::time::{Instant, advance, sleep};

use super::Guesses;
use crate::model::{Error, Result};

fn address(number: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, number]))
}

async fn wrong(guesses: &Guesses, user: &str, from: u8) -> Result<()> {
    let guess = guesses.admit(user, address(from)).await?;
    guesses.count(&guess)
}

async fn wrong_until_refused(guesses: &Guesses, user: &str, from: u8) -> usize {
    for count in 0..1000 {
        if wrong(guesses, user, from).await.is_err() {
            return count;
        }
    }
    1000
}

#[tokio::test(start_paused = true)]
async fn an_address_has_a_quota_for_each_user_and_one_in_all() {
    let guesses = Guesses::new(12, 5);
    assert_eq!(wrong_until_refused(&guesses, "alice", 1).await, 5);
    assert_eq!(wrong_until_refused(&guesses, "bob", 1).await, 5);
    assert_eq!(wrong_until_refused(&guesses, "carol", 1).await, 2);
    assert!(matches!(
        wrong(&guesses, "dave", 1).await,
        Err(Error::TooManyGuesses { seconds: 5 })
    ));
    assert!(
        wrong(&guesses, "alice", 2).await.is_ok(),
        "others are not concerned"
    );
    advance(Duration::from_secs(60)).await;
    assert_eq!(wrong_until_refused(&guesses, "alice", 1).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_right_password_counts_for_nothing() {
    let guesses = Guesses::new(2, 2);
    for _ in 0..100 {
        let guess = guesses.admit("alice", address(1)).await.expect("admitted");
        guesses.count(&guess).expect("within the quota");
        guesses.give_back(&guess);
    }
}

#[tokio::test(start_paused = true)]
async fn guesses_at_one_user_from_everywhere_delay_its_logins_and_never_lock_it_out() {
    let guesses = Guesses::new(60, 10);
    let mut longest = Duration::ZERO;
    for from in 1..=200 {
        let start = Instant::now();
        wrong(&guesses, "alice", from)
            .await
            .expect("another address");
        longest = longest.max(start.elapsed());
        assert!(
            from > 10 || longest.is_zero(),
            "the first ones are not delayed"
        );
    }
    assert!(
        (Duration::from_millis(1500)..=Duration::from_millis(2001)).contains(&longest),
        "{longest:?}"
    );
    let start = Instant::now();
    assert!(
        guesses.admit("bob", address(201)).await.is_ok() && start.elapsed().is_zero(),
        "others do not wait"
    );
    advance(Duration::from_secs(300)).await;
    let start = Instant::now();
    assert!(
        guesses.admit("alice", address(201)).await.is_ok() && start.elapsed().is_zero(),
        "it passes"
    );
}

#[tokio::test]
async fn an_address_has_only_so_many_logins_under_way() {
    let guesses = Guesses::new(0, 0);
    let of_one: Vec<_> = join_all((0..60).map(|_| guesses.admit("alice", address(1)))).await;
    assert_eq!(
        of_one
            .iter()
            .filter(|said| matches!(said, Err(Error::Throttled)))
            .count(),
        10
    );
    assert!(guesses.admit("alice", address(2)).await.is_ok());
    drop(of_one);
    assert!(guesses.admit("alice", address(1)).await.is_ok());
}

#[tokio::test]
async fn a_login_that_is_left_while_it_waits_counts_for_its_address() {
    let guesses = Guesses::new(5, 0);
    for _ in 0..5 {
        let guess = guesses
            .admit("alice", address(1))
            .await
            .expect("within the quota");
        guesses.waiting(&guess, async {}).await;
        assert!(
            guesses
                .waiting(&guess, pending::<()>())
                .now_or_never()
                .is_none()
        );
    }
    assert!(matches!(
        guesses.admit("bob", address(1)).await,
        Err(Error::TooManyGuesses { seconds: 12 })
    ));
    assert!(guesses.admit("alice", address(2)).await.is_ok());
}

/// With a user whose logins are delayed.
async fn under_attack() -> Guesses {
    let guesses = Guesses::new(60, 10);
    for from in 1..=60 {
        wrong(&guesses, "alice", from)
            .await
            .expect("another address");
    }
    guesses
}

#[tokio::test(start_paused = true)]
async fn however_many_logins_are_delayed_none_is_refused_for_it() {
    let guesses = Guesses::new(0, 0);
    for _ in 0..60 {
        guesses
            .count(&guesses.admit("alice", None).await.expect("no limit"))
            .expect("no limit");
    }
    let start = Instant::now();
    let said = join_all(
        (0..300).map(|_| async { (guesses.admit("alice", None).await.is_ok(), start.elapsed()) }),
    )
    .await;
    assert!(said.iter().all(|&(admitted, _)| admitted));
    assert_eq!(
        said.iter().filter(|(_, after)| after.is_zero()).count(),
        300 - 256,
        "only so many are delayed"
    );
}

#[tokio::test(start_paused = true)]
async fn addresses_that_fill_the_delay_of_a_user_do_not_lock_it_out() {
    let guesses = under_attack().await;
    let flood = join_all(
        (0..20)
            .flat_map(|from| vec![100 + from; 50])
            .map(|from| guesses.admit("alice", address(from))),
    );
    let alice = async {
        sleep(Duration::from_millis(10)).await;
        let start = Instant::now();
        let admitted = guesses.admit("alice", address(200)).await.is_ok();
        (
            admitted,
            start.elapsed(),
            guesses.delayed.available_permits(),
        )
    };
    let (flood, (admitted, after, permits)) = tokio::join!(flood, alice);
    assert!(
        admitted && after > Duration::from_secs(1),
        "{admitted} after {after:?}"
    );
    assert!(permits >= 256 - 2 * 20, "{permits} permits are left");
    assert_eq!(
        flood.iter().filter(|said| said.is_ok()).count(),
        2 * 20,
        "2 of each address"
    );
}

#[tokio::test(start_paused = true)]
async fn a_delayed_login_counts_while_it_waits_and_once() {
    let guesses = under_attack().await;
    let from = address(200);
    assert!(
        guesses.admit("alice", from).now_or_never().is_none(),
        "it is left in its delay"
    );
    for _ in 0..4 {
        let guess = guesses
            .admit("alice", from)
            .await
            .expect("within the quota");
        guesses.count(&guess).expect("it is counted already");
    }
    let guess = guesses
        .admit("alice", from)
        .await
        .expect("within the quota");
    guesses.release(&guess);
    let used = guesses.of_user_and_address.as_ref().map_or(0.0, |quotas| {
        quotas.used(&guess.user_and_address.unwrap_or(0))
    });
    // Some of it has come back since.
    assert!((3.0..=5.0).contains(&used), "{used}");
}
