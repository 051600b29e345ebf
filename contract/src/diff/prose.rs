//! Compares what is written for people: descriptions, examples, tags, extensions, `info`; and keys
//! that OpenAPI does not define.

use std::collections::BTreeSet;

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    rule::Rule,
    schema::words_changed,
};
use crate::document::{FIELDS, METHODS};

impl Comparison<'_> {
    /// The prose of one object that is no schema.
    pub(super) fn prose(&mut self, operation: &str, base: &Node<'_>, head: &Node<'_>) {
        let keys = |node: &Node<'_>| {
            node.fields()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.clone())
                .collect::<Vec<_>>()
        };
        let keys: BTreeSet<String> = keys(base).into_iter().chain(keys(head)).collect();
        let defined = |key: &str| FIELDS.contains(&key) || METHODS.contains(&key);
        for key in keys.iter().filter(|key| !defined(key)) {
            if let Some(change) = words_changed(base, head, key) {
                self.changes.add(operation, change);
            }
        }
    }

    /// The prose of the document: `info`, tags, links to elsewhere.
    pub(super) fn document_prose(&mut self) {
        let (base, head) = (self.base.clone(), self.head.clone());
        self.prose("", &base, &head);
        for key in ["openapi", "info", "jsonSchemaDialect"] {
            let (old, new) = (base.raw(key), head.raw(key));
            if old.as_ref().map(|node| node.value) != new.as_ref().map(|node| node.value) {
                let sentence = format!("`{key}` changed: nothing changes on the wire.");
                let sides = (old.as_ref(), new.as_ref());
                self.changes.add(
                    "",
                    by_rule(Rule::Info, Class::Docs, Direction::Both, sentence, sides),
                );
            }
        }
    }

    /// The documents differ, and nothing that was compared does.
    pub(super) fn written_otherwise(&mut self) {
        let sentence = "the document is written otherwise: nothing changes on the wire.".to_owned();
        let mut change = by_rule(
            Rule::Prose,
            Class::Docs,
            Direction::Both,
            sentence,
            (None, None),
        );
        change.in_base = false;
        self.changes.add("", change);
    }
}
