//! Every schema of a document that is on the wire, and the directions in which its values go.

use std::collections::BTreeMap;

use serde_json::Value;

/// The directions of a schema's values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Directions {
    pub request: bool,
    pub answer: bool,
    /// Whether some answer holds it where null is not allowed already, by another branch of an
    /// `anyOf`.
    pub answer_without_null: bool,
}

impl Directions {
    /// Fewer values: requests that were accepted are refused.
    pub fn narrowed(self) -> &'static str {
        if self.request {
            super::BREAKING
        } else {
            super::COMPATIBLE
        }
    }

    /// Null as well: a response that is new, unless null was allowed beside it.
    pub fn with_null(self) -> &'static str {
        if self.answer_without_null {
            super::BREAKING
        } else {
            super::COMPATIBLE
        }
    }

    /// More values: new responses.
    pub fn widened(self) -> &'static str {
        if self.answer {
            super::BREAKING
        } else {
            super::COMPATIBLE
        }
    }
}

/// The pointer of each schema, with its directions.
pub fn places(document: &Value) -> BTreeMap<String, Directions> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let at = format!("/paths/{}/{method}", super::key(path));
            if method == "parameters" {
                continue;
            }
            for index in 0..operation["parameters"].as_array().map_or(0, Vec::len) {
                media(
                    document,
                    &format!("{at}/parameters/{index}"),
                    true,
                    &mut found,
                );
            }
            media(document, &format!("{at}/requestBody"), true, &mut found);
            for (status, _) in operation["responses"].as_object().into_iter().flatten() {
                media(
                    document,
                    &format!("{at}/responses/{status}"),
                    false,
                    &mut found,
                );
            }
        }
    }
    found
}

/// Whatever holds a schema: parameter, header, body, answer.
fn media(document: &Value, pointer: &str, request: bool, found: &mut BTreeMap<String, Directions>) {
    let (pointer, Some(value)) = follow(document, pointer) else {
        return;
    };
    if value.get("schema").is_some() {
        schema(
            document,
            &format!("{pointer}/schema"),
            request,
            false,
            found,
        );
    }
    for group in ["content", "headers"] {
        for (name, _) in value
            .get(group)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            media(
                document,
                &format!("{pointer}/{group}/{}", super::key(name)),
                request,
                found,
            );
        }
    }
}

fn follow<'a>(document: &'a Value, pointer: &str) -> (String, Option<&'a Value>) {
    let mut pointer = pointer.to_owned();
    while let Some(target) = document
        .pointer(&pointer)
        .and_then(|value| value["$ref"].as_str())
    {
        pointer = target.trim_start_matches('#').to_owned();
    }
    let value = document.pointer(&pointer);
    (pointer, value)
}

fn schema(
    document: &Value,
    pointer: &str,
    request: bool,
    beside_null: bool,
    found: &mut BTreeMap<String, Directions>,
) {
    let (pointer, Some(value)) = follow(document, pointer) else {
        return;
    };
    let seen = found.entry(pointer.clone()).or_default();
    seen.answer_without_null |= !request && !beside_null;
    let known = if request {
        &mut seen.request
    } else {
        &mut seen.answer
    };
    if std::mem::replace(known, true) {
        return;
    }
    for name in value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        schema(
            document,
            &format!("{pointer}/properties/{}", super::key(name)),
            request,
            false,
            found,
        );
    }
    if value.get("items").is_some() {
        schema(document, &format!("{pointer}/items"), request, false, found);
    }
    for group in ["anyOf", "oneOf", "allOf"] {
        let branches = value
            .get(group)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let null = group == "anyOf" && branches.iter().any(|branch| branch["type"] == "null");
        for index in 0..branches.len() {
            schema(
                document,
                &format!("{pointer}/{group}/{index}"),
                request,
                null,
                found,
            );
        }
    }
}
