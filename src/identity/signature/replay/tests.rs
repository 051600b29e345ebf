//! What is admitted, refused and dropped, and how much memory it takes.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, advance};

use super::{Arrivals, GRACE_PERIOD, PER_SECOND, ReplayCache, SEGMENT, SWEEP, WINDOW, locked};
use crate::model::{Error, Result};

fn outcome(result: Result<()>) -> &'static str {
    match result {
        Ok(()) => "admitted",
        Err(Error::SignatureUsed) => "used",
        Err(Error::Throttled) => "throttled",
        Err(_) => "another error",
    }
}

fn nth(number: u64) -> [u8; 32] {
    let mut signature = [7; 32];
    // Spread as those of HMAC are.
    signature[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    signature
}

#[tokio::test(start_paused = true)]
async fn a_signature_is_good_for_two_seconds_after_its_first_arrival_and_never_again() {
    let replays = ReplayCache::new();
    let arrives = || outcome(replays.admit("key", &nth(1)));
    assert_eq!([arrives(), arrives()], ["admitted"; 2]);
    advance(GRACE_PERIOD).await;
    assert_eq!(
        arrives(),
        "admitted",
        "a repeat does not begin the time again"
    );
    for time in [
        Duration::from_millis(1),
        SEGMENT,
        WINDOW - SEGMENT - GRACE_PERIOD,
    ] {
        advance(time).await;
        assert_eq!(arrives(), "used", "{time:?} later");
    }
    assert_eq!(
        outcome(replays.admit("key", &nth(2))),
        "admitted",
        "others are not concerned"
    );
    assert_eq!(
        outcome(replays.admit("other", &nth(1))),
        "admitted",
        "nor is another key"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_signs_too_much_waits_and_no_other_does() {
    let replays = ReplayCache::new();
    for number in 0..u64::from(PER_SECOND) {
        assert_eq!(outcome(replays.admit("key", &nth(number))), "admitted");
    }
    assert_eq!(outcome(replays.admit("key", &nth(u64::MAX))), "throttled");
    assert_eq!(
        outcome(replays.admit("key", &nth(0))),
        "admitted",
        "a repeat takes no memory"
    );
    assert_eq!(outcome(replays.admit("other", &nth(u64::MAX))), "admitted");
    advance(Duration::from_secs(1)).await;
    assert_eq!(outcome(replays.admit("key", &nth(u64::MAX))), "admitted");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_verify_any_more_is_forgotten_with_its_key() {
    let replays = ReplayCache::new();
    assert_eq!(outcome(replays.admit("key", &nth(1))), "admitted");
    advance(WINDOW).await;
    assert_eq!(outcome(replays.admit("key", &nth(1))), "used");
    tokio::time::sleep(SEGMENT + 2 * SWEEP).await;
    assert!(locked(&replays.0).is_empty());
}

#[test]
fn of_arrivals_at_once_all_count_as_the_first() {
    let replays = ReplayCache::new();
    let threads = [(); 8].map(|()| {
        let replays = Arc::clone(&replays);
        std::thread::spawn(move || {
            (0..500).all(|number| replays.admit("key", &nth(number)).is_ok())
        })
    });
    assert!(
        threads
            .into_iter()
            .all(|thread| thread.join().expect("no panic"))
    );
}

/// As `hashbrown` has it: the table has room for a seventh more than fits, is a power of two, and
/// each entry has a byte beside it.
fn bytes(arrivals: &Arrivals) -> usize {
    let tables = arrivals
        .segments
        .iter()
        .map(|segment| (segment.arrivals.capacity() * 8 / 7).next_power_of_two());
    tables.sum::<usize>() * (size_of::<(super::SignatureId, super::Offset)>() + 1)
}

#[test]
fn a_key_that_signs_a_thousand_writes_a_second_for_the_whole_window_takes_less_than_64_mib() {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(start);
    let (mut most, seconds) = (0, (WINDOW + 2 * SEGMENT).as_secs());
    for second in 0..seconds {
        let now = start + Duration::from_secs(second);
        arrivals.drop_old(now);
        for number in 0..u64::from(PER_SECOND) {
            arrivals.insert(
                super::id(&nth(second * u64::from(PER_SECOND) + number)),
                now,
            );
        }
        most = most.max(bytes(&arrivals));
    }
    let mib = most as f64 / f64::from(1 << 20);
    println!(
        "{} signatures, {mib:.1} MiB",
        seconds * u64::from(PER_SECOND)
    );
    assert!((30.0..60.0).contains(&mib), "{mib}");
}
