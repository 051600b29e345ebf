//! A pattern as an automaton that searches a string for it: built from the parts of the pattern, and stepped through
//! character by character. It is not deterministic: it is in a set of states at a time.

use std::collections::HashSet;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::read::Part;

/// How many states an automaton may have.
const STATES: usize = 3_000;
/// How many parts may be built, those repeated counted again.
const PARTS: usize = 20_000;

#[derive(PartialEq)]
enum State {
    /// Goes on at a character of the class.
    Character { class: usize, next: usize },
    /// Goes on in each of these.
    Fork(Vec<usize>),
    /// Goes on at the start of the string.
    Start(usize),
    /// Goes on at the end of the string.
    End(usize),
    /// The pattern was found, whatever follows.
    Found,
}

/// Where between the characters of a string an automaton is.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub start: bool,
    pub end: bool,
}

impl Position {
    pub(super) const START: Self = Self { start: true, end: false };
    pub(super) const WITHIN: Self = Self { start: false, end: false };
}

/// States that an automaton is in, sorted.
pub(super) type States = Vec<usize>;

const FOUND: usize = 0;

#[derive(PartialEq)]
pub(super) struct Automaton {
    states: Vec<State>,
    first: usize,
    /// The classes of its characters, each once.
    pub classes: Vec<ClassUnicode>,
    /// Which states can still lead to the end of the pattern, once a character was read.
    live: Vec<bool>,
}

impl Automaton {
    /// None for a pattern that has too many states.
    pub(super) fn of(pattern: &Part) -> Option<Self> {
        let mut automaton = Self { states: vec![State::Found], first: FOUND, classes: Vec::new(), live: Vec::new() };
        let mut parts = 0;
        let found_here = automaton.add(pattern, FOUND, &mut parts)?;
        // The pattern may begin after any number of characters.
        let any = Part::Class(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]));
        let begin = automaton.push(State::Fork(vec![found_here]))?;
        let later = automaton.add(&any, begin, &mut parts)?;
        automaton.states[begin] = State::Fork(vec![found_here, later]);
        automaton.first = begin;
        automaton.live = automaton.live();
        Some(automaton)
    }

    fn push(&mut self, state: State) -> Option<usize> {
        self.states.push(state);
        (self.states.len() <= STATES).then(|| self.states.len() - 1)
    }

    /// Adds a part after which the automaton goes on in `next`; returns where it begins.
    fn add(&mut self, part: &Part, next: usize, parts: &mut usize) -> Option<usize> {
        *parts += 1;
        if *parts > PARTS {
            return None;
        }
        match part {
            Part::Class(class) => {
                let known = self.classes.iter().position(|known| known == class);
                let class = known.unwrap_or_else(|| {
                    self.classes.push(class.clone());
                    self.classes.len() - 1
                });
                self.push(State::Character { class, next })
            }
            Part::Start => self.push(State::Start(next)),
            Part::End => self.push(State::End(next)),
            Part::Concat(all) => all.iter().rev().try_fold(next, |next, part| self.add(part, next, parts)),
            Part::Either(all) => {
                let begins = all.iter().map(|part| self.add(part, next, parts)).collect::<Option<_>>()?;
                self.push(State::Fork(begins))
            }
            Part::Repeat { part, least, most } => {
                let mut begin = next;
                match most {
                    Some(most) => {
                        for _ in *least..*most {
                            let once = self.add(part, begin, parts)?;
                            begin = self.push(State::Fork(vec![once, next]))?;
                        }
                    }
                    None => {
                        begin = self.push(State::Fork(vec![next]))?;
                        let again = self.add(part, begin, parts)?;
                        self.states[begin] = State::Fork(vec![again, next]);
                    }
                }
                for _ in 0..*least {
                    begin = self.add(part, begin, parts)?;
                }
                Some(begin)
            }
        }
    }

    fn live(&self) -> Vec<bool> {
        let mut live = vec![false; self.states.len()];
        live[FOUND] = true;
        loop {
            let mut changed = false;
            for (index, state) in self.states.iter().enumerate() {
                let lives = match state {
                    State::Character { class, next } => live[*next] && !self.classes[*class].ranges().is_empty(),
                    State::Fork(all) => all.iter().any(|next| live[*next]),
                    State::End(next) => live[*next],
                    State::Start(_) => false,
                    State::Found => true,
                };
                changed |= lives != live[index];
                live[index] = lives;
            }
            if !changed {
                return live;
            }
        }
    }

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
        Self::is_found(states) || self.reached(states.to_vec(), Position { end: true, ..position }).contains(&FOUND)
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

    /// The lengths of the strings that have the pattern: the shortest, and the longest if there is one. None where no
    /// string has it.
    pub(super) fn lengths(&self) -> Option<(u64, Option<u64>)> {
        let (mut shortest, mut longest) = (None, None);
        let mut states = self.begin();
        let mut position = Position::START;
        // A string that is longer than there are states goes in circles.
        for length in 0..=self.states.len() as u64 {
            if self.found(&states, position) {
                shortest = shortest.or(Some(length));
                longest = Some(length);
            }
            if states.is_empty() || Self::is_found(&states) {
                break;
            }
            states = self.step(&states, |class| !self.classes[class].ranges().is_empty());
            position = Position::WITHIN;
        }
        shortest.map(|shortest| (shortest, longest.filter(|_| states.is_empty())))
    }

    /// Follows what needs no character.
    fn reached(&self, mut todo: Vec<usize>, position: Position) -> States {
        let mut seen = HashSet::new();
        let mut reached = Vec::new();
        while let Some(state) = todo.pop() {
            if !seen.insert(state) {
                continue;
            }
            match &self.states[state] {
                State::Found => return vec![FOUND],
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
    let after = class.ranges().partition_point(|range| range.start() <= character);
    after > 0 && class.ranges()[after - 1].end() >= character
}
