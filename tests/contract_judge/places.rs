//! Where the subschemas of a schema stand.

use serde_json::Value;

use super::parts::escaped;

const MAPS: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];
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
    let Some(fields) = schema.as_object() else { return };
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
