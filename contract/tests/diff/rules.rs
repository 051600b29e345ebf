//! Pairs of small documents for the rules that are no proof: who may call, where, and how requests
//! and responses are written. Schemas are tested in `pairs`.

mod access;
mod reversed;
mod undecided;
mod writing;

use openapi_proof::diff::Report;
use serde_json::{Value, json};

use super::compared;

fn document(rest: Value) -> Value {
    let mut document =
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {}});
    for (key, value) in rest.as_object().expect("an object") {
        document[key] = value.clone();
    }
    document
}

/// A document with one operation, `POST /a/{id}`.
fn operation(operation: Value) -> Value {
    document(json!({"paths": {"/a/{id}": {"post": operation}}}))
}

fn said(report: &Report) -> Vec<String> {
    report
        .changes
        .iter()
        .map(|change| format!("{} {}", change.class.word(), change.rule))
        .collect()
}

/// Holds what the comparison says against `class rule` for each change, the heaviest first.
#[track_caller]
fn says(base: &Value, head: &Value, expected: &[&str]) -> Report {
    let report = compared(base, head);
    let sentences: Vec<&str> = report
        .changes
        .iter()
        .map(|change| change.sentence.as_str())
        .collect();
    assert_eq!(said(&report), expected, "{base}\n{head}\n{sentences:?}");
    report
}

#[test]
fn every_rule_stands_in_the_table() {
    let table = include_str!("../../README.md");
    for rule in openapi_proof::diff::Rule::ALL {
        assert!(
            table.contains(&format!("`{}`", rule.name())),
            "README.md does not explain `{}`",
            rule.name()
        );
    }
}
