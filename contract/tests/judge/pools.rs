//! The constants, bounds and names of two schemas, and values changed in one place by them.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{schemas::NAMES, values::written};

/// What is worth trying.
pub struct Pools {
    pub names: Vec<String>,
    pub texts: Vec<String>,
    pub numbers: Vec<f64>,
    constants: Vec<Value>,
}

impl Pools {
    pub fn of(schemas: [&Value; 2]) -> Self {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let constants = [
            json!(null),
            json!(true),
            json!({}),
            json!([]),
            json!([1]),
            json!({ "a": 1 }),
            json!(0.5),
        ];
        let mut pools = Self {
            names: owned(&NAMES),
            texts: owned(&["", "a", "b", "ab", "x", "12", "A1", "abcdefgh", "hello"]),
            numbers: vec![0.0, 1.0, 5.0, 12.0, 24.0, -1.0, 0.5, 3e9],
            constants: constants.to_vec(),
        };
        pools.names.extend(owned(&["d", "x1"]));
        schemas.iter().for_each(|schema| pools.gather(schema));
        pools.numbers.sort_by(f64::total_cmp);
        pools.numbers.dedup();
        for list in [&mut pools.names, &mut pools.texts] {
            list.sort_unstable();
            list.dedup();
        }
        pools
    }

    fn gather(&mut self, schema: &Value) {
        match schema {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.keyword(key, value);
                    self.gather(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|each| self.gather(each)),
            _ => {}
        }
    }

    fn keyword(&mut self, key: &str, value: &Value) {
        match (key, value) {
            ("const", value) => self.constant(value),
            ("enum", Value::Array(members)) => {
                members.iter().for_each(|member| self.constant(member))
            }
            ("minLength" | "maxLength", Value::Number(bound)) => {
                let bound = bound.as_u64().unwrap_or(0) as usize;
                for length in bound.saturating_sub(1)..bound + 2 {
                    self.texts
                        .extend(["a", "z"].map(|letter| letter.repeat(length)));
                }
            }
            ("minimum" | "maximum" | "exclusiveMinimum" | "multipleOf", Value::Number(bound)) => {
                let bound = bound.as_f64().unwrap_or(0.0);
                self.numbers
                    .extend([bound - 1.0, bound, bound + 1.0, bound + 0.5]);
            }
            ("properties", Value::Object(properties)) => {
                self.names.extend(properties.keys().cloned())
            }
            _ => {}
        }
    }

    fn constant(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.texts.push(text.clone()),
            value => self.constants.push(value.clone()),
        }
    }

    /// A value of any type.
    pub fn any(&self, rng: &mut Rng) -> Value {
        match rng.u32(0..10) {
            0..4 => json!(rng.choice(&self.texts)),
            4..7 => rng
                .choice(&self.numbers)
                .map_or(Value::Null, |number| written(*number)),
            _ => rng.choice(&self.constants).cloned().unwrap_or_default(),
        }
    }

    /// A value with one place changed; `other` is a value to take parts from.
    pub fn changed(&self, rng: &mut Rng, value: &Value, other: &Value) -> Value {
        match value {
            Value::Object(members) if !members.is_empty() && rng.u32(0..4) > 0 => {
                let mut members = members.clone();
                let names: Vec<String> = members.keys().cloned().collect();
                let name = rng.choice(names).unwrap_or_default();
                self.member(rng, &mut members, name, other);
                Value::Object(members)
            }
            Value::Object(members) => {
                let mut members = members.clone();
                let theirs = other
                    .as_object()
                    .and_then(|other| rng.choice(other.iter().collect::<Vec<_>>()));
                match theirs.filter(|_| rng.bool()) {
                    Some((name, value)) => members.insert(name.clone(), value.clone()),
                    None => members.insert(
                        rng.choice(&self.names).cloned().unwrap_or_default(),
                        self.any(rng),
                    ),
                };
                Value::Object(members)
            }
            Value::Array(elements) if !elements.is_empty() => {
                let mut elements = elements.clone();
                let index = rng.usize(0..elements.len());
                match rng.u32(0..4) {
                    0 => drop(elements.swap_remove(index)),
                    1 => elements.push(elements[index].clone()),
                    _ => elements[index] = self.changed(rng, &elements[index], other),
                }
                Value::Array(elements)
            }
            _ => self.any(rng),
        }
    }

    fn member(&self, rng: &mut Rng, members: &mut Map<String, Value>, name: String, other: &Value) {
        match rng.u32(0..5) {
            0 => drop(members.shift_remove(&name)),
            1 if other.get(&name).is_some() => {
                drop(members.insert(name.clone(), other[&name].clone()))
            }
            _ => {
                let value = self.changed(rng, &members[&name], other.get(&name).unwrap_or(other));
                members.insert(name, value);
            }
        }
    }
}
