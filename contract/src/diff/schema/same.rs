//! Whether two schemas say the same, whatever is in their descriptions and whatever their
//! references are called. The same text is the cheapest proof there is.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{super::node::Node, keywords::is_annotation};

/// Compares, and remembers what was compared.
#[derive(Default)]
pub(super) struct Same {
    known: HashMap<(usize, usize), bool>,
    /// The pairs that were taken to be the same, in the order in which they were met.
    assumed: Vec<(usize, usize)>,
}

impl Same {
    /// Whether two schemas say the same.
    pub(super) fn schemas(&mut self, one: &Node<'_>, other: &Node<'_>) -> bool {
        let (one, other) = (one.resolved(), other.resolved());
        let key = (one.id(), other.id());
        if key.0 == key.1 {
            return true;
        }
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // A pair that comes back to itself differs only if something on the way does.
        let met = self.assumed.len();
        self.known.insert(key, true);
        self.assumed.push(key);
        let same = self.fields(&one, &other);
        if !same {
            for key in self.assumed.split_off(met) {
                self.known.remove(&key);
            }
            self.known.insert(key, false);
        }
        same
    }

    fn fields(&mut self, one: &Node<'_>, other: &Node<'_>) -> bool {
        let (Some(old), Some(new)) = (one.fields(), other.fields()) else {
            return one.value == other.value;
        };
        count(old) == count(new)
            && old
                .keys()
                .filter(|key| !is_annotation(key))
                .all(|key| self.keyword(one, other, key))
    }

    /// Whether a keyword says the same in both.
    pub(super) fn keyword(&mut self, one: &Node<'_>, other: &Node<'_>, key: &str) -> bool {
        let (old, new) = match (one.raw(key), other.raw(key)) {
            (Some(old), Some(new)) => (old, new),
            (old, new) => return old.is_none() && new.is_none(),
        };
        match key {
            "properties" | "patternProperties" | "dependentSchemas" => self.named(&old, &new),
            "items"
            | "additionalProperties"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "contentSchema" => self.schemas(&old, &new),
            "prefixItems" | "allOf" | "anyOf" | "oneOf" => {
                let (old, new) = (old.elements(), new.elements());
                old.len() == new.len()
                    && old
                        .iter()
                        .zip(&new)
                        .all(|(old, new)| self.schemas(old, new))
            }
            "required" | "enum" | "type" => {
                set(old.value) == set(new.value) || old.value == new.value
            }
            _ => old.value == new.value,
        }
    }

    fn named(&mut self, old: &Node<'_>, new: &Node<'_>) -> bool {
        let size = |node: &Node<'_>| node.fields().map_or(0, Map::len);
        size(old) == size(new)
            && old
                .entries()
                .all(|(name, old)| new.raw(name).is_some_and(|new| self.schemas(&old, &new)))
    }
}

fn count(fields: &Map<String, Value>) -> usize {
    fields.keys().filter(|key| !is_annotation(key)).count()
}

/// The members of a list in one order.
fn set(list: &Value) -> Vec<String> {
    let mut members: Vec<String> = match list {
        Value::Array(members) => members.iter().map(Value::to_string).collect(),
        one => vec![one.to_string()],
    };
    members.sort_unstable();
    members.dedup();
    members
}
