//! An automaton that searches a string for a pattern, stepped through character by character. It is
//! not deterministic: it is in a set of states at a time. How it is built is next door.

use std::collections::HashSet;

use regex_syntax::hir::ClassUnicode;

/// How many states are gone through for the lengths of strings.
const STEPS: usize = 200_000;

#[derive(PartialEq)]
pub(super) enum State {
    /// Goes on at a character of the class.
    Character { class: usize, next: usize },
    /// Goes on in each of these.
    Fork(Vec<usize>),
    /// Goes on at the start of the string.
    Start(usize),
    /// Goes on at the end of the string.
    End(usize),
    /// The pattern was found, whatever follows.
    SearchOutcome,
}

/// Where between the characters of a string an automaton is.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub start: bool,
    pub end: bool,
}

impl Position {
    pub(super) const START: Self = Self {
        start: true,
        end: false,
    };
    pub(super) const WITHIN: Self = Self {
        start: false,
        end: false,
    };
}

/// States that an automaton is in, sorted.
pub(super) type States = Vec<usize>;

/// The state that ends the search.
pub(super) const FOUND: usize = 0;

#[derive(PartialEq)]
pub(super) struct Automaton {
    pub states: Vec<State>,
    pub first: usize,
    /// The classes of its characters, each once.
    pub classes: Vec<ClassUnicode>,
    /// Which states can still lead to the end of the pattern, once a character was read.
    pub live: Vec<bool>,
}

impl Automaton {
    /// The states at the start of a string.
    pub(super) fn begin(&self) -> States {
        self.reached(vec![self.first], Position::START)
    }

    /// The states after one more character, that is of these classes.
    pub(super) fn step(&self, states: &[usize], of: impl Fn(usize) -> bool) -> States {
        if Self::is_found(states) {
            return states.to_vec();
        }
        let next = states.iter().filter_map(|state| match self.states[*state] {
            State::Character { class, next } if of(class) => Some(next),
            _ => None,
        });
        let mut reached = self.reached(next.collect(), Position::WITHIN);
        reached.retain(|state| self.live[*state]);
        reached
    }

    /// Whether a string that ends here has the pattern.
    pub(super) fn found(&self, states: &[usize], position: Position) -> bool {
        Self::is_found(states)
            || self
                .reached(
                    states.to_vec(),
                    Position {
                        end: true,
                        ..position
                    },
                )
                .contains(&FOUND)
    }

    /// Whether whatever follows has the pattern.
    pub(super) fn is_found(states: &[usize]) -> bool {
        states.contains(&FOUND)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut states = self.begin();
        let mut position = Position::START;
        for character in text.chars() {
            states = self.step(&states, |class| contains(&self.classes[class], character));
            position = Position::WITHIN;
        }
        self.found(&states, position)
    }

    /// The lengths of the strings that have the pattern: the shortest, and the longest if there is
    /// one. None where no string has it.
    pub(super) fn lengths(&self) -> Option<(u64, Option<u64>)> {
        let (mut shortest, mut longest) = (None, None);
        let mut states = self.begin();
        let mut position = Position::START;
        let mut seen = HashSet::new();
        let mut length = 0;
        let mut steps = 0;
        // Where the states come again, the string may go in circles.
        while !states.is_empty()
            && !Self::is_found(&states)
            && steps <= STEPS
            && seen.insert(states.clone())
        {
            if self.found(&states, position) {
                shortest = shortest.or(Some(length));
                longest = Some(length);
            }
            steps += states.len();
            states = self.step(&states, |class| !self.classes[class].ranges().is_empty());
            position = Position::WITHIN;
            length += 1;
        }
        let shortest = shortest.or(Self::is_found(&states).then_some(length))?;
        Some((shortest, longest.filter(|_| states.is_empty())))
    }

    /// Follows what needs no character.
    fn reached(&self, mut todo: Vec<usize>, position: Position) -> States {
        let mut seen = vec![0_u64; self.states.len() / 64 + 1];
        let mut reached = Vec::new();
        while let Some(state) = todo.pop() {
            let (word, bit) = (&mut seen[state / 64], 1 << (state % 64));
            if *word & bit != 0 {
                continue;
            }
            *word |= bit;
            match &self.states[state] {
                State::SearchOutcome => return vec![FOUND],
                State::Fork(all) => todo.extend(all),
                State::Start(next) if position.start => todo.push(*next),
                State::End(next) if position.end => todo.push(*next),
                State::Start(_) => {}
                State::Character { .. } | State::End(_) => reached.push(state),
            }
        }
        reached.sort_unstable();
        reached
    }
}

/// Whether a class has a character.
pub(super) fn contains(class: &ClassUnicode, character: char) -> bool {
    let after = class
        .ranges()
        .partition_point(|range| range.start() <= character);
    after > 0 && class.ranges()[after - 1].end() >= character
}
