//! Where the subschemas of a schema stand, and whether it refers to itself without end.

use serde_json::Value;

use super::parts::escaped;

const MAPS: [&str; 4] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
];
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SINGLE: [&str; 9] = [
    "items",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
];

/// The pointers of all subschemas that are objects, the whole first.
pub fn places(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    gather(schema, String::new(), &mut found);
    found
}

fn gather(schema: &Value, at: String, found: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else {
        return;
    };
    for (key, value) in fields {
        match value {
            Value::Object(named) if MAPS.contains(&key.as_str()) => {
                for (name, each) in named {
                    gather(each, format!("{at}/{key}/{}", escaped(name)), found);
                }
            }
            Value::Array(branches) if LISTS.contains(&key.as_str()) => {
                for (index, each) in branches.iter().enumerate() {
                    gather(each, format!("{at}/{key}/{index}"), found);
                }
            }
            value if SINGLE.contains(&key.as_str()) => gather(value, format!("{at}/{key}"), found),
            _ => {}
        }
    }
    found.insert(0, at);
}

/// Whether a schema applies itself to the very value that it applies to: what it takes then is not
/// defined.
pub fn is_circular(root: &Value) -> bool {
    let definitions = root
        .get("$defs")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|named| named.values());
    definitions
        .chain([root])
        .any(|schema| leads_to(root, schema, &mut Vec::new()))
}

/// Whether a reference on the same value leads to one that it came from.
fn leads_to<'s>(root: &'s Value, schema: &'s Value, from: &mut Vec<&'s str>) -> bool {
    let beside = LISTS
        .iter()
        .filter(|key| **key != "prefixItems")
        .filter_map(|key| schema.get(key)?.as_array());
    let dependent = schema
        .get("dependentSchemas")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|named| named.values());
    let single = ["not", "if", "then", "else"]
        .iter()
        .filter_map(|key| schema.get(key));
    if beside
        .flatten()
        .chain(dependent)
        .chain(single)
        .any(|each| leads_to(root, each, from))
    {
        return true;
    }
    let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
        return false;
    };
    if from.contains(&target) {
        return true;
    }
    from.push(target);
    let found = root
        .pointer(target.trim_start_matches('#'))
        .is_some_and(|schema| leads_to(root, schema, from));
    from.pop();
    found
}
