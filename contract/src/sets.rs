//! Schemas as sets of values: whether one holds all of another, with a value to show where it does
//! not. A proof is `jsonschema`'s; a counterexample is believed only after validators of both sides
//! agree on it.

mod leaves;
mod shrink;
mod specimens;

use jsonschema::{
    Draft, Validator,
    canonical::{self, CanonicalSchema, Containment},
};
use serde_json::Value;

/// The values that a schema takes.
pub struct Set {
    schema: Value,
    canonical: Result<CanonicalSchema, String>,
}

/// Whether one set holds all values of another.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Proven: it holds all.
    Covers,
    /// It lacks this one.
    Lacks(Value),
    /// Neither was found out, and why.
    Unknown(String),
}

impl Set {
    /// The values of a schema that is complete in itself.
    pub fn of(schema: Value) -> Self {
        let options = canonical::options()
            .with_draft(Draft::Draft202012)
            .offline();
        let canonical = options
            .canonicalize(&schema)
            .map_err(|error| error.to_string());
        Self { schema, canonical }
    }

    /// Whether these values include all of `other`.
    pub fn covers(&self, other: &Self) -> Verdict {
        match self.proof(other) {
            Ok(Containment::Yes) => Verdict::Covers,
            Ok(Containment::No) => self.missing(other, "proven, but no value at hand to show it"),
            Ok(Containment::Unknown) => self.missing(other, "not decided"),
            Err(reason) => self.missing(other, &reason),
        }
    }

    fn proof(&self, other: &Self) -> Result<Containment, String> {
        let (this, other) = (self.canonical.as_ref()?, other.canonical.as_ref()?);
        this.covers(other).map_err(|error| error.to_string())
    }

    /// A small value that is in `other` and not here.
    fn missing(&self, other: &Self, unless: &str) -> Verdict {
        let (Ok(this), Ok(that)) = (self.validator(), other.validator()) else {
            return Verdict::Unknown(unless.to_owned());
        };
        let lacks = |value: &Value| that.is_valid(value) && !this.is_valid(value);
        let found = self.suspects(other).into_iter().filter(lacks);
        let shortest = found.min_by_key(|value| value.to_string().len());
        shortest.map_or_else(
            || Verdict::Unknown(unless.to_owned()),
            |value| Verdict::Lacks(shrink::shrunk(value, &lacks)),
        )
    }

    /// Values to try: of the difference where there is one, and around the edges of both schemas.
    fn suspects(&self, other: &Self) -> Vec<Value> {
        let difference = match (&self.canonical, &other.canonical) {
            (Ok(this), Ok(that)) => that
                .subtract(this)
                .ok()
                .map(|difference| difference.to_json_schema()),
            _ => None,
        };
        let schemas = difference.iter().chain([&other.schema, &self.schema]);
        schemas.flat_map(specimens::of).collect()
    }

    /// Which rule a value breaks: its place in the schema.
    pub fn broken_rule(&self, value: &Value) -> Option<String> {
        let validator = self.validator().ok()?;
        let error = validator.iter_errors(value).next()?;
        Some(error.schema_path().as_str().to_owned())
    }

    fn validator(&self) -> Result<Validator, String> {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline();
        options
            .build(&self.schema)
            .map_err(|error| error.to_string())
    }
}

/// The same schema, in which every object has the declared keys and no other.
pub fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(map) => {
            for value in map.values_mut() {
                *value = closed(value.take());
            }
            // A map of properties may have one named `properties`, which is no list of properties
            // then.
            if map.get("properties").is_some_and(Value::is_object)
                && !map.contains_key("additionalProperties")
            {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| *value = closed(value.take())),
        _ => {}
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Set, Verdict, closed};

    fn lacking(narrow: Value, wide: Value) -> Value {
        let (narrow, wide) = (Set::of(narrow), Set::of(wide));
        // Patterns are not compared with each other: of those, it need not be proven.
        assert!(!matches!(wide.covers(&narrow), Verdict::Lacks(_)));
        match narrow.covers(&wide) {
            Verdict::Lacks(value) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn equal_sets_cover_each_other_however_they_are_written() {
        let flat = Set::of(
            json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/T"}},
            "$defs": {"T": {"type": ["string", "null"]}}}),
        );
        let folded = Set::of(
            json!({"allOf": [{"type": "object", "properties": {"a": {"anyOf": [{"type": "null"},
            {"type": "string"}]}}}, {"type": "object", "required": ["a"]}]}),
        );
        assert_eq!(
            (flat.covers(&folded), folded.covers(&flat)),
            (Verdict::Covers, Verdict::Covers)
        );
    }

    #[test]
    fn every_kind_of_narrowing_is_shown_by_a_value() {
        let of = |schema: Value| json!({"type": "object", "required": ["a"], "properties": {"a": schema}});
        for (narrow, wide) in [
            (
                json!({"type": "string", "enum": ["x"]}),
                json!({"type": "string", "enum": ["x", "y"]}),
            ),
            (
                json!({"type": "string", "pattern": "^[a-z]{1,5}$"}),
                json!({"type": "string", "pattern": "^[a-z]{1,6}$"}),
            ),
            (
                json!({"type": "string", "maxLength": 5}),
                json!({"type": "string"}),
            ),
            (
                json!({"type": "integer", "minimum": 1}),
                json!({"type": "integer", "minimum": 0}),
            ),
            (json!({"type": "integer"}), json!({"type": "number"})),
            (
                json!({"type": "string"}),
                json!({"type": ["string", "null"]}),
            ),
            (
                json!({"type": "array", "maxItems": 10}),
                json!({"type": "array", "maxItems": 11}),
            ),
            (
                json!({"type": "array", "uniqueItems": true}),
                json!({"type": "array"}),
            ),
            (
                of(json!({"type": "string"})),
                json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            ),
        ] {
            lacking(narrow.clone(), wide.clone());
            lacking(of(narrow), of(wide));
        }
    }

    #[test]
    fn a_closed_schema_has_no_other_keys() {
        let schema = closed(json!({"properties": {"a": {"properties": {}}}}));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["a"]["additionalProperties"], false);
    }
}
