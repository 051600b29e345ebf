//! What one object schema says of a property by itself.

use serde_json::Value;

use super::{
    super::{change::Direction, node::Node},
    conjunction::expanded,
    patterns,
};

/// Whether values of a direction never carry a property: a `readOnly` one is not sent, a
/// `writeOnly` one not received.
pub(super) fn hidden(property: &Node<'_>, direction: Direction) -> bool {
    let hiding = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
        Direction::Both => return false,
    };
    property.flag(hiding) || expanded([property]).iter().any(|part| part.flag(hiding))
}

/// The property of that name, where one is declared.
pub(super) fn has_name<'a>(node: &Node<'a>, name: &str) -> Option<Node<'a>> {
    node.raw("properties")?.raw(name)
}

/// The schemas that apply to a property: by its name, by patterns, or because nothing else does.
pub(super) fn schema_of<'a>(node: &Node<'a>, name: &str) -> Vec<Node<'a>> {
    let Some(declared) = has_name(node, name) else {
        return undeclared(node, name);
    };
    let mut schemas = by_pattern(node, name);
    schemas.insert(0, declared);
    schemas
}

/// The schemas that apply to a property that is not declared by its name.
pub(super) fn undeclared<'a>(node: &Node<'a>, name: &str) -> Vec<Node<'a>> {
    let mut schemas = by_pattern(node, name);
    // A pattern that cannot be asked about may have matched the name.
    let taken = |(pattern, _): &(&str, Node<'_>)| patterns::matches(pattern, name) != Some(false);
    if !node.named("patternProperties").iter().any(taken) {
        schemas.extend(node.raw("additionalProperties"));
    }
    schemas
}

fn by_pattern<'a>(node: &Node<'a>, name: &str) -> Vec<Node<'a>> {
    let patterns = node.named("patternProperties").into_iter();
    patterns
        .filter(|(pattern, _)| patterns::matches(pattern, name) == Some(true))
        .map(|(_, schema)| schema)
        .collect()
}

/// Whether a schema says something of properties that it does not name.
pub(super) fn speaks_of_others(node: &Node<'_>) -> bool {
    [
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "propertyNames",
    ]
    .iter()
    .any(|key| {
        node.value
            .get(key)
            .is_some_and(|schema| schema != &Value::Bool(true))
    })
}
