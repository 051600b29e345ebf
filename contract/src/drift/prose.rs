//! What is said for people, and where else to go: the contract's alone.

use serde_json::{Map, Value};

const PROSE: [&str; 11] = [
    "summary",
    "description",
    "tags",
    "externalDocs",
    "example",
    "examples",
    "links",
    "info",
    "title",
    "$comment",
    "xml",
];
/// Keywords of a schema whose keys are names, not keywords.
const OF_NAMES: [&str; 4] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
];
/// Keywords of a schema that hold values, not schemas.
const OF_VALUES: [&str; 3] = ["enum", "const", "default"];

pub(super) fn is_prose(key: &str) -> bool {
    PROSE.contains(&key) || key.starts_with("x-")
}

/// An object without what it says for people; what stands deeper stays.
pub(super) fn without(value: &Value) -> Value {
    let mut value = value.clone();
    value
        .as_object_mut()
        .into_iter()
        .for_each(|map| map.retain(|key, _| !is_prose(key)));
    value
}

/// A schema without what it says for people, at any depth.
pub(super) fn without_in_schema(schema: Value) -> Value {
    let inner = |(key, value): (String, Value)| match (key.as_str(), value) {
        (key, Value::Object(named)) if OF_NAMES.contains(&key) => {
            let named = named
                .into_iter()
                .map(|(name, schema)| (name, without_in_schema(schema)));
            (key.to_owned(), named.collect::<Map<_, _>>().into())
        }
        (key, value) if OF_VALUES.contains(&key) => (key.to_owned(), value),
        (key, value) => (key.to_owned(), without_in_schema(value)),
    };
    match schema {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| !is_prose(key))
            .map(inner)
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.into_iter().map(without_in_schema).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::without_in_schema;

    #[test]
    fn a_key_named_like_prose_is_a_key() {
        let schema = json!({"description": "x", "properties": {"description": {"title": "y", "enum": [{"title": 1}]}}});
        let bare = json!({"properties": {"description": {"enum": [{"title": 1}]}}});
        assert_eq!(without_in_schema(schema), bare);
    }
}
