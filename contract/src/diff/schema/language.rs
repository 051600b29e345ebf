//! What the patterns of strings say of each other: whether one covers others, whether two exclude
//! each other, how long a string is that has one. A pattern is read as the set of the strings that
//! it is found in; what is not certain, or takes too much, is unknown. Nothing here depends on a
//! clock.

mod alphabet;
mod automaton;
mod build;
mod read;
mod search;

use self::{
    automaton::Automaton,
    read::DIALECTS,
    search::{InclusionSearch, SearchOutcome},
};

/// The longest lower bound of a length that is taken into account.
const LEAST: u64 = 1_000;

/// Whether one pattern covers others.
#[derive(Debug, PartialEq)]
pub(super) enum Inclusion {
    Yes,
    /// This string, a shortest one, has the others and not the one.
    No(String),
    Unknown,
}

/// Whether every string that has all patterns of `subset` (none: any string), and that is of
/// `least` to `most` characters, has the pattern `superset`.
pub(super) fn included(
    subset: &[&str],
    least: Option<u64>,
    most: Option<u64>,
    superset: &str,
) -> Inclusion {
    if subset.contains(&superset) {
        return Inclusion::Yes;
    }
    let Some(superset) = readings(superset) else {
        return Inclusion::Unknown;
    };
    let asked = subset.len();
    let mut patterns: Vec<Vec<Automaton>> = subset
        .iter()
        .filter_map(|pattern| readings(pattern))
        .collect();
    // Fewer patterns, and a lower bound, are of more strings: what holds for those holds for these.
    let least = least.unwrap_or(0);
    let exact = patterns.len() == asked && least <= LEAST;
    patterns.push(superset);
    let sides = by_reading(patterns);
    let mut all = true;
    for side in &sides {
        match refused(side, least, most) {
            SearchOutcome::Nothing => {}
            SearchOutcome::Text(text)
                if exact && sides.iter().all(|side| shows(side, &text, least)) =>
            {
                return Inclusion::No(text);
            }
            SearchOutcome::Text(_) | SearchOutcome::Unknown => all = false,
        }
    }
    if all {
        Inclusion::Yes
    } else {
        Inclusion::Unknown
    }
}

/// A string that has all but the last of some patterns.
fn refused(side: &[Automaton], least: u64, most: Option<u64>) -> SearchOutcome {
    let Some((refuses, accepts)) = side.split_last() else {
        return SearchOutcome::Unknown;
    };
    let search = |least| {
        InclusionSearch {
            accepts,
            refuses: Some(refuses),
            least,
            most,
        }
        .shortest()
    };
    match search(least.min(LEAST)) {
        SearchOutcome::Unknown if least > 0 => search(0),
        found => found,
    }
}

fn shows(side: &[Automaton], text: &str, least: u64) -> bool {
    let Some((refuses, accepts)) = side.split_last() else {
        return false;
    };
    let is_long_enough = text.chars().count() as u64 >= least;
    is_long_enough && accepts.iter().all(|accepts| accepts.matches(text)) && !refuses.matches(text)
}

/// Whether it is certain that no string has both patterns.
pub(super) fn disjoint(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (readings(one), readings(other)) else {
        return false;
    };
    by_reading(vec![one, other]).iter().all(|accepts| {
        matches!(
            InclusionSearch {
                accepts,
                refuses: None,
                least: 0,
                most: None
            }
            .shortest(),
            SearchOutcome::Nothing
        )
    })
}

/// A shortest string that has all the patterns, and is of `least` to `most` characters, if one was
/// found.
pub(super) fn shortest(patterns: &[&str], least: Option<u64>, most: Option<u64>) -> Option<String> {
    let least = least.unwrap_or(0);
    let patterns = patterns
        .iter()
        .map(|pattern| readings(pattern))
        .collect::<Option<Vec<_>>>()?;
    let patterns = by_reading(patterns);
    let texts = patterns.iter().filter_map(|accepts| {
        match (InclusionSearch {
            accepts,
            refuses: None,
            least,
            most,
        })
        .shortest()
        {
            SearchOutcome::Text(text) => Some(text),
            SearchOutcome::Nothing | SearchOutcome::Unknown => None,
        }
    });
    texts.into_iter().find(|text| {
        patterns
            .iter()
            .flatten()
            .all(|accepts| accepts.matches(text))
    })
}

/// Bounds of the lengths, in characters, of strings that have the pattern.
pub(super) fn lengths(pattern: &str) -> (u64, Option<u64>) {
    let Some(mut readings) = readings(pattern) else {
        return (0, None);
    };
    readings.dedup();
    let all = readings
        .iter()
        .map(|automaton| automaton.lengths().unwrap_or((0, None)));
    all.reduce(|one, other| {
        (
            one.0.min(other.0),
            one.1.zip(other.1).map(|(one, other)| one.max(other)),
        )
    })
    .unwrap_or((0, None))
}

/// A pattern as each dialect reads it.
fn readings(pattern: &str) -> Option<Vec<Automaton>> {
    DIALECTS
        .iter()
        .map(|reading| Automaton::of(&read::read(pattern, reading)?))
        .collect()
}

/// For each reader, all patterns; once, where all dialects read them the same.
fn by_reading(patterns: Vec<Vec<Automaton>>) -> Vec<Vec<Automaton>> {
    let mut all: Vec<Vec<Automaton>> = DIALECTS.iter().map(|_| Vec::new()).collect();
    for pattern in patterns {
        all.iter_mut()
            .zip(pattern)
            .for_each(|(all, automaton)| all.push(automaton));
    }
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
