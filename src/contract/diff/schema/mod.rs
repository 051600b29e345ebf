//! Compares two schemas in one direction: walks both to the places where they differ, and has each difference judged.
//! Recursive schemas are walked once; references may have other names.

mod alternatives;
mod annotations;
mod candidates;
mod form;
mod judge;
mod keywords;
mod numbers;
mod objects;
mod properties;
mod prove;
mod sample;
mod texts;

pub(super) use annotations::{deprecated, words_changed};

use std::{collections::HashMap, rc::Rc, time::Instant};

use serde_json::Value;

use self::{
    keywords::{GROUPS, Kind},
    prove::Prover,
    sample::Step,
};
use super::{
    change::{Change, Class, Direction},
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
    compared: HashMap<(String, String, Direction), Rc<Vec<Change>>>,
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
    pub(super) fn new(deadline: Instant) -> Self {
        Self { prover: Prover::new(deadline), compared: HashMap::new() }
    }

    /// Whether some proof was given up for want of time.
    pub(super) fn ran_out_of_time(&self) -> bool {
        self.prover.ran_out_of_time()
    }

    /// All changes between the two schemas of a place.
    pub(super) fn compare(&mut self, place: &Place<'_>) -> Vec<Change> {
        let pair = Pair { place, base: place.base.clone(), head: place.head.clone(), steps: Vec::new() };
        self.walk(&pair)
    }

    fn walk(&mut self, pair: &Pair<'_, '_>) -> Vec<Change> {
        let mut changes = annotations::beside_references(&pair.base, &pair.head);
        let pair = Pair { base: pair.base.resolved(), head: pair.head.resolved(), steps: pair.steps.clone(), ..*pair };
        let key = (pair.base.pointer.clone(), pair.head.pointer.clone(), pair.place.direction);
        if let Some(known) = self.compared.get(&key) {
            changes.extend(known.iter().cloned());
            return changes;
        }
        // A schema that comes back to itself adds nothing that is not found on the way.
        self.compared.insert(key.clone(), Rc::default());
        let found = Rc::new(self.pair(&pair));
        self.compared.insert(key, Rc::clone(&found));
        changes.extend(found.iter().cloned());
        changes
    }

    fn pair(&mut self, pair: &Pair<'_, '_>) -> Vec<Change> {
        if !pair.base.value.is_object() || !pair.head.value.is_object() {
            let same = pair.base.value == pair.head.value;
            return if same { Vec::new() } else { vec![self.whole(pair, Rule::Schema)] };
        }
        let mut own = annotations::changes(pair);
        for group in GROUPS {
            let differs = group.keys.iter().any(|key| pair.base.value.get(key) != pair.head.value.get(key));
            if differs || (group.kind != Kind::Plain && self.differ_behind(pair, group.keys)) {
                own.push(self.keyword(pair, group));
            }
        }
        own.extend(self.format(pair));
        own.extend(annotations::discriminator(pair));
        own.extend(self.added_and_removed(pair));
        own.extend(self.alternatives(pair));
        let mut below = self.elements(pair);
        own.extend(self.undeclared(pair, &mut below));
        below.extend(self.properties(pair));
        self.reconsider(pair, &mut own);
        own.append(&mut below);
        own
    }

    /// Several differences of one schema may take back one another (`allOf` written out, `const` for `enum`): what the
    /// schema says as a whole counts.
    fn reconsider(&mut self, pair: &Pair<'_, '_>, own: &mut [Change]) {
        let provable = |change: &&mut Change| {
            change.class == Class::Breaking
                && !matches!(
                    change.rule,
                    Rule::Format
                        | Rule::Content
                        | Rule::Default
                        | Rule::Discriminator
                        | Rule::AdditionalProperties
                        | Rule::PropertyNames
                        | Rule::PatternProperties
                        | Rule::Unevaluated
                )
                && (change.rule != Rule::PropertyRemoved || self.moved(pair, change))
        };
        let judged = own.iter().filter(|change| change.class != Class::Docs || change.rule != Rule::Prose).count();
        let breaks: Vec<&mut Change> = own.iter_mut().filter(provable).collect();
        if judged < 2 || breaks.is_empty() {
            return;
        }
        if let Some(class) = self.proven_whole(pair) {
            breaks.into_iter().for_each(|change| judge::acquit(change, class));
        }
    }

    fn elements(&mut self, pair: &Pair<'_, '_>) -> Vec<Change> {
        match (pair.base.raw("items"), pair.head.raw("items")) {
            _ if pair.base.raw("prefixItems").is_some() || pair.head.raw("prefixItems").is_some() => {
                let keys = ["prefixItems", "items"];
                let group = keywords::Group { rule: Rule::Items, kind: Kind::Schemas, keys: &["prefixItems", "items"] };
                let differs = keys.iter().any(|key| pair.base.value.get(key) != pair.head.value.get(key));
                if differs || self.differ_behind(pair, &keys) { vec![self.keyword(pair, &group)] } else { Vec::new() }
            }
            (Some(base), Some(head)) => self.walk(&pair.below(base, head, Step::Element)),
            (None, None) => Vec::new(),
            _ => {
                let group = keywords::Group { rule: Rule::Items, kind: Kind::Schemas, keys: &["items"] };
                vec![self.keyword(pair, &group)]
            }
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
