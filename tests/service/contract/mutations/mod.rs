//! One-step mutations of an OpenAPI document: every rule class at a place of every shape that it
//! applies to, each with the class that a comparison must give it. Made for our contract, from what the document
//! says; nothing here knows how the comparison works.
#![allow(dead_code, reason = "each test uses its part")]

mod answers;
mod document;
mod objects;
mod operations;
mod places;
mod prose;
mod requests;
mod values;

/// A key in a pointer.
pub use openapi_proof::document::pointer::escape as key;
use std::collections::HashSet;

use serde_json::Value;

pub use places::{Directions, places};

/// A document with one change.
pub struct Mutation {
    /// The rule class, as in the table of `contract/README.md`.
    pub rule: &'static str,
    /// Where the change was made.
    pub pointer: String,
    /// What a comparison must say: `breaking`, `compatible` or `docs`.
    pub class: &'static str,
    /// The changed document.
    pub document: Value,
    /// Whether the change is one of a schema's values, so that a break has a counterexample.
    pub values: bool,
}

pub const BREAKING: &str = "breaking";
pub const COMPATIBLE: &str = "compatible";
pub const DOCS: &str = "docs";

/// All mutations of a document.
pub fn mutations(document: &Value) -> Vec<Mutation> {
    let mut made = Made {
        document,
        mutations: Vec::new(),
        shapes: HashSet::new(),
    };
    document::all(&mut made);
    operations::all(&mut made);
    requests::all(&mut made);
    answers::all(&mut made);
    values::all(&mut made);
    objects::all(&mut made);
    prose::all(&mut made);
    made.mutations
}

/// The mutations made so far.
pub struct Made<'a> {
    pub document: &'a Value,
    mutations: Vec<Mutation>,
    /// What was mutated already, by kind.
    shapes: HashSet<(&'static str, String)>,
}

impl Made<'_> {
    /// Whether nothing of this kind looked like this before, whatever it is called: a hundred
    /// mutations of twins show no more than those of one.
    pub fn is_new(&mut self, kind: &'static str, shape: &Value) -> bool {
        let mut shape = shape.clone();
        for words in ["name", "description", "examples", "example"] {
            if shape.get(words).is_some() {
                take(&mut shape, words);
            }
        }
        self.shapes.insert((kind, shape.to_string()))
    }

    /// The document, with the value at a pointer edited.
    pub fn edit(
        &mut self,
        rule: &'static str,
        class: &'static str,
        pointer: &str,
        edit: impl FnOnce(&mut Value),
    ) {
        self.push(rule, class, pointer, false, edit);
    }

    /// The same, where the values of a schema change.
    pub fn edit_values(
        &mut self,
        rule: &'static str,
        class: &'static str,
        pointer: &str,
        edit: impl FnOnce(&mut Value),
    ) {
        self.push(rule, class, pointer, true, edit);
    }

    fn push(
        &mut self,
        rule: &'static str,
        class: &'static str,
        pointer: &str,
        values: bool,
        edit: impl FnOnce(&mut Value),
    ) {
        let mut document = self.document.clone();
        edit(
            document
                .pointer_mut(pointer)
                .unwrap_or_else(|| panic!("nothing at {pointer}")),
        );
        assert_ne!(
            &document, self.document,
            "{rule} at {pointer} changes nothing"
        );
        self.mutations.push(Mutation {
            rule,
            pointer: pointer.to_owned(),
            class,
            document,
            values,
        });
    }

    /// The value at a pointer, as it was.
    pub fn at(&self, pointer: &str) -> Value {
        self.document.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The operations: pointer and value.
    pub fn operations(&self) -> Vec<(String, Value)> {
        let mut operations = Vec::new();
        for (path, item) in self.document["paths"].as_object().into_iter().flatten() {
            for method in ["get", "put", "post", "delete", "patch", "head", "options"] {
                if let Some(operation) = item.get(method) {
                    operations.push((format!("/paths/{}/{method}", key(path)), operation.clone()));
                }
            }
        }
        operations
    }
}

pub fn put(value: &mut Value, name: &str, what: Value) {
    value
        .as_object_mut()
        .expect("an object")
        .insert(name.to_owned(), what);
}

pub fn take(value: &mut Value, name: &str) {
    value.as_object_mut().expect("an object").shift_remove(name);
}

pub fn names(value: &Value, name: &str) -> Vec<String> {
    value
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}
