//! The characters of some automata, as few as tell their classes apart: each stands for all that
//! are in the same classes.

use std::collections::{BTreeMap, BTreeSet};

use super::automaton::{Automaton, contains};

/// How many times a class may be asked for a character.
const QUESTIONS: usize = 2_000_000;

/// What a reader likes to see in an example, best first.
const READABLE: [(char, char); 7] = [
    ('a', 'z'),
    ('A', 'Z'),
    ('0', '9'),
    ('!', '~'),
    (' ', ' '),
    ('\u{c0}', '\u{24f}'),
    ('\u{370}', '\u{1fff}'),
];

/// A character that stands for others.
pub(super) struct Symbol {
    pub shown: char,
    /// For each automaton, whether a class of it has the character.
    pub members: Vec<Vec<bool>>,
}

/// The characters that stand for all, the most readable first. None where they were too many.
pub(super) fn symbols(automata: &[&Automaton]) -> Option<Vec<Symbol>> {
    let mut firsts = BTreeSet::from(['\0', '\u{e000}']);
    let classes = || automata.iter().flat_map(|automaton| &automaton.classes);
    for range in classes().flat_map(|class| class.ranges()) {
        firsts.insert(range.start());
        firsts.extend(after(range.end()));
    }
    if firsts.len().saturating_mul(classes().count()) > QUESTIONS {
        return None;
    }
    let mut shown: BTreeMap<Vec<Vec<bool>>, (usize, char)> = BTreeMap::new();
    let mut lasts = firsts.iter().skip(1).filter_map(|first| before(*first));
    for first in &firsts {
        let best = readable(*first, lasts.next().unwrap_or(char::MAX));
        let members = automata.iter().map(|automaton| {
            let members = automaton
                .classes
                .iter()
                .map(|class| contains(class, *first));
            members.collect()
        });
        shown
            .entry(members.collect())
            .and_modify(|known| *known = best.min(*known))
            .or_insert(best);
    }
    let mut symbols: Vec<_> = shown.into_iter().collect();
    symbols.sort_unstable_by_key(|(_, best)| *best);
    Some(
        symbols
            .into_iter()
            .map(|(members, (_, shown))| Symbol { shown, members })
            .collect(),
    )
}

/// The most readable character of a range, after how unreadable it is.
fn readable(first: char, last: char) -> (usize, char) {
    let mut readable = READABLE.iter().enumerate();
    let best = readable.find_map(|(rank, (from, to))| {
        let character = first.max(*from);
        (character <= last.min(*to)).then_some((rank, character))
    });
    best.unwrap_or((READABLE.len(), first))
}

/// The next character, over the gap of the surrogates.
fn after(character: char) -> Option<char> {
    (character..=char::MAX).nth(1)
}

fn before(character: char) -> Option<char> {
    ('\0'..=character).rev().nth(1)
}
