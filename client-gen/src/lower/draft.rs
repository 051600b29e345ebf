//! A schema of 3.0 while it is put together, and the rules that take more than one keyword to
//! decide. Reads no document: [`super::schema`] does.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::nulls::Nullable;
use crate::{Error, place::Place};

/// A schema of 3.0 that is being put together.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) keywords: Map<String, Value>,
    /// Schemas that the value has to meet as well: they go in front of its `allOf`.
    pub(super) all_of: Vec<Value>,
    pub(super) nullable: Nullable,
}

impl Draft {
    pub(super) fn put(&mut self, keyword: &str, value: Value) {
        self.keywords.insert(keyword.to_owned(), value);
    }

    /// One type, or null alone: 3.0 has no type for that, but a list of the one value.
    pub(super) fn types(&mut self, (name, null): (Option<&str>, bool)) {
        match name {
            Some(name) => self.put("type", json!(name)),
            None => self.put("enum", json!([null])),
        }
        self.nullable.decide(null);
    }

    /// A list of the values allowed decides on null, too.
    pub(super) fn values(&mut self, values: Value) {
        if let Value::Array(list) = &values {
            self.nullable.decide(list.contains(&Value::Null));
        }
        self.put("enum", values);
    }

    /// Of an inclusive and an exclusive bound the tighter one holds: 3.0 has one bound, and whether
    /// it is exclusive.
    pub(super) fn bound(
        &mut self,
        inclusive: &str,
        exclusive: &str,
        place: &Place<'_>,
        keywords: &Map<String, Value>,
        looser: Ordering,
    ) -> Result<(), Error> {
        let Some(value) = keywords.get(exclusive) else {
            return Ok(());
        };
        let Some(bound) = value.as_f64() else {
            return Err(place.key(exclusive).error("a bound is a number"));
        };
        let other = keywords.get(inclusive).and_then(Value::as_f64);
        if other.is_none_or(|other| other.partial_cmp(&bound) != Some(looser)) {
            self.put(inclusive, value.clone());
            self.put(exclusive, json!(true));
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Value {
        if self.nullable.holds() {
            self.put("nullable", json!(true));
        }
        match self.all_of.as_slice() {
            [] => {}
            // A bare reference stays one.
            [reference] if self.keywords.is_empty() && reference.get("$ref").is_some() => {
                return reference.clone();
            }
            _ => {
                if let Some(Value::Array(rest)) = self.keywords.remove("allOf") {
                    self.all_of.extend(rest);
                }
                self.keywords
                    .insert("allOf".to_owned(), Value::Array(self.all_of));
            }
        }
        Value::Object(self.keywords)
    }
}
