//! Whether a document holds together: a known version, references that lead somewhere, no operation
//! named twice. Whether it is good OpenAPI beyond that is for linters.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    MAX_DEPTH, METHODS,
    pointer::{escape, fragment},
    walk::{Site, visit},
};

/// The pointer, and what is wrong there.
type Fault = (String, String);

pub(super) fn check(document: &Value) -> Result<(), Fault> {
    if !document.is_object() {
        return Err(fault("", "an OpenAPI document is an object"));
    }
    if too_deep(document).is_some() {
        return Err(fault("", format!("nested deeper than {MAX_DEPTH} levels")));
    }
    version(document)?;
    shape(document)?;
    references(document)?;
    operations(document)
}

fn fault(pointer: &str, reason: impl Into<String>) -> Fault {
    (pointer.to_owned(), reason.into())
}

/// The pointer of the first value that is nested deeper than [`MAX_DEPTH`] levels. What recurses
/// into a document asks first, so that none exhausts the stack.
pub fn too_deep(document: &Value) -> Option<String> {
    fn descend(value: &Value, left: usize) -> Option<String> {
        let Some(left) = left.checked_sub(1) else {
            return Some(String::new());
        };
        match value {
            Value::Object(map) => map.iter().find_map(|(key, each)| {
                descend(each, left).map(|below| format!("/{}{below}", escape(key)))
            }),
            Value::Array(list) => list
                .iter()
                .enumerate()
                .find_map(|(at, each)| descend(each, left).map(|below| format!("/{at}{below}"))),
            _ => None,
        }
    }
    descend(document, MAX_DEPTH)
}

fn version(document: &Value) -> Result<(), Fault> {
    let Some(version) = document.get("openapi") else {
        let hint = if document.get("swagger").is_some() {
            "; Swagger 2.0 is not read"
        } else {
            ""
        };
        return Err(fault(
            "",
            format!("the key `openapi` with the version is missing{hint}"),
        ));
    };
    match version.as_str() {
        Some(known) if known.starts_with("3.0.") || known.starts_with("3.1.") => Ok(()),
        _ => Err(fault(
            "/openapi",
            format!("version {version} is not known; 3.0.x and 3.1.x are"),
        )),
    }
}

/// What the comparison takes for granted: the containers are what they must be.
fn shape(document: &Value) -> Result<(), Fault> {
    for key in ["info", "paths", "components", "webhooks"] {
        if document.get(key).is_some_and(|value| !value.is_object()) {
            return Err(fault(&format!("/{key}"), "must be an object"));
        }
    }
    if document
        .get("paths")
        .or(document.get("components"))
        .or(document.get("webhooks"))
        .is_none()
    {
        return Err(fault(
            "",
            "none of `paths`, `components`, `webhooks` is there: nothing to compare",
        ));
    }
    let mut templates = HashMap::new();
    for (path, item) in document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let pointer = format!("/paths/{}", escape(path));
        if !item.is_object() && !path.starts_with("x-") {
            return Err(fault(&pointer, "must be an object"));
        }
        if let Some(other) = templates.insert(template(path), path) {
            return Err(fault(&pointer, format!("is the same path as {other}")));
        }
    }
    Ok(())
}

/// A path with the names of its parameters left out: `/a/{}`.
pub(crate) fn template(path: &str) -> String {
    let mut rest = path;
    let mut template = String::with_capacity(path.len());
    while let Some((before, after)) = rest.split_once('{') {
        template.push_str(before);
        template.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    template + rest
}

fn references(document: &Value) -> Result<(), Fault> {
    visit(
        document,
        Site::Object,
        &mut String::new(),
        &mut |site, pointer, value| {
            if !matches!(site, Site::Object | Site::PathItem) {
                return Ok(());
            }
            let Some(target) = value.get("$ref") else {
                return Ok(());
            };
            let Some(target) = target.as_str() else {
                return Err(fault(pointer, "`$ref` must be a string"));
            };
            leads_somewhere(document, target).map_err(|reason| fault(pointer, reason))
        },
    )
}

/// Follows a reference through further references to something that is none.
fn leads_somewhere(document: &Value, first: &str) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut target = first;
    loop {
        let Some(pointer) = target.strip_prefix('#') else {
            return Err(format!(
                "reference to another document, which is never fetched: {target}"
            ));
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(format!(
                "reference to an anchor, which is not followed: {target}"
            ));
        }
        if !seen.insert(target) {
            return Err(format!("references that lead in a circle: {first}"));
        }
        let found =
            fragment(document, pointer).ok_or_else(|| format!("reference to nothing: {target}"))?;
        match found.get("$ref").and_then(Value::as_str) {
            Some(next) => target = next,
            None if found.is_object() || found.is_boolean() => return Ok(()),
            None => {
                return Err(format!(
                    "reference to something that is no object: {target}"
                ));
            }
        }
    }
}

fn operations(document: &Value) -> Result<(), Fault> {
    let mut named = HashMap::new();
    visit(
        document,
        Site::Object,
        &mut String::new(),
        &mut |site, pointer, value| {
            if site != Site::PathItem {
                return Ok(());
            }
            for method in METHODS {
                let Some(operation) = value.get(method) else {
                    continue;
                };
                let place = format!("{pointer}/{method}");
                if !operation.is_object() {
                    return Err(fault(&place, "must be an object"));
                }
                let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
                    continue;
                };
                if let Some(other) = named.insert(id.to_owned(), place.clone()) {
                    let reason = format!("operationId `{id}` is taken by #{other}");
                    return Err(fault(&format!("{place}/operationId"), reason));
                }
            }
            Ok(())
        },
    )
}
