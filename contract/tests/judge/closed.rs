//! What "made of declared properties" means, once more and without the code of the comparison: each
//! alternative that takes the value is a choice; an object may have what the schema, its `allOf`
//! parts and the chosen alternatives declare, and nothing else; where they declare nothing it is
//! free-form. In doubt a value is not made of them.

use serde_json::{Value, json};

use super::{parts::Part, validator::Validator};

/// So many combinations of choices are tried.
const CHOICES: usize = 200;

/// Whether some choice of the alternatives declares all of a value that the schema takes.
pub fn made_of_declared(validator: &Validator, value: &Value) -> bool {
    every_part(validator, value, vec![Part::root(validator.schema())])
}

fn every_part(validator: &Validator, value: &Value, parts: Vec<Part<'_>>) -> bool {
    if !matches!(value, Value::Object(_) | Value::Array(_)) {
        return true;
    }
    let mut left = CHOICES;
    Choice {
        validator,
        value,
        done: Vec::new(),
        open: Vec::new(),
    }
    .some(parts, &mut left)
}

/// The parts that apply, and the alternatives among which nothing is chosen yet.
#[derive(Clone)]
struct Choice<'v, 's> {
    validator: &'s Validator,
    value: &'v Value,
    done: Vec<Part<'s>>,
    open: Vec<Vec<Part<'s>>>,
}

impl<'s> Choice<'_, 's> {
    fn some(mut self, mut waiting: Vec<Part<'s>>, left: &mut usize) -> bool {
        while let Some(part) = waiting.pop() {
            if self.done.len() > 100 {
                return false;
            }
            if part.schema.is_object() {
                self.gather(&part, &mut waiting);
                self.done.push(part);
            }
        }
        let Some(branches) = self.open.pop() else {
            let Some(fewer) = left.checked_sub(1) else {
                return false;
            };
            *left = fewer;
            return self.declares_all();
        };
        branches
            .into_iter()
            .any(|branch| self.clone().some(vec![branch], left))
    }

    /// What applies together with a part.
    fn gather(&mut self, part: &Part<'s>, waiting: &mut Vec<Part<'s>>) {
        let takes = |part: &Part<'s>| self.validator.takes_at(&part.at, self.value);
        waiting.extend(part.target(self.validator.schema()));
        waiting.extend(part.list("allOf"));
        if let Some(condition) = part.get("if") {
            waiting.extend(part.get(if takes(&condition) { "then" } else { "else" }));
        }
        if let (Some(schemas), Some(names)) = (part.get("dependentSchemas"), self.value.as_object())
        {
            waiting.extend(names.keys().filter_map(|name| schemas.get(name)));
        }
        for key in ["anyOf", "oneOf"] {
            if part.schema.get(key).is_some() {
                self.open.push(
                    part.list(key)
                        .into_iter()
                        .filter(|branch| takes(branch))
                        .collect(),
                );
            }
        }
    }

    fn declares_all(&self) -> bool {
        match self.value {
            Value::Object(members) => {
                let free = !self.done.iter().any(speaks);
                members.iter().all(|(name, value)| {
                    (free || self.done.iter().any(|part| part.declares(name)))
                        && self.below(
                            value,
                            self.done.iter().flat_map(|part| part.named(name)).collect(),
                        )
                })
            }
            Value::Array(elements) => elements.iter().enumerate().all(|(index, value)| {
                self.below(
                    value,
                    self.done
                        .iter()
                        .filter_map(|part| part.element(index))
                        .collect(),
                )
            }),
            _ => true,
        }
    }

    fn below(&self, value: &Value, parts: Vec<Part<'s>>) -> bool {
        parts.is_empty() || every_part(self.validator, value, parts)
    }
}

/// Whether a part, or the condition beside it, speaks of any property.
fn speaks(part: &Part<'_>) -> bool {
    let condition = part
        .schema
        .get("if")
        .filter(|condition| *condition != &json!(true));
    part.speaks_of_properties() || condition.is_some_and(|condition| condition.is_object())
}
