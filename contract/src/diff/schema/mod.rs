//! Compares two schemas in one direction: walks both to the places where they differ, and has each
//! difference judged. At each place stand all schemas that apply to one value there, wherever they
//! are written. Recursive schemas are walked once; references may have other names.

mod accept;
mod alternatives;
mod annotations;
mod bounds;
mod candidates;
mod conjunction;
mod form;
mod groups;
mod judge;
mod keywords;

mod language;
mod numbers;
mod objects;
mod pair;
mod patterns;
mod properties;
mod prover;
mod same;
mod sample;
mod texts;
mod types;
mod walk;
mod wholes;

pub(super) use annotations::{deprecated, words_changed};

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use self::{pair::SchemaPair, prover::Prover};
use super::{
    change::{Change, Direction},
    collect::NAMED,
    node::Node,
};

/// Two schemas that say what is sent or received at one place.
#[derive(Clone)]
pub(super) struct SchemaPlace<'a> {
    pub direction: Direction,
    /// Whether values are written as text there, as in a path or a query.
    pub text: bool,
    /// In words: `the body of add_member`.
    pub at: String,
    pub base: Node<'a>,
    pub head: Node<'a>,
}

/// Compares schemas, and remembers what it compared.
#[derive(Default)]
pub(super) struct Schemas {
    prover: Prover,
    /// Where in `parts` a pair is.
    compared: HashMap<pair::PairKey, usize>,
    parts: Vec<Rc<ComparedPart>>,
    /// Parts in and behind which no break is that a proof could speak against.
    harmless: HashSet<usize>,
    /// How often each part was gathered.
    gathered: Vec<usize>,
    /// The parts that the walk is in.
    walking: Vec<usize>,
    /// What is reported if nothing in some parts explains it.
    deferred: Vec<Deferred>,
    is_cut: bool,
    /// How many values were looked for, and how many wholes around them.
    examples: usize,
    wholes: usize,
}

/// A break of alternatives that is one unless a break in one of them is behind it.
struct Deferred {
    at: usize,
    branches: Vec<usize>,
    change: Change,
}

/// What was found at one place.
#[derive(Clone, Default)]
struct ComparedPart {
    changes: Vec<Rc<Change>>,
    /// The places within it.
    behind: Vec<usize>,
    /// Whether it was walked to its end.
    is_complete: bool,
}

impl Schemas {
    /// What was left open, in words.
    pub(super) fn left_open(&self) -> Vec<String> {
        let unasked = self.prover.unasked();
        let large = (unasked > 0).then(|| {
            format!(
                "{unasked} questions about schemas were too large to be asked to the end; \
             what rests on them is undecided"
            )
        });
        let deep = self.is_cut.then(|| {
            "schemas that nest too deep, or in too many ways, were not compared".to_owned()
        });
        large.into_iter().chain(deep).collect()
    }

    /// All changes between the two schemas of a place.
    pub(super) fn compare(&mut self, place: &SchemaPlace<'_>) -> Vec<Rc<Change>> {
        let pair = SchemaPair::of(place);
        let mut changes: Vec<Rc<Change>> = annotations::beside_references(&place.base, &place.head)
            .into_iter()
            .map(Rc::new)
            .collect();
        let mut waiting = vec![self.walked(&pair)];
        self.gathered.resize(self.parts.len(), 0);
        let mut seen = vec![false; self.parts.len()];
        while let Some(index) = waiting.pop() {
            let (Some(part), Some(seen), Some(gathered)) = (
                self.parts.get(index),
                seen.get_mut(index),
                self.gathered.get_mut(index),
            ) else {
                continue;
            };
            // What so many operations share names no further ones; nor does anything behind it.
            if std::mem::replace(seen, true) || *gathered > NAMED {
                continue;
            }
            *gathered += 1;
            changes.extend(part.changes.iter().map(Rc::clone));
            waiting.extend(part.behind.iter().rev());
        }
        changes
    }
}
