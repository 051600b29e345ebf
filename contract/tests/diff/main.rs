//! The comparison of documents: pairs, rules, bad input, and what fuzzing begins with. Random pairs
//! of schemas are in `judge`.
#![cfg(feature = "diff")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod bad_input;
mod corpus;
mod pairs;
mod rules;
mod same;
mod schemas;

use openapi_proof::{
    diff::{Report, Settings, compare},
    document::{Document, of_value},
};
use serde_json::Value;

fn read(name: &str, value: &Value) -> Document {
    of_value(name, value.clone(), String::new()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn compared(base: &Value, head: &Value) -> Report {
    compare(
        &read("base", base),
        &read("head", head),
        &Settings::default(),
    )
    .expect("comparable")
}
