//! The types and the values that are possible, and whether nothing but lengths is said.

use serde_json::Value;

use super::{
    super::{
        super::{node::Node, rule::Rule},
        keywords::is_annotation,
        types::Types,
    },
    Accept, AcceptedPart,
};

impl<'a> Accept<'a> {
    /// The types that it may have.
    pub(in super::super) fn possible_types(&self) -> Types {
        let mut types = self
            .values("type")
            .map(Types::allowed)
            .fold(self.types, Types::and);
        for values in self.values("enum").filter_map(Value::as_array) {
            types = types.and(values.iter().map(Types::of).fold(Types::NONE, Types::or));
        }
        self.values("const").map(Types::of).fold(types, Types::and)
    }

    /// The only values that it can have, where they are few.
    pub(in super::super) fn finite(&self) -> Option<Vec<Value>> {
        let lists = self
            .values("enum")
            .filter_map(|list| list.as_array().cloned());
        let mut lists: Vec<Vec<Value>> = lists
            .chain(self.values("const").map(|value| vec![value.clone()]))
            .collect();
        lists.extend(self.all().flat_map(listed));
        let types = self.possible_types();
        if types.is_within(Types::NULL.or(Types::BOOLEAN)) {
            lists.push(vec![Value::Null, Value::Bool(false), Value::Bool(true)]);
        }
        let shortest = lists.into_iter().min_by_key(Vec::len)?;
        Some(
            shortest
                .into_iter()
                .filter(|value| Types::of(value).is_within(types))
                .collect(),
        )
    }

    /// Whether nothing is said of it but how long it is, so that any length within its bounds
    /// occurs.
    pub(in super::super) fn is_bounded_only(&self, rule: Rule) -> bool {
        let keys: &[&str] = match rule {
            Rule::MinLength | Rule::MaxLength => &["type", "minLength", "maxLength", "format"],
            Rule::MinItems | Rule::MaxItems => {
                &["type", "minItems", "maxItems", "items", "uniqueItems"]
            }
            _ => return false,
        };
        let plain = |node: &Node<'a>| {
            node.fields()
                .into_iter()
                .flatten()
                .all(|(key, _)| keys.contains(&key.as_str()) || is_annotation(key))
        };
        let elements = self.values("items").next().is_none()
            || matches!(self.element(None), AcceptedPart::Some(element) if element.all().all(|node| {
                node.fields().into_iter().flatten().all(|(key, _)| is_annotation(key) || is_satisfiable(key))
            }));
        // Of elements that are all different, there must be enough.
        let many = Types::STRING.or(Types::NUMBER);
        let different = self
            .values("uniqueItems")
            .any(|unique| unique == &Value::Bool(true));
        let enough = !different
            || match self.element(None) {
                AcceptedPart::Some(element) => {
                    element.possible_types().meets(many) && element.finite().is_none()
                }
                AcceptedPart::Never => false,
            };
        self.all().all(plain) && elements && enough
    }
}

/// Keywords of schemas that some value satisfies for certain, where no others stand beside them.
fn is_satisfiable(key: &str) -> bool {
    matches!(key, "type" | "format" | "minLength" | "properties")
}
/// The values of `anyOf` or `oneOf` whose branches each name theirs.
fn listed(node: &Node<'_>) -> Vec<Vec<Value>> {
    let named = |branch: &Node<'_>| {
        let branch = branch.resolved();
        let one = branch.value.get("const").map(|value| vec![value.clone()]);
        one.or_else(|| branch.value.get("enum").and_then(Value::as_array).cloned())
    };
    let list = |key: &&str| {
        let branches = node.list(key);
        let values: Option<Vec<Vec<Value>>> = branches.iter().map(named).collect();
        values
            .filter(|_| !branches.is_empty())
            .map(|values| values.concat())
    };
    ["anyOf", "oneOf"].iter().filter_map(list).collect()
}
