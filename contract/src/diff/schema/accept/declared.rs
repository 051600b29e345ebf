//! Which properties are declared, by which alternatives, and which ones a value may have at all.

use std::{collections::BTreeSet, rc::Rc};

use serde_json::Value;

use super::{
    super::{
        super::node::Node,
        conjunction::expanded,
        objects::{has_name, hidden},
        patterns,
        types::Types,
    },
    Accept, Choice, OTHER,
};

impl<'a> Accept<'a> {
    /// The names that are declared for it, by alternatives that are still open too.
    pub(in super::super) fn names(&self) -> &BTreeSet<String> {
        self.names.get_or_init(|| {
            let (mut names, mut seen) = (self.has.clone(), BTreeSet::new());
            for part in self.parts.iter().chain(&self.maybe) {
                self.declared(part, &mut names, &mut seen);
            }
            names.retain(|name| !self.hides(name));
            Rc::new(names)
        })
    }

    /// All names that something is said of by name.
    pub(in super::super) fn mentioned(&self) -> BTreeSet<String> {
        let properties = self.all().flat_map(|node| node.named("properties"));
        let names = properties
            .map(|(name, _)| name.to_owned())
            .chain(self.required());
        names.chain(self.names().iter().cloned()).collect()
    }

    fn declared(&self, node: &Node<'a>, names: &mut BTreeSet<String>, seen: &mut BTreeSet<usize>) {
        let node = node.resolved();
        if !seen.insert(node.id()) {
            return;
        }
        for (name, property) in node.named("properties") {
            if property.value != &Value::Bool(false) && !hidden(&property, self.direction) {
                names.insert(name.to_owned());
            }
        }
        let named = |list: &Value| -> Vec<String> {
            list.as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        names.extend(node.value.get("required").map(named).unwrap_or_default());
        for (name, others) in node.named("dependentRequired") {
            names.insert(name.to_owned());
            names.extend(named(others.value));
        }
        for branch in node.list("allOf") {
            self.declared(&branch, names, seen);
        }
        for (key, choice) in [
            ("anyOf", Choice::AnyOf(node.id())),
            ("oneOf", Choice::OneOf(node.id())),
        ] {
            if !self.chosen.contains(&choice) {
                node.list(key)
                    .iter()
                    .for_each(|branch| self.declared(branch, names, seen));
            }
        }
        if !self.chosen.contains(&Choice::If(node.id())) {
            for branch in ["if", "then", "else"]
                .iter()
                .filter_map(|key| node.raw(key))
            {
                self.declared(&branch, names, seen);
            }
        }
        for (name, branch) in node.named("dependentSchemas") {
            if !self
                .chosen
                .contains(&Choice::Dependent(node.id(), name.to_owned()))
            {
                self.declared(&branch, names, seen);
            }
        }
    }

    /// Whether something is said of properties that are not declared by name, so that they count as
    /// declared.
    fn speaks_of(&self, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        self.parts.iter().chain(&self.maybe).any(|part| self.speaks(part, name, &mut seen))
            // A name that stands for all others may match a pattern of an alternative.
            || (name == OTHER && self.open().iter().any(|node| node.value.get("patternProperties").is_some()))
    }

    /// The schemas of alternatives that are still open, and of what may apply.
    pub(in super::super) fn open(&self) -> &[Node<'a>] {
        self.open.get_or_init(|| {
            let (mut open, mut seen) = (Vec::new(), BTreeSet::new());
            for part in &self.parts {
                self.alternatives(part, &mut open, &mut seen);
            }
            for node in &self.maybe {
                self.apply(node, &mut open, &mut seen);
            }
            Rc::new(open)
        })
    }

    fn apply(&self, node: &Node<'a>, open: &mut Vec<Node<'a>>, seen: &mut BTreeSet<usize>) {
        for part in expanded([node]) {
            if seen.insert(part.id()) {
                self.alternatives(&part, open, seen);
                open.push(part);
            }
        }
    }

    fn alternatives(&self, node: &Node<'a>, open: &mut Vec<Node<'a>>, seen: &mut BTreeSet<usize>) {
        let undecided = |choice: Choice| !self.chosen.contains(&choice);
        let any_of = node
            .list("anyOf")
            .into_iter()
            .filter(|_| undecided(Choice::AnyOf(node.id())));
        let one_of = node
            .list("oneOf")
            .into_iter()
            .filter(|_| undecided(Choice::OneOf(node.id())));
        let conditional = ["if", "then", "else"]
            .iter()
            .filter_map(|key| node.raw(key));
        let conditional = conditional.filter(|_| undecided(Choice::If(node.id())));
        let dependent = node.named("dependentSchemas").into_iter();
        let dependent = dependent
            .filter(|(name, _)| undecided(Choice::Dependent(node.id(), (*name).to_owned())));
        let all = any_of
            .chain(one_of)
            .chain(conditional)
            .chain(dependent.map(|(_, schema)| schema));
        all.for_each(|branch| self.apply(&branch, open, seen));
    }

    /// The schema of a property that nothing but one open alternative declares: it is there only if
    /// that applies.
    pub(super) fn declared_by_one(&self, name: &str) -> Option<Node<'a>> {
        let mentions = |node: &&Node<'a>| {
            let listed = |key: &str| {
                node.value
                    .get(key)
                    .is_some_and(|names| names.to_string().contains(name))
            };
            has_name(node, name).is_some() || listed("required") || listed("dependentRequired")
        };
        if !self.closed
            || self.has.contains(name)
            || self.may_be_free()
            || self.all().any(|part| mentions(&part))
            || self.speaks_of(name)
        {
            return None;
        }
        let mut declaring = self.open().iter().filter(mentions);
        let only = has_name(declaring.next()?, name)?;
        declaring.next().is_none().then_some(only)
    }

    fn speaks(&self, node: &Node<'a>, name: &str, seen: &mut BTreeSet<usize>) -> bool {
        let node = node.resolved();
        if !seen.insert(node.id()) {
            return false;
        }
        let other = |key: &str| {
            node.value
                .get(key)
                .is_some_and(|schema| schema != &Value::Bool(false))
        };
        if other("additionalProperties") || other("unevaluatedProperties") {
            return true;
        }
        let matched = |(pattern, schema): &(&str, Node<'_>)| {
            schema.value != &Value::Bool(false) && patterns::matches(pattern, name) != Some(false)
        };
        if node.named("patternProperties").iter().any(matched) {
            return true;
        }
        let lists = ["allOf", "anyOf", "oneOf"]
            .iter()
            .flat_map(|key| node.list(key));
        let single = ["if", "then", "else"]
            .iter()
            .filter_map(|key| node.raw(key));
        let dependent = node
            .named("dependentSchemas")
            .into_iter()
            .map(|(_, schema)| schema);
        let below: Vec<Node<'a>> = lists.chain(single).chain(dependent).collect();
        below.iter().any(|branch| self.speaks(branch, name, seen))
    }

    /// Whether a property may be there at all, as far as declarations go.
    pub(in super::super) fn may_have(&self, name: &str) -> bool {
        if self.lacks.contains(name) {
            return false;
        }
        if self.has.contains(name) {
            return true;
        }
        let shown = |node: &Node<'a>| {
            has_name(node, name).is_some_and(|property| hidden(&property, self.direction))
        };
        if self.all().any(shown) {
            return false;
        }
        let names = self.names();
        names.contains(name)
            || !self.closed
            || self.speaks_of(name)
            || (self.may_be_free() && !self.refuses_others())
    }

    fn refuses_others(&self) -> bool {
        self.parts
            .iter()
            .any(|part| part.value.get("unevaluatedProperties") == Some(&Value::Bool(false)))
    }

    /// Whether there are alternatives that leave it without a declared property, so that it may
    /// have any.
    pub(in super::super) fn may_be_free(&self) -> bool {
        *self.free.get_or_init(|| {
            let mut seen = BTreeSet::new();
            self.parts.iter().all(|part| self.is_free(part, &mut seen))
        })
    }

    fn is_free(&self, node: &Node<'a>, seen: &mut BTreeSet<usize>) -> bool {
        let node = node.resolved();
        if !seen.insert(node.id()) {
            return true;
        }
        let declares = |key: &str| match node.value.get(key) {
            Some(Value::Array(names)) => !names.is_empty(),
            Some(Value::Object(names)) => !names.is_empty(),
            _ => false,
        };
        let declared = node.named("properties");
        // One that this direction does not carry is declared all the same.
        let declared = declared
            .iter()
            .any(|(_, property)| property.value != &Value::Bool(false));
        // What is no object is not free-form either.
        let types = node.value.get("type").map_or(Types::ALL, Types::allowed);
        let listed = node
            .value
            .get("enum")
            .and_then(Value::as_array)
            .map(|values| values.iter().map(Types::of));
        let listed = listed.map_or(Types::ALL, |types| types.fold(Types::NONE, Types::or));
        let only = node.value.get("const").map_or(Types::ALL, Types::of);
        if !types.and(listed).and(only).meets(Types::OBJECT) {
            return false;
        }
        if declared || declares("required") || declares("dependentRequired") {
            return false;
        }
        let any = |key: &str, choice: Choice, seen: &mut BTreeSet<usize>| {
            let branches = node.list(key);
            self.chosen.contains(&choice)
                || branches.is_empty()
                || branches
                    .iter()
                    .any(|branch| self.is_free(branch, &mut seen.clone()))
        };
        node.list("allOf")
            .iter()
            .all(|branch| self.is_free(branch, seen))
            && any("anyOf", Choice::AnyOf(node.id()), seen)
            && any("oneOf", Choice::OneOf(node.id()), seen)
            && (self.chosen.contains(&Choice::If(node.id()))
                || node
                    .raw("else")
                    .is_none_or(|branch| self.is_free(&branch, &mut seen.clone()))
                || ["if", "then"]
                    .iter()
                    .filter_map(|key| node.raw(key))
                    .all(|branch| self.is_free(&branch, &mut seen.clone())))
    }

    /// What is said of properties that nothing else speaks of, where nothing else does.
    pub(super) fn unevaluated(&self, name: &str) -> Vec<Node<'a>> {
        if self.names().contains(name) {
            return Vec::new();
        }
        let alone = |part: &&Node<'a>| {
            let mut seen = BTreeSet::new();
            part.value.get("unevaluatedProperties").is_some()
                && !evaluates_others(part, true, &mut seen)
        };
        self.parts
            .iter()
            .filter(alone)
            .filter_map(|part| part.raw("unevaluatedProperties"))
            .collect()
    }

    /// Whether a property that nothing names may be there.
    pub(in super::super) fn may_have_others(&self) -> bool {
        self.may_have(OTHER)
    }
}

/// Whether a schema speaks of properties that it does not name, or one that applies with it does.
fn evaluates_others(node: &Node<'_>, itself: bool, seen: &mut BTreeSet<usize>) -> bool {
    let node = node.resolved();
    if !seen.insert(node.id()) {
        return false;
    }
    let spoken = |key: &str| node.value.get(key).is_some();
    let lists = ["allOf", "anyOf", "oneOf"]
        .iter()
        .flat_map(|key| node.list(key));
    let single = ["if", "then", "else"]
        .iter()
        .filter_map(|key| node.raw(key));
    let dependent = node
        .named("dependentSchemas")
        .into_iter()
        .map(|(_, schema)| schema);
    spoken("additionalProperties")
        || spoken("patternProperties")
        || (!itself && spoken("unevaluatedProperties"))
        || lists
            .chain(single)
            .chain(dependent)
            .any(|below| evaluates_others(&below, false, seen))
}
