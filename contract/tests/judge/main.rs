//! A second judge of the comparison: random pairs of schemas, and a validator that shares no code
//! with the proofs. A verdict below breaking is wrong where a value is found that the one side
//! takes, made of declared properties only, and the other refuses. Breaks for which no value is
//! found are counted and some are shown; they may be right.
//!
//! `JUDGE_SEED`, `JUDGE_PAIRS` and `JUDGE_VALUES` choose other pairs, more of them, and how many
//! values each is tried with; `JUDGE_SHOWN` how many wrong verdicts, and how many breaks without a
//! value, are shown.
#![cfg(feature = "diff")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on panics"
)]

mod closed;
mod compositions;
mod count;
mod definition;
mod edits;
mod harmless;
mod judge;
mod known;
mod parts;
mod places;
mod pools;
mod same;
mod scalars;
mod schemas;
mod shrink;
mod validator;
mod values;
mod verdict;

use std::{env, thread, time::Instant};

use count::Count;
use fastrand::Rng;
use schemas::Maker;
use serde_json::Value;

/// What a run is made of.
#[derive(Clone, Copy)]
struct Run {
    seed: u64,
    pairs: usize,
    values: usize,
}

fn number(name: &str, otherwise: usize) -> usize {
    env::var(name).ok().map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number"))
    })
}

/// How the new schema of a pair came about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Edited,
    Refactored,
    Unrelated,
}

/// A pair of schemas.
struct Pair {
    base: Value,
    head: Value,
    origin: Origin,
    rng: Rng,
}

impl Pair {
    /// The pair of a number: the same one in every run with this seed.
    fn of(seed: u64, index: usize) -> Self {
        let mut seeds = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index as u64);
        let mut maker = Maker::new(seeds.fork());
        let base = maker.whole();
        let (head, origin) = match maker.rng.u32(0..20) {
            0 => (maker.whole(), Origin::Unrelated),
            1..5 => {
                let mut head = base.clone();
                for _ in 0..maker.rng.u32(1..4) {
                    same::refactored(&mut maker, &mut head);
                }
                (head, Origin::Refactored)
            }
            _ => (edits::edited(&mut maker, &base), Origin::Edited),
        };
        Self {
            base,
            head,
            origin,
            rng: seeds,
        }
    }
}

#[test]
fn no_verdict_below_breaking_is_shown_to_be_wrong() {
    let run = Run {
        seed: number("JUDGE_SEED", 1) as u64,
        pairs: number("JUDGE_PAIRS", 5000),
        values: number("JUDGE_VALUES", 300),
    };
    let start = Instant::now();
    let count = judged(run);
    println!(
        "seed {}, {} pairs in both directions, {:.1?}",
        run.seed,
        run.pairs,
        start.elapsed()
    );
    println!(
        "{:.0} pairs a second",
        run.pairs as f64 / start.elapsed().as_secs_f64()
    );
    let shown = number("JUDGE_SHOWN", 8);
    print!("{}", count.table(shown));
    let wrong = count.wrong(shown);
    assert_eq!(
        count.missed, 0,
        "verdicts that a value proves wrong:\n{wrong}"
    );
    assert!(
        count.failed.is_empty(),
        "pairs that could not be compared:\n{}",
        count.failed.join("\n")
    );
}

/// Half of the pairs in a second thread.
fn judged(run: Run) -> Count {
    let part = |first: usize| {
        let mut count = Count::default();
        for index in (first..run.pairs).step_by(2) {
            count.pair(index, &Pair::of(run.seed, index), run.values);
        }
        count
    };
    thread::scope(|scope| {
        let odd = scope.spawn(|| part(1));
        let even = part(0);
        even.and(odd.join().expect("no panic"))
    })
}
