//! Compares what objects declare: properties in both are walked into; added and removed ones are judged here, and what
//! is said of undeclared ones.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    rc::Rc,
};

use serde_json::{Value, json};

use super::{
    super::{
        change::{Change, Class, Shows},
        node::Node,
        rule::Rule,
        words,
    },
    Pair, Part, Schemas,
    form::{Form, Mode},
    judge::{blank, place},
    keywords::{Group, Kind},
    objects::{self, Others, declared, others},
    sample::{self, Step},
};

impl Schemas {
    /// The properties that both sides declare.
    pub(super) fn properties(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        let head: HashMap<&str, Node<'_>> = objects::properties(&pair.head, pair.direction()).into_iter().collect();
        for (name, base) in objects::properties(&pair.base, pair.direction()) {
            if let Some(head) = head.get(name) {
                self.below(&pair.below(base, head.clone(), Step::Property(name.to_owned())), part);
            }
        }
    }

    /// The properties that only one side declares.
    pub(super) fn added_and_removed(&mut self, pair: &Pair<'_, '_>) -> Vec<Change> {
        let base = objects::properties(&pair.base, pair.direction());
        let head = objects::properties(&pair.head, pair.direction());
        let names =
            |these: &[(&'_ str, Node<'_>)]| these.iter().map(|(name, _)| (*name).to_owned()).collect::<HashSet<_>>();
        let (old, new) = (names(&base), names(&head));
        let mut changes = Vec::new();
        for (name, node) in head.iter().filter(|(name, _)| !old.contains(*name)) {
            changes.push(self.added(pair, name, node));
        }
        for (name, node) in base.iter().filter(|(name, _)| !new.contains(*name)) {
            changes.push(self.removed(pair, name, node));
        }
        changes
    }

    fn added(&mut self, pair: &Pair<'_, '_>, name: &str, property: &Node<'_>) -> Change {
        let direction = pair.direction();
        let taken = match (others(&pair.base), pair.is_request()) {
            (Others::Unsaid, _) | (Others::Refused, true) | (Others::Anything, false) => true,
            (Others::Refused, false) => false,
            (Others::Anything, true) => {
                property.resolved().value == &json!(true) || property.resolved().value == &json!({})
            }
            (Others::Schema(other), true) => self.takes_all(property, &other, direction),
            (Others::Schema(other), false) => self.takes_all(&other, property, direction),
        };
        let class = if taken { Class::Compatible } else { Class::Breaking };
        let mut change = blank(Rule::PropertyAdded, class, direction);
        let now = if pair.base.path(&["properties", name]).is_some() { "is carried now" } else { "was added" };
        change.sentence = words::sentence(&format!("property `{name}` {now}"), class, direction, false);
        place(&mut change, None, Some(property));
        if !taken {
            self.show_added(pair, &mut change);
        }
        change
    }

    fn show_added(&self, pair: &Pair<'_, '_>, change: &mut Change) {
        let direction = pair.direction();
        let (from, to) = if pair.is_request() { (&pair.base, &pair.head) } else { (&pair.head, &pair.base) };
        let (accepts, wide) = (Form::of(from, Mode::Open, direction), Form::of(to, Mode::Open, direction));
        let shows = if pair.is_request() { Shows::RequestRefused } else { Shows::AnswerNew };
        change.counterexample =
            sample::separating(&accepts, &wide, None).map(|value| self.shown(pair, shows, value, true));
    }

    fn removed(&mut self, pair: &Pair<'_, '_>, name: &str, property: &Node<'_>) -> Change {
        let direction = pair.direction();
        let still = match others(&pair.head) {
            Others::Anything => true,
            Others::Schema(other) => self.takes_all(&other, property, direction),
            Others::Unsaid | Others::Refused => false,
        };
        let class = if still && pair.is_request() { Class::Compatible } else { Class::Breaking };
        let mut change = blank(Rule::PropertyRemoved, class, direction);
        let gone =
            if pair.head.path(&["properties", name]).is_some() { "is not carried any more" } else { "was removed" };
        let who = match (class, pair.is_request()) {
            (Class::Compatible, _) => "undeclared properties are still taken",
            (_, true) => "clients that send it are ignored or refused",
            (_, false) => "clients that read it find nothing",
        };
        change.sentence = format!("property `{name}` {gone}: {who}.");
        place(&mut change, Some(property), None);
        if class == Class::Breaking {
            self.show_removed(pair, name, &mut change);
        }
        change
    }

    fn show_removed(&self, pair: &Pair<'_, '_>, name: &str, change: &mut Change) {
        let direction = pair.direction();
        let mut accepts = Form::of(&pair.base, Mode::Closed, direction);
        if let Some(fields) = accepts.as_object_mut() {
            let required = fields.entry("required").or_insert_with(|| json!([]));
            let list = required.as_array_mut().filter(|names| !names.contains(&json!(name)));
            list.into_iter().for_each(|names| names.push(json!(name)));
        }
        let wide = Form::of(&pair.head, Mode::Closed, direction);
        let shows = if pair.is_request() { Shows::RequestRefused } else { Shows::AnswerGone };
        change.counterexample =
            sample::separating(&accepts, &wide, None).map(|value| self.shown(pair, shows, value, false));
    }

    /// Whether a removed property is only declared elsewhere: by a part of the same object.
    pub(super) fn moved(&self, pair: &Pair<'_, '_>, removed: &Change) -> bool {
        let name = removed.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let mut names = BTreeSet::new();
        declared(&pair.head, pair.direction(), &mut names, &mut BTreeSet::new());
        pair.is_request() || names.contains(&name)
    }

    /// What is said of undeclared properties: walked into where both sides have a schema for them.
    pub(super) fn undeclared(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        const GROUP: Group =
            Group { rule: Rule::AdditionalProperties, kind: Kind::Undeclared, keys: &["additionalProperties"] };
        let (base, head) = (pair.base.raw("additionalProperties"), pair.head.raw("additionalProperties"));
        match (base, head) {
            (Some(base), Some(head)) if base.value.is_object() && head.value.is_object() => {
                self.below(&pair.below(base, head, Step::Other), part);
            }
            (base, head) if base.as_ref().map(value) == head.as_ref().map(value) => {}
            _ => part.own.push(Rc::new(self.keyword(pair, &GROUP))),
        }
    }
}

fn value<'a>(node: &Node<'a>) -> &'a Value {
    node.value
}
