//! The medians of all rounds, as a table.

use std::{cmp::Ordering, time::Duration};

use crate::sample::{Figures, Kind};

/// The one in the middle.
pub fn median<T: Copy>(mut values: Vec<T>, order: impl Fn(&T, &T) -> Ordering) -> T {
    values.sort_by(order);
    values[values.len() / 2]
}

/// A duration in milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Prints one line for each kind and server. `rounds` holds for each round, kind and server what
/// was measured.
pub fn print(kinds: &[&Kind], rounds: &[Vec<Vec<Figures>>]) {
    println!(
        "{:<22} {:>11} {:>9} {:>7} {:>9} {:>8} {:>8} {:>7}",
        "", "requests/s", "of bare", "to be", "CPU µs", "p50 ms", "p99 ms", "errors"
    );
    for (at, kind) in kinds.iter().enumerate() {
        for server in 0..rounds[0][at].len() {
            let name = if server == 0 {
                kind.name.to_owned()
            } else {
                format!("  against {server}")
            };
            print_line(
                &name,
                kind,
                &rounds
                    .iter()
                    .map(|round| round[at][server])
                    .collect::<Vec<_>>(),
            );
        }
    }
}

fn print_line(name: &str, kind: &Kind, rounds: &[Figures]) {
    let number = |of: fn(&Figures) -> f64| median(rounds.iter().map(of).collect(), f64::total_cmp);
    let target = kind
        .target
        .map(|target| format!("{target:.2}"))
        .unwrap_or_default();
    println!(
        "{:<22} {:>11.0} {:>9.2} {:>7} {:>9.1} {:>8.2} {:>8.2} {:>7}",
        name,
        number(|f| f.per_second),
        number(|f| f.ratio),
        target,
        number(|f| f.cpu),
        number(|f| ms(f.p50)),
        number(|f| ms(f.p99)),
        rounds.iter().map(|f| f.errors).sum::<usize>(),
    );
}
