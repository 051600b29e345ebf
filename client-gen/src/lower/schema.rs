//! Lowers one schema: keyword by keyword, each as [`super::keywords`] says.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    Lowering,
    draft::Draft,
    keywords::{Fate, fate, only_narrows},
    nulls::{only_null, types},
};
use crate::{
    Error,
    grammar::{ObjectKind, Shape},
    place::Place,
};

impl Lowering<'_> {
    /// Lowers a schema. `true`, which allows everything, is the empty schema.
    pub(super) fn schema(&mut self, place: &Place<'_>, schema: &Value) -> Result<Value, Error> {
        let keywords = match schema {
            Value::Object(keywords) => keywords,
            Value::Bool(true) => return Ok(json!({})),
            Value::Bool(false) => {
                return Err(place.error("`false` allows nothing, which 3.0 cannot say here"));
            }
            _ => return Err(place.error("a schema is an object or a boolean")),
        };
        let mut draft = Draft::default();
        for (keyword, value) in keywords {
            let place = place.key(keyword);
            match fate(keyword) {
                Fate::Keep => draft.put(keyword, value.clone()),
                Fate::Descend => draft.put(keyword, self.subschemas(keyword, &place, value)?),
                Fate::Translate => self.translate(&mut draft, &place, keyword, value, keywords)?,
                Fate::LeaveOut(reason) => self.note(&place, keyword, reason),
                Fate::Refuse(reason) => return Err(place.error(reason)),
            }
        }
        draft.bound(
            "minimum",
            "exclusiveMinimum",
            place,
            keywords,
            Ordering::Greater,
        )?;
        draft.bound(
            "maximum",
            "exclusiveMaximum",
            place,
            keywords,
            Ordering::Less,
        )?;
        Ok(draft.finish())
    }

    /// Lowers the schemas under a keyword that 3.0 has as well.
    fn subschemas(
        &mut self,
        keyword: &str,
        place: &Place<'_>,
        value: &Value,
    ) -> Result<Value, Error> {
        let (shape, kind) = ObjectKind::Schema
            .field(keyword)
            .unwrap_or((Shape::One, ObjectKind::Schema));
        self.children(shape, kind, place, value)
    }

    /// Says in the words of 3.0 what `keyword` says.
    fn translate(
        &mut self,
        draft: &mut Draft,
        place: &Place<'_>,
        keyword: &str,
        value: &Value,
        outer: &Map<String, Value>,
    ) -> Result<(), Error> {
        match keyword {
            "$ref" => {
                self.target("schemas", place, value)?;
                draft.all_of.insert(0, json!({ "$ref": value }));
            }
            "type" => draft.types(types(place, value)?),
            "const" => draft.values(json!([value])),
            // Where there is a `const` too, it says more.
            "enum" if !outer.contains_key("const") => draft.values(value.clone()),
            "examples" => self.examples(draft, place, value),
            "anyOf" | "oneOf" => self.alternatives(draft, place, keyword, value)?,
            "properties" => {
                let properties = self.properties(place, value, outer)?;
                draft.put(keyword, properties);
            }
            "additionalProperties" if value.is_boolean() => draft.put(keyword, value.clone()),
            "additionalProperties" => draft.put(keyword, self.schema(place, value)?),
            "unevaluatedProperties" | "unevaluatedItems" => {
                self.leave_out(place, keyword, value.is_boolean())?
            }
            "if" => self.leave_out(place, keyword, true)?,
            "then" | "else" => self.leave_out(place, keyword, only_narrows(value, outer))?,
            "dependentSchemas" => {
                let harmless = value
                    .as_object()
                    .is_some_and(|map| map.values().all(|each| only_narrows(each, outer)));
                self.leave_out(place, keyword, harmless)?;
            }
            // Encoded bytes inside of a string are a string; without one they would be bytes.
            "contentEncoding" => {
                self.leave_out(place, keyword, outer.get("type").is_some_and(names_string))?
            }
            // The exclusive bounds: `Draft::bound` reads them together with the inclusive ones.
            _ => {}
        }
        Ok(())
    }

    /// Leaves out a keyword that only narrows, refuses one that does more.
    fn leave_out(&mut self, place: &Place<'_>, keyword: &str, narrows: bool) -> Result<(), Error> {
        if !narrows {
            return Err(
                place.error("declares more than the schema around it, which 3.0 cannot say")
            );
        }
        self.note(place, keyword, "only narrows which values are allowed");
        Ok(())
    }

    /// 3.0 has one example: the first.
    fn examples(&mut self, draft: &mut Draft, place: &Place<'_>, value: &Value) {
        let examples = value.as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(first) = examples.first() {
            draft
                .keywords
                .entry("example")
                .or_insert_with(|| first.clone());
        }
        if examples.len() > 1 {
            self.note(place, "examples", "3.0 has one example, the first of these");
        }
    }

    /// `anyOf` and `oneOf` without their null branch; a single schema that is left has to be met.
    fn alternatives(
        &mut self,
        draft: &mut Draft,
        place: &Place<'_>,
        keyword: &str,
        value: &Value,
    ) -> Result<(), Error> {
        let Value::Array(branches) = value else {
            return Err(place.error("alternatives are an array of schemas"));
        };
        let mut rest = Vec::new();
        for (index, branch) in branches
            .iter()
            .enumerate()
            .filter(|(_, branch)| !only_null(branch))
        {
            rest.push(self.schema(&place.index(index), branch)?);
        }
        if rest.len() < branches.len() {
            draft.nullable.decide(true);
        }
        match rest.len() {
            0 => draft.put("enum", json!([null])),
            1 if rest.len() < branches.len() => draft.all_of.append(&mut rest),
            _ => draft.put(keyword, Value::Array(rest)),
        }
        Ok(())
    }

    /// The properties of an object, without those that may only be null: nothing can be said with
    /// them.
    fn properties(
        &mut self,
        place: &Place<'_>,
        value: &Value,
        outer: &Map<String, Value>,
    ) -> Result<Value, Error> {
        let Value::Object(properties) = value else {
            return Err(place.error("properties are schemas by name"));
        };
        let required = outer
            .get("required")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        // An object that says what else it may hold would refuse the null, or make something else
        // of it.
        let closed = outer.contains_key("additionalProperties");
        let mut lowered = Map::new();
        for (name, schema) in properties {
            let place = place.key(name);
            if only_null(schema) && !closed && !required.contains(&json!(name)) {
                self.note(
                    &place,
                    "type",
                    "a property that can only be null: leaving it out says the same",
                );
            } else {
                lowered.insert(name.clone(), self.schema(&place, schema)?);
            }
        }
        Ok(Value::Object(lowered))
    }
}

/// Whether a `type` says string, alone or among others.
fn names_string(types: &Value) -> bool {
    types == "string"
        || types
            .as_array()
            .is_some_and(|list| list.contains(&json!("string")))
}
