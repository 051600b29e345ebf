//! Compares the components that no operation uses: nothing of them is on the wire, but programs may
//! use the types that are generated from them.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    rule::Rule,
    schema::words_changed,
};

/// The kinds of components that something can refer to.
const KINDS: [&str; 8] = [
    "schemas",
    "responses",
    "parameters",
    "requestBodies",
    "headers",
    "links",
    "callbacks",
    "pathItems",
];

impl Comparison<'_> {
    pub(super) fn components(&mut self) {
        let used = (used(&self.base), used(&self.head));
        for kind in KINDS {
            let (base, head) = (components(&self.base, kind), components(&self.head, kind));
            let names: BTreeSet<&str> = base.iter().chain(&head).map(|(name, _)| *name).collect();
            for name in names {
                let (old, new) = (find(&base, name), find(&head, name));
                let unused = |node: &Option<Node<'_>>, used: &HashSet<String>| {
                    node.as_ref()
                        .is_none_or(|node| !used.contains(&node.pointer))
                };
                let differs =
                    old.as_ref().map(|node| node.value) != new.as_ref().map(|node| node.value);
                if differs && unused(&old, &used.0) && unused(&new, &used.1) {
                    self.unused(name, old.as_ref(), new.as_ref());
                }
            }
        }
        self.shared_examples();
    }

    fn unused(&mut self, name: &str, old: Option<&Node<'_>>, new: Option<&Node<'_>>) {
        let sentence = format!(
            "component `{name}` changed, which no operation uses: \
             nothing changes on the wire, only generated types do."
        );
        self.changes.add(
            "",
            by_rule(
                Rule::Unused,
                Class::Compatible,
                Direction::Both,
                sentence,
                (old, new),
            ),
        );
    }

    fn shared_examples(&mut self) {
        let (base, head) = (
            self.base.path(&["components", "examples"]),
            self.head.path(&["components", "examples"]),
        );
        let (Some(base), Some(head)) = (base, head) else {
            return;
        };
        let names: BTreeSet<&str> = base
            .entries()
            .chain(head.entries())
            .map(|(name, _)| name)
            .collect();
        for name in names {
            if let Some(change) = words_changed(&base, &head, name) {
                self.changes.add("", change);
            }
        }
    }
}

fn components<'a>(document: &Node<'a>, kind: &str) -> Vec<(&'a str, Node<'a>)> {
    document
        .get("components")
        .map(|components| components.named(kind))
        .unwrap_or_default()
}

fn find<'a>(among: &[(&str, Node<'a>)], name: &str) -> Option<Node<'a>> {
    among
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, node)| node.clone())
}

/// The pointers of all that operations refer to, directly or behind other references.
fn used(document: &Node<'_>) -> HashSet<String> {
    let mut used = HashSet::new();
    let mut waiting: Vec<Node<'_>> = ["paths", "webhooks"]
        .iter()
        .filter_map(|key| document.raw(key))
        .collect();
    while let Some(node) = waiting.pop() {
        if let Some(target) = node.target()
            && used.insert(target.pointer.clone())
        {
            // The whole component counts where a part of it is referred to.
            let parts: Vec<&str> = target.pointer.splitn(5, '/').take(4).collect();
            used.insert(parts.join("/"));
            waiting.push(target);
        }
        match node.value {
            Value::Object(_) => waiting.extend(node.entries().map(|(_, child)| child)),
            Value::Array(_) => waiting.extend(node.elements()),
            _ => {}
        }
    }
    used
}
