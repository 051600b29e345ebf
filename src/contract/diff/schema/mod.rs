//! Compares two schemas in one direction: walks both to the places where they differ, and has each difference judged.
//! Recursive schemas are walked once; references may have other names.

mod alternatives;
mod annotations;
mod branches;
mod candidates;
mod form;
mod judge;
mod keywords;
#[allow(dead_code)]
mod language;
mod numbers;
mod objects;
mod plain;
mod properties;
mod prove;
mod sample;
mod sides;
mod texts;
mod walk;
mod wholes;

pub(super) use annotations::{deprecated, words_changed};

use std::{collections::HashMap, rc::Rc, time::Instant};

use serde_json::Value;

use self::{
    keywords::{GROUPS, Group, Kind},
    prove::Prover,
    sample::Step,
};
use super::{
    change::{Change, Class, Direction},
    collect::NAMED,
    node::Node,
    rule::Rule,
};

/// Two schemas that say what is sent or received at one place.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub direction: Direction,
    /// In words: `the body of add_member`.
    pub at: String,
    pub base: Node<'a>,
    pub head: Node<'a>,
}

/// Compares schemas, and remembers what it compared.
pub(super) struct Schemas {
    prover: Prover,
    /// Where in `parts` a pair of schemas is.
    compared: HashMap<Key, usize>,
    parts: Vec<Rc<Part>>,
    /// How often each part was gathered.
    gathered: Vec<usize>,
    /// How many references lead to where the walk is.
    depth: usize,
    too_deep: bool,
}

/// Two schemas that references lead to, in one direction.
type Key = (String, String, Direction);

/// What was found in one schema.
#[derive(Default)]
struct Part {
    /// About the value itself.
    own: Vec<Rc<Change>>,
    /// About parts of the value.
    rest: Vec<Rc<Change>>,
    /// The parts that stand behind references.
    behind: Vec<usize>,
}

/// A pair of schemas within a place.
struct Pair<'p, 'a> {
    place: &'p Place<'a>,
    base: Node<'a>,
    head: Node<'a>,
    /// The way from the whole value to the part that the pair speaks of.
    steps: Vec<Step>,
}

impl Schemas {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            prover: Prover::new(start),
            compared: HashMap::new(),
            parts: Vec::new(),
            gathered: Vec::new(),
            depth: 0,
            too_deep: false,
        }
    }

    /// What was left open, in words.
    pub(super) fn left_open(&self) -> Vec<String> {
        let late = self.prover.ran_out_of_time().then_some(
            "some schemas took too long to prove; their changes are marked as undecided and count as breaking",
        );
        let deep = self.too_deep.then_some("schemas behind very long chains of references were not compared");
        late.into_iter().chain(deep).map(str::to_owned).collect()
    }

    /// All changes between the two schemas of a place.
    pub(super) fn compare(&mut self, place: &Place<'_>) -> Vec<Rc<Change>> {
        let pair = Pair { place, base: place.base.clone(), head: place.head.clone(), steps: Vec::new() };
        let mut part = Part::default();
        self.below(&pair, &mut part);
        let mut changes = part.rest;
        let mut seen = vec![false; self.parts.len()];
        self.gathered.resize(self.parts.len(), 0);
        let mut waiting = part.behind;
        while let Some(index) = waiting.pop() {
            let (Some(part), Some(seen), Some(gathered)) =
                (self.parts.get(index), seen.get_mut(index), self.gathered.get_mut(index))
            else {
                continue;
            };
            // What so many operations share names no further ones; nor does anything behind it.
            if std::mem::replace(seen, true) || *gathered > NAMED {
                continue;
            }
            *gathered += 1;
            changes.extend(part.own.iter().chain(&part.rest).map(Rc::clone));
            waiting.extend(&part.behind);
        }
        changes
    }
}

impl Schemas {
    fn pair(&mut self, pair: &Pair<'_, '_>) -> Part {
        let mut part = Part::default();
        if !pair.base.value.is_object() || !pair.head.value.is_object() {
            if pair.base.value != pair.head.value {
                part.own.push(Rc::new(self.whole(pair, Rule::Schema)));
            }
            return part;
        }
        let mut own = annotations::changes(pair);
        for group in GROUPS {
            if self.differs(pair, group) {
                own.push(self.keyword(pair, group));
            }
        }
        own.extend(self.format(pair));
        own.extend(annotations::discriminator(pair));
        own.extend(self.added_and_removed(pair));
        part.own = own.into_iter().map(Rc::new).collect();
        self.alternatives(pair, &mut part);
        self.elements(pair, &mut part);
        self.undeclared(pair, &mut part);
        self.properties(pair, &mut part);
        self.reconsider(pair, &mut part.own);
        part
    }

    fn differs(&self, pair: &Pair<'_, '_>, group: &Group) -> bool {
        if group.rule == Rule::Required {
            return objects::required(&pair.base, pair.direction()) != objects::required(&pair.head, pair.direction());
        }
        let written = group.keys.iter().any(|key| pair.base.value.get(key) != pair.head.value.get(key));
        written || (group.kind != Kind::Plain && self.differ_behind(pair, group.keys))
    }

    /// Several differences of one schema may take back one another (`allOf` written out, `const` for `enum`): what the
    /// schema says as a whole counts.
    fn reconsider(&mut self, pair: &Pair<'_, '_>, own: &mut [Rc<Change>]) {
        let judged = own.iter().filter(|change| change.rule != Rule::Prose).count();
        let open = own.iter().any(|change| change.class > Class::Docs && self.provable(pair, change));
        if judged < 2 || !open {
            return;
        }
        let Some(class) = self.proven_whole(pair) else { return };
        for change in own.iter_mut().filter(|change| change.class > class) {
            if self.provable(pair, change) {
                judge::acquit(Rc::make_mut(change), class);
            }
        }
    }

    /// Whether a proof about the values speaks for or against a change.
    fn provable(&self, pair: &Pair<'_, '_>, change: &Change) -> bool {
        match change.rule {
            Rule::Format | Rule::Content | Rule::Default | Rule::Discriminator | Rule::Deprecated => false,
            Rule::AdditionalProperties | Rule::PropertyNames | Rule::PatternProperties | Rule::Unevaluated => false,
            Rule::PropertyRemoved => self.moved(pair, change),
            _ => true,
        }
    }

    fn elements(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        const TUPLE: Group = Group { rule: Rule::Items, kind: Kind::Schemas, keys: &["prefixItems", "items"] };
        const ITEMS: Group = Group { rule: Rule::Items, kind: Kind::Schemas, keys: &["items"] };
        if pair.base.raw("prefixItems").is_some() || pair.head.raw("prefixItems").is_some() {
            if self.differs(pair, &TUPLE) {
                part.own.push(Rc::new(self.keyword(pair, &TUPLE)));
            }
            return;
        }
        match (pair.base.raw("items"), pair.head.raw("items")) {
            (Some(base), Some(head)) => self.below(&pair.below(base, head, Step::Element), part),
            (None, None) => {}
            _ => part.own.push(Rc::new(self.keyword(pair, &ITEMS))),
        }
    }
}

impl<'p, 'a> Pair<'p, 'a> {
    fn below(&self, base: Node<'a>, head: Node<'a>, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { place: self.place, base, head, steps }
    }

    /// Another pair about the same value: branches of `allOf` and the like.
    fn beside(&self, base: Node<'a>, head: Node<'a>) -> Self {
        Self { place: self.place, base, head, steps: self.steps.clone() }
    }

    fn direction(&self) -> Direction {
        self.place.direction
    }

    fn is_request(&self) -> bool {
        self.place.direction == Direction::Request
    }

    fn get(&self, key: &str) -> (Option<&'a Value>, Option<&'a Value>) {
        (self.base.value.get(key), self.head.value.get(key))
    }
}
