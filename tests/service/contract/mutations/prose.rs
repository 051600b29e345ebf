//! Mutations that are docs only: descriptions, examples, tags, extensions, at every object that has
//! them.

use serde_json::{Value, json};

use super::{DOCS, Made, names, put, take};

pub fn all(made: &mut Made<'_>) {
    let mut objects = Vec::new();
    described(made.document, String::new(), &mut objects);
    for at in objects {
        // One of the properties of an object, and one of the parameters of an operation.
        let (parent, _) = at.rsplit_once('/').unwrap_or_default();
        let is_twin = ["/properties", "/parameters"]
            .iter()
            .any(|it| parent.ends_with(it));
        if is_twin && !made.is_new("description", &json!(parent)) {
            continue;
        }
        made.edit("description rewritten", DOCS, &at, |object| {
            put(object, "description", json!("Rewritten."))
        });
    }
    for (at, operation) in made.operations() {
        made.edit("summary rewritten", DOCS, &at, |operation| {
            put(operation, "summary", json!("Rewritten."))
        });
        made.edit("tags changed", DOCS, &at, |operation| {
            put(operation, "tags", json!(["Other"]))
        });
        made.edit("extension added", DOCS, &at, |operation| {
            put(operation, "x-added", json!(1))
        });
        for name in names(&operation, "x-")
            .into_iter()
            .chain(["x-codeSamples".to_owned()])
        {
            made.edit("extension removed", DOCS, &at, |operation| {
                take(operation, &name)
            });
        }
    }
    for name in names(&made.document["components"], "schemas") {
        let at = format!("/components/schemas/{name}");
        made.edit("title added", DOCS, &at, |schema| {
            put(schema, "title", json!("Added"))
        });
        made.edit("examples changed", DOCS, &at, |schema| {
            put(schema, "examples", json!([]))
        });
        made.edit("extension added", DOCS, &at, |schema| {
            put(schema, "x-added", json!(1))
        });
        made.edit("schema renamed", DOCS, "", |document| {
            let text = document
                .to_string()
                .replace(&format!("schemas/{name}\""), "schemas/Renamed\"");
            *document = serde_json::from_str(&text).expect("still JSON");
            super::document::rename(&mut document["components"]["schemas"], &name, "Renamed");
        });
    }
    made.edit("info changed", DOCS, "/info", |info| {
        put(info, "title", json!("Renamed"))
    });
    made.edit("info changed", DOCS, "/info", |info| {
        put(info, "contact", json!({"name": "somebody else"}))
    });
    made.edit("info changed", DOCS, "/info", |info| {
        put(info, "license", json!({"name": "MIT"}))
    });
}

/// Everything that has a description, examples aside.
fn described(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("description").is_some_and(Value::is_string) {
                found.push(pointer.clone());
            }
            for (name, child) in fields {
                let skipped = name.starts_with("x-")
                    || ["examples", "example", "links"].contains(&name.as_str());
                if !skipped {
                    described(child, format!("{pointer}/{}", super::key(name)), found);
                }
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                described(child, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}
