//! Searches the shortest string that some automata find their pattern in, and another does not. It
//! steps through all of them at once, breadth first, and bounds what it does by counting.

use std::collections::{HashMap, HashSet};

use super::{
    alphabet::{Symbol, symbols},
    automaton::{Automaton, Position, States},
};

/// How many sets of states of one automaton are told apart.
const SETS: usize = 5_000;
/// How many combinations of such sets are.
const NODES: usize = 50_000;
/// How many steps are made, those of each state of a set counted.
const STEPS: usize = 1_000_000;

pub(super) enum SearchOutcome {
    Text(String),
    /// There is no such string.
    Nothing,
    /// It took too much.
    Unknown,
}

/// What a string must be like.
pub(super) struct InclusionSearch<'a> {
    /// Has these patterns,
    pub accepts: &'a [Automaton],
    /// and not this,
    pub refuses: Option<&'a Automaton>,
    /// and so many characters.
    pub least: u64,
    pub most: Option<u64>,
}

impl InclusionSearch<'_> {
    pub(super) fn shortest(&self) -> SearchOutcome {
        self.found().unwrap_or(SearchOutcome::Unknown)
    }

    fn found(&self) -> Option<SearchOutcome> {
        let automata: Vec<&Automaton> = self.accepts.iter().chain(self.refuses).collect();
        let symbols = symbols(&automata)?;
        let mut steps = 0;
        let mut sides: Vec<PatternSide> = automata
            .iter()
            .enumerate()
            .map(|(index, of)| PatternSide::new(index, of))
            .collect();
        let mut nodes = vec![SearchNode {
            sets: vec![0; sides.len()],
            length: 0,
            from: None,
        }];
        let mut seen = HashSet::from([self.key(&nodes[0])]);
        let mut current = 0;
        while current < nodes.len() {
            let SearchNode { sets, length, .. } = &nodes[current];
            let (sets, length) = (sets.clone(), *length);
            if self.is_met(&sides, &sets, length) {
                return Some(SearchOutcome::Text(text(&nodes, &symbols, current)));
            }
            let symbols = symbols
                .iter()
                .enumerate()
                .filter(|_| self.most.is_none_or(|most| length < most));
            for (index, symbol) in symbols {
                let next = sides
                    .iter_mut()
                    .zip(&sets)
                    .map(|(side, set)| side.step(*set, index, symbol, &mut steps));
                let node = SearchNode {
                    sets: next.collect::<Option<_>>()?,
                    length: length + 1,
                    from: Some((current, index)),
                };
                if !self.is_hopeless(&sides, &node.sets) && seen.insert(self.key(&node)) {
                    nodes.push(node);
                }
            }
            if nodes.len() > NODES || steps > STEPS {
                return None;
            }
            current += 1;
        }
        Some(SearchOutcome::Nothing)
    }

    /// Longer than must be is the same.
    fn key(&self, node: &SearchNode) -> (Vec<usize>, u64) {
        (node.sets.clone(), node.length.min(self.least))
    }

    fn is_met(&self, sides: &[PatternSide<'_>], sets: &[usize], length: u64) -> bool {
        let position = if length == 0 {
            Position::START
        } else {
            Position::WITHIN
        };
        let finds =
            |(side, set): (&PatternSide<'_>, &usize)| side.of.found(&side.sets[*set], position);
        let mut found = sides.iter().zip(sets).map(finds);
        length >= self.least
            && found.by_ref().take(self.accepts.len()).all(|found| found)
            && !found.any(|found| found)
    }

    /// Whether no longer string can do.
    fn is_hopeless(&self, sides: &[PatternSide<'_>], sets: &[usize]) -> bool {
        let states = |index: usize| &sides[index].sets[sets[index]];
        (0..self.accepts.len()).any(|index| states(index).is_empty())
            || (self.accepts.len()..sides.len()).any(|index| Automaton::is_found(states(index)))
    }
}

/// Where all automata are, and how they came there.
struct SearchNode {
    sets: Vec<usize>,
    length: u64,
    from: Option<(usize, usize)>,
}

fn text(nodes: &[SearchNode], symbols: &[Symbol], mut node: usize) -> String {
    let mut characters = Vec::new();
    while let Some((from, symbol)) = nodes[node].from {
        characters.push(symbols[symbol].shown);
        node = from;
    }
    characters.iter().rev().collect()
}

/// One automaton, and the sets of states that were reached.
struct PatternSide<'a> {
    index: usize,
    of: &'a Automaton,
    sets: Vec<States>,
    known: HashMap<States, usize>,
    steps: HashMap<(usize, usize), usize>,
}

impl<'a> PatternSide<'a> {
    fn new(index: usize, of: &'a Automaton) -> Self {
        Self {
            index,
            of,
            sets: vec![of.begin()],
            known: HashMap::new(),
            steps: HashMap::new(),
        }
    }

    /// The set after a character. None where it took too much.
    fn step(
        &mut self,
        set: usize,
        index: usize,
        symbol: &Symbol,
        steps: &mut usize,
    ) -> Option<usize> {
        *steps += 1;
        if let Some(next) = self.steps.get(&(set, index)) {
            return Some(*next);
        }
        let members = &symbol.members[self.index];
        let states = self.of.step(&self.sets[set], |class| members[class]);
        *steps += self.sets[set].len() + states.len();
        let next = *self.known.entry(states).or_insert_with_key(|states| {
            self.sets.push(states.clone());
            self.sets.len() - 1
        });
        self.steps.insert((set, index), next);
        (self.sets.len() <= SETS && *steps <= STEPS).then_some(next)
    }
}
