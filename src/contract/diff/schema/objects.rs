//! What an object schema says of its properties: which it declares, itself or by its parts, which a direction carries,
//! and what it says of others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{change::Direction, node::Node};

/// What an object schema says of properties that it does not declare.
pub(super) enum Others<'a> {
    /// Nothing, beside declared ones: clients must ignore them, but nobody may rely on them.
    Unsaid,
    /// They may be anything.
    Anything,
    /// They are refused.
    Refused,
    /// They have a schema.
    Schema(Node<'a>),
}

/// Whether values of this direction carry a property: a `readOnly` one is not sent, a `writeOnly` one not received.
pub(super) fn visible(property: &Node<'_>, direction: Direction) -> bool {
    let hiding = match direction {
        Direction::Request => "readOnly",
        Direction::Answer => "writeOnly",
        Direction::Both => return true,
    };
    !property.flag(hiding) && !property.resolved().flag(hiding)
}

/// The properties that a direction carries.
pub(super) fn properties<'a>(node: &Node<'a>, direction: Direction) -> Vec<(&'a str, Node<'a>)> {
    let mut properties = node.named("properties");
    properties.retain(|(_, property)| visible(property, direction));
    properties
}

/// The required names that a direction may carry at all.
pub(super) fn required<'a>(node: &Node<'a>, direction: Direction) -> Vec<&'a Value> {
    let properties = node.raw("properties");
    let shown = |name: &&Value| {
        let property = name.as_str().and_then(|name| properties.as_ref()?.raw(name));
        property.is_none_or(|property| visible(&property, direction))
    };
    let names = node.value.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter(shown).collect()
}

pub(super) fn others<'a>(node: &Node<'a>) -> Others<'a> {
    match node.raw("additionalProperties") {
        None if node.raw("properties").is_some() || node.raw("allOf").is_some() => Others::Unsaid,
        None => Others::Anything,
        Some(schema) => match schema.value {
            Value::Bool(true) => Others::Anything,
            Value::Bool(false) => Others::Refused,
            _ => Others::Schema(schema),
        },
    }
}

/// Collects the names that a schema and its parts declare for one object. False where one of them speaks of undeclared
/// names too, so that the declared ones are not all.
pub(super) fn declared(
    node: &Node<'_>,
    direction: Direction,
    names: &mut BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) -> bool {
    let node = node.resolved();
    if !seen.insert(node.pointer.clone()) {
        return true;
    }
    let mut all = ["additionalProperties", "unevaluatedProperties", "patternProperties"]
        .iter()
        .all(|key| node.raw(key).is_none());
    names.extend(properties(&node, direction).into_iter().map(|(name, _)| name.to_owned()));
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in node.list(key) {
            all &= declared(&part, direction, names, seen);
        }
    }
    for key in ["if", "then", "else"] {
        if let Some(part) = node.raw(key) {
            all &= declared(&part, direction, names, seen);
        }
    }
    for (_, part) in node.named("dependentSchemas") {
        all &= declared(&part, direction, names, seen);
    }
    all
}
