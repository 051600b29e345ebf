//! Brings a document into the one form that is compared: OpenAPI 3.1 with JSON Schema 2020-12.
//! Every value stays at its place, so that pointers into the normal form are pointers into the
//! document.

use serde_json::{Map, Value, json};

use crate::document::{Site, below};

/// The normal form.
pub(super) fn normal(document: &Value) -> Value {
    let old = document["openapi"]
        .as_str()
        .is_some_and(|version| version.starts_with("3.0."));
    value(document, Site::Object, false, old)
}

/// `schema`: whether it is part of a schema, so that what is beside a `$ref` counts.
fn value(from: &Value, site: Site, schema: bool, old: bool) -> Value {
    match from {
        Value::Object(fields) => {
            let part =
                |key: &str| schema || (site == Site::Object && matches!(key, "schema" | "schemas"));
            let fields: Map<_, _> = fields
                .iter()
                .map(|(key, each)| {
                    (
                        key.clone(),
                        value(each, below(site, key, each), part(key), old),
                    )
                })
                .collect();
            if site == Site::Object {
                object(fields, schema, old)
            } else {
                Value::Object(fields)
            }
        }
        Value::Array(elements) => {
            let site = if site == Site::Data {
                site
            } else {
                Site::Object
            };
            elements
                .iter()
                .map(|each| value(each, site, schema, old))
                .collect()
        }
        other => other.clone(),
    }
}

fn object(mut fields: Map<String, Value>, schema: bool, old: bool) -> Value {
    if fields.get("$ref").is_some_and(Value::is_string) {
        return reference(fields, schema, old);
    }
    // Of 3.1 they are numbers; documents that were raised from 3.0 still have flags, which can mean
    // but one thing.
    exclusive(&mut fields, "exclusiveMinimum", "minimum");
    exclusive(&mut fields, "exclusiveMaximum", "maximum");
    if old {
        if fields.get("format").is_some_and(|format| format == "byte") {
            fields.remove("format");
            fields.insert("contentEncoding".to_owned(), json!("base64"));
        }
        if fields
            .remove("nullable")
            .is_some_and(|nullable| nullable == true)
        {
            return nullable(fields);
        }
    }
    Value::Object(fields)
}

/// In 3.0 nothing beside `$ref` counts, nor does it outside schemas. In schemas of 3.1 constraints
/// beside it apply too, as if all were in one `allOf`.
fn reference(mut fields: Map<String, Value>, schema: bool, old: bool) -> Value {
    let prose =
        |key: &str| matches!(key, "$ref" | "summary" | "description") || key.starts_with("x-");
    if old {
        fields.retain(|key, _| key == "$ref");
    } else if !schema {
        fields.retain(|key, _| prose(key));
    } else if !fields.keys().all(|key| prose(key)) {
        let target = fields.remove("$ref").unwrap_or_default();
        let all_of = fields.entry("allOf").or_insert_with(|| json!([]));
        if let Some(branches) = all_of.as_array_mut() {
            branches.push(json!({ "$ref": target }));
        }
    }
    Value::Object(fields)
}

/// `exclusiveMinimum: true` beside `minimum: 1` becomes `exclusiveMinimum: 1`.
fn exclusive(fields: &mut Map<String, Value>, flag: &str, bound: &str) {
    if fields.get(flag).is_some_and(Value::is_boolean)
        && fields.remove(flag) == Some(Value::Bool(true))
        && let Some(limit) = fields.remove(bound)
    {
        fields.insert(flag.to_owned(), limit);
    }
}

/// `nullable: true`, as authors mean it: null is allowed, whatever else the schema says of the
/// value.
fn nullable(mut fields: Map<String, Value>) -> Value {
    if let Some(members) = fields.get_mut("enum").and_then(Value::as_array_mut)
        && !members.contains(&Value::Null)
    {
        members.push(Value::Null);
    }
    match fields.get("type").cloned() {
        Some(Value::String(name)) => fields.insert("type".to_owned(), json!([name, "null"])),
        _ if ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| fields.contains_key(*key)) =>
        {
            return json!({ "anyOf": [fields, { "type": "null" }] });
        }
        _ => None,
    };
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::normal;

    fn schema(version: &str, schema: Value) -> Value {
        let document = json!({ "openapi": version, "components": { "schemas": { "A": schema } } });
        normal(&document)["components"]["schemas"]["A"].take()
    }

    #[test]
    fn what_3_0_says_otherwise_is_raised() {
        for (old, new) in [
            (
                json!({"type": "string", "nullable": true}),
                json!({"type": ["string", "null"]}),
            ),
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
                json!({"type": "integer", "exclusiveMinimum": 1}),
            ),
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMinimum": false}),
                json!({"type": "integer", "minimum": 1}),
            ),
            (
                json!({"$ref": "#/x", "maxLength": 1}),
                json!({"$ref": "#/x"}),
            ),
            (
                json!({"enum": ["a"], "type": "string", "nullable": true}),
                json!({"enum": ["a", null], "type": ["string", "null"]}),
            ),
            (
                json!({"properties": {"nullable": {"type": "string"}}}),
                json!({"properties": {"nullable": {"type": "string"}}}),
            ),
        ] {
            assert_eq!(schema("3.0.3", old.clone()), new, "{old}");
        }
    }

    #[test]
    fn constraints_beside_a_reference_of_3_1_count() {
        let raised = schema(
            "3.1.0",
            json!({"$ref": "#/x", "maxLength": 1, "description": "d"}),
        );
        assert_eq!(
            raised,
            json!({"maxLength": 1, "description": "d", "allOf": [{"$ref": "#/x"}]})
        );
    }
}
