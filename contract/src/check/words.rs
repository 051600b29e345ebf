//! A breach in words: what the contract asks, never what was sent.

use std::collections::HashSet;

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::Value;

use super::Breach;

/// Describes an error of a schema at `pointer` in the document.
pub(super) fn breach(error: &ValidationError, schema: &Value, pointer: &str) -> Breach {
    let at = error.schema_path().as_str();
    let rule = match at.strip_prefix("/$defs/") {
        Some(named) => format!("/components/schemas/{named}"),
        None => format!("{pointer}{at}"),
    };
    let here = error.instance_path().as_str();
    let place = match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("{here}/{}", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::UniqueItems => format!("{here}/{}", repeated(error.instance())),
        _ => here.to_owned(),
    };
    Breach {
        place,
        reason: reason(error, schema, at),
        rule,
    }
}

fn reason(error: &ValidationError, schema: &Value, at: &str) -> String {
    let asked = schema.pointer(at).unwrap_or(&Value::Null);
    match error.kind() {
        ValidationErrorKind::Required { .. } => "it is missing".to_owned(),
        ValidationErrorKind::UniqueItems => "the same stands above".to_owned(),
        ValidationErrorKind::Type { .. } => format!("it must be of type {}", listed(asked, " or ")),
        ValidationErrorKind::Enum { .. } => format!("one of {}", listed(asked, ", ")),
        ValidationErrorKind::Pattern { pattern } => like(schema, at, pattern),
        ValidationErrorKind::MinItems { limit } => format!("at least {limit} of them"),
        ValidationErrorKind::MaxItems { limit } => format!("at most {limit} of them"),
        ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("at most {limit}"),
        ValidationErrorKind::MinLength { limit } => format!("at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("at most {limit} characters"),
        _ => error.masked_with("the value").to_string(),
    }
}

/// An example says more to people than a pattern does.
fn like(schema: &Value, at: &str, pattern: &str) -> String {
    let example = at
        .strip_suffix("/pattern")
        .and_then(|at| schema.pointer(at)?.get("examples")?.get(0)?.as_str());
    match example {
        Some(example) => format!("it must look like {example} and match {pattern}"),
        None => format!("it must match {pattern}"),
    }
}

fn listed(value: &Value, between: &str) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    match value {
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(between),
        other => text(other),
    }
}

/// The index of the first item that occurs before as well.
fn repeated(list: &Value) -> usize {
    let mut seen = HashSet::new();
    list.as_array()
        .into_iter()
        .flatten()
        .position(|item| !seen.insert(item.to_string()))
        .unwrap_or_default()
}
