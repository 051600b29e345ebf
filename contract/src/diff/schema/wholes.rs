//! Makes whole values around a part: bodies that hold a value that shows a difference. As with all
//! candidates, a validator has the last word.

use serde_json::{Map, Value, json};

use super::{
    candidates::{Candidates, DEPTH, list, with, with_element, without},
    sample::ValueStep,
};

/// More wholes around one part are no better.
const ENOUGH: usize = 12;

impl Candidates<'_> {
    /// Values of the whole schema that hold `part` at the end of `steps`.
    pub(super) fn around(&self, steps: &[ValueStep], part: &Value) -> Vec<Value> {
        self.wrapped(self.schema, steps, part, DEPTH + steps.len() * 3)
    }

    fn wrapped(
        &self,
        schema: &Value,
        steps: &[ValueStep],
        part: &Value,
        depth: usize,
    ) -> Vec<Value> {
        let (Some(left), Some(fields), true) =
            (depth.checked_sub(1), schema.as_object(), self.may_look())
        else {
            return Vec::new();
        };
        let Some((step, rest)) = steps.split_first() else {
            return vec![part.clone()];
        };
        if let Some(target) = fields
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|name| self.target(name))
        {
            return self.wrapped(target, steps, part, left);
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            let Some(branches) = list(fields, key) else {
                continue;
            };
            let mut values = Vec::new();
            let all = Value::Object(branches.iter().fold(
                without(fields, key),
                |mut merged, branch| {
                    self.merge(&mut merged, branch, left);
                    merged
                },
            ));
            let one = branches.iter().map(|branch| {
                let mut merged = without(fields, key);
                self.merge(&mut merged, branch, left);
                Value::Object(merged)
            });
            let merged: Vec<Value> = if key == "allOf" {
                vec![all]
            } else {
                one.collect()
            };
            for schema in &merged {
                if values.len() < ENOUGH {
                    values.extend(self.wrapped(schema, steps, part, left));
                }
            }
            return values;
        }
        self.step(schema, fields, (step, rest), part, left)
    }

    fn step(
        &self,
        schema: &Value,
        fields: &Map<String, Value>,
        (step, rest): (&ValueStep, &[ValueStep]),
        part: &Value,
        depth: usize,
    ) -> Vec<Value> {
        let (child, name) = match step {
            ValueStep::Property(name) => (
                fields.get("properties").and_then(|map| map.get(name)),
                name.as_str(),
            ),
            ValueStep::Element => (fields.get("items"), ""),
            ValueStep::Other => (fields.get("additionalProperties"), "other"),
        };
        let Some(child) = child else {
            return Vec::new();
        };
        let shells = self.values(schema, DEPTH);
        let mut values = Vec::new();
        for inner in self.wrapped(child, rest, part, depth) {
            for shell in shells.iter().take(4) {
                values.push(match shell {
                    Value::Object(object) => with(object, name, inner.clone()),
                    Value::Array(array) if array.is_empty() => json!([inner]),
                    Value::Array(_) => with_element(shell, &inner),
                    other => other.clone(),
                });
            }
        }
        values.truncate(ENOUGH);
        values
    }
}
