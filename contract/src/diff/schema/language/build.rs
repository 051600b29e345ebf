//! Builds the automaton of a pattern, from the end of the pattern to its start.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::{
    automaton::{Automaton, FOUND, State},
    read::PatternPart,
};

/// How many states an automaton may have.
const STATES: usize = 10_000;
/// How many parts may be built, those repeated counted again.
const PARTS: usize = 20_000;

impl Automaton {
    /// None for a pattern that has too many states.
    pub(super) fn of(pattern: &PatternPart) -> Option<Self> {
        let mut automaton = Self {
            states: vec![State::SearchOutcome],
            first: FOUND,
            classes: Vec::new(),
            live: Vec::new(),
        };
        let mut parts = 0;
        let found_here = automaton.add(pattern, FOUND, &mut parts)?;
        // The pattern may begin after any number of characters.
        let any = PatternPart::Class(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]));
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
    fn add(&mut self, part: &PatternPart, next: usize, parts: &mut usize) -> Option<usize> {
        *parts += 1;
        if *parts > PARTS {
            return None;
        }
        match part {
            PatternPart::Class(class) => {
                let known = self.classes.iter().position(|known| known == class);
                let class = known.unwrap_or_else(|| {
                    self.classes.push(class.clone());
                    self.classes.len() - 1
                });
                self.push(State::Character { class, next })
            }
            PatternPart::Start => self.push(State::Start(next)),
            PatternPart::End => self.push(State::End(next)),
            PatternPart::Concat(all) => all
                .iter()
                .rev()
                .try_fold(next, |next, part| self.add(part, next, parts)),
            PatternPart::Either(all) => {
                let begins = all
                    .iter()
                    .map(|part| self.add(part, next, parts))
                    .collect::<Option<_>>()?;
                self.push(State::Fork(begins))
            }
            PatternPart::Repeat { part, least, most } => {
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
                    State::Character { class, next } => {
                        live[*next] && !self.classes[*class].ranges().is_empty()
                    }
                    State::Fork(all) => all.iter().any(|next| live[*next]),
                    State::End(next) => live[*next],
                    State::Start(_) => false,
                    State::SearchOutcome => true,
                };
                changed |= lives != live[index];
                live[index] = lives;
            }
            if !changed {
                return live;
            }
        }
    }
}
