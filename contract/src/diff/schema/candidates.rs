//! Makes values that a schema may accept: its bounds, its members, its shortest and its fullest
//! objects. No value is promised to be valid; callers ask a validator.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use serde_json::{Map, Value, json};

use super::{numbers, texts};

/// How deep values nest, and how many are made per schema: enough for bodies of real contracts.
pub(super) const DEPTH: usize = 7;
pub(super) const MOST: usize = 48;
/// How many branches are tried.
const BRANCHES: usize = 512;
/// The longest array that is made.
const LENGTH: usize = 256;

/// Makes values for one schema that stands alone.
pub(super) struct Candidates<'a> {
    pub(super) schema: &'a Value,
    /// What was made for a definition, by how deep it may still nest.
    made: RefCell<HashMap<(usize, usize), Made>>,
    /// Lengths of arrays that another schema speaks of.
    lengths: Vec<usize>,
    /// How many schemas may still be looked at.
    left: Cell<usize>,
}

type Made = Rc<Vec<Value>>;

/// How many schemas are looked at for one question.
const SCHEMAS: usize = 1200;

impl<'a> Candidates<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        Self {
            schema,
            made: RefCell::default(),
            lengths: Vec::new(),
            left: Cell::new(SCHEMAS),
        }
    }

    /// The same, with arrays that are just as long as these bounds allow, and just longer or
    /// shorter.
    pub(super) fn with_lengths(mut self, bounds: &[u64]) -> Self {
        let around = |bound: &u64| [*bound, bound.saturating_add(1), bound.saturating_sub(1)];
        self.lengths = bounds
            .iter()
            .flat_map(around)
            .filter_map(|length| usize::try_from(length).ok())
            .collect();
        self
    }

    pub(super) fn all(&self) -> Vec<Value> {
        self.values(self.schema, DEPTH)
    }

    pub(super) fn target(&self, reference: &str) -> Option<&'a Value> {
        self.schema.pointer(reference.strip_prefix('#')?)
    }

    /// Whether one more schema may be looked at.
    pub(super) fn may_look(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn values(&self, schema: &Value, depth: usize) -> Vec<Value> {
        let Some(left) = depth.checked_sub(1).filter(|_| self.may_look()) else {
            return Vec::new();
        };
        let Value::Object(fields) = schema else {
            return if schema == &json!(false) {
                Vec::new()
            } else {
                anything()
            };
        };
        let composed = self.composed(fields, left);
        if !composed.is_empty() {
            return composed;
        }
        let mut values = self.plain(fields, left);
        values.truncate(most(depth));
        values
    }

    /// The values of a schema that is made of others.
    fn composed(&self, fields: &Map<String, Value>, depth: usize) -> Vec<Value> {
        if let Some(target) = fields
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|name| self.target(name))
        {
            let key = (std::ptr::from_ref(target) as usize, depth);
            let known = self.made.borrow().get(&key).map(Rc::clone);
            let values = known.unwrap_or_else(|| Rc::new(self.values(target, depth)));
            self.made.borrow_mut().insert(key, Rc::clone(&values));
            return Vec::clone(&values);
        }
        // The only values: what else is said of them is for a validator.
        if fields.contains_key("const") || fields.contains_key("enum") {
            return Vec::new();
        }
        if let Some(parts) = list(fields, "allOf") {
            let mut merged = without(fields, "allOf");
            for part in parts {
                self.merge(&mut merged, part, depth);
            }
            return self.values(&Value::Object(merged), depth);
        }
        for key in ["anyOf", "oneOf"] {
            let Some(branches) = list(fields, key) else {
                continue;
            };
            let share = if branches.len() > most(depth) {
                1
            } else {
                most(depth) / branches.len().max(1) + 2
            };
            let branch = |branch: &Value| {
                let mut merged = without(fields, key);
                self.merge(&mut merged, branch, depth);
                let mut values = self.values(&Value::Object(merged), depth);
                values.truncate(share);
                values
            };
            let mut values: Vec<Value> = branches.iter().flat_map(branch).collect();
            // One of each, where there are many.
            values.truncate(most(depth).max(branches.len().min(BRANCHES)));
            return values;
        }
        Vec::new()
    }

    /// Adds the keywords of a part; of bounds that both have, the part's.
    pub(super) fn merge(&self, into: &mut Map<String, Value>, part: &Value, depth: usize) {
        let Some(left) = depth.checked_sub(1) else {
            return;
        };
        let Some(fields) = part.as_object() else {
            return;
        };
        if let Some(target) = fields
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|name| self.target(name))
        {
            return self.merge(into, target, left);
        }
        for (key, value) in fields {
            match (into.get_mut(key), value) {
                (Some(Value::Object(old)), Value::Object(new)) => {
                    old.extend(
                        new.iter()
                            .filter(|(_, each)| *each != &json!(true))
                            .map(|(k, v)| (k.clone(), v.clone())),
                    );
                }
                (Some(Value::Array(old)), Value::Array(new))
                    if key == "required" || key == "allOf" =>
                {
                    old.extend(new.clone());
                }
                _ => {
                    into.insert(key.clone(), value.clone());
                }
            }
        }
    }

    fn plain(&self, fields: &Map<String, Value>, depth: usize) -> Vec<Value> {
        if let Some(value) = fields.get("const") {
            return vec![value.clone()];
        }
        let mut values: Vec<Value> = list(fields, "enum").cloned().unwrap_or_default();
        if values.is_empty() {
            let types = types(fields);
            let each = most(depth) / types.len().max(1) + 2;
            for name in types {
                values.extend(self.typed(name, fields, depth).into_iter().take(each));
            }
        }
        let examples = list(fields, "examples")
            .into_iter()
            .flatten()
            .take(4)
            .cloned();
        values.splice(0..0, examples);
        values
    }

    fn typed(&self, name: &str, fields: &Map<String, Value>, depth: usize) -> Vec<Value> {
        match name {
            "null" => vec![Value::Null],
            "boolean" => vec![json!(true), json!(false)],
            "integer" => numbers::integers(fields),
            "number" => numbers::numbers(fields),
            "string" => texts::texts(fields),
            "array" => self.arrays(fields, depth),
            _ => self.objects(fields, depth),
        }
    }

    fn arrays(&self, fields: &Map<String, Value>, depth: usize) -> Vec<Value> {
        let items = fields
            .get("items")
            .map_or_else(anything, |items| self.values(items, depth));
        let head: Vec<Value> = list(fields, "prefixItems")
            .into_iter()
            .flatten()
            .filter_map(|each| self.values(each, depth).into_iter().next())
            .collect();
        let (least, most) = (
            count(fields, "minItems").unwrap_or(0),
            count(fields, "maxItems"),
        );
        // One more and one less than it allows, too: the other side may allow them.
        let mut lengths = vec![least, least.saturating_add(1), 2, least.saturating_sub(1)];
        lengths.extend(most.iter().flat_map(|most| [*most, most.saturating_add(1)]));
        lengths.extend(&self.lengths);
        let longest = if depth + 3 >= DEPTH {
            LENGTH
        } else {
            least.max(3)
        };
        lengths.retain(|length| *length <= longest);
        let filled = |length: usize| -> Value {
            let rest = distinct(&items, length.saturating_sub(head.len()));
            head.iter().cloned().chain(rest).take(length).collect()
        };
        let mut arrays: Vec<Value> = lengths.iter().map(|length| filled(*length)).collect();
        let repeated = |value: &Value| Value::Array(vec![value.clone(); least.clamp(2, LENGTH)]);
        arrays.extend(items.first().map(repeated));
        let contained = fields
            .get("contains")
            .map(|schema| self.values(schema, depth))
            .unwrap_or_default();
        let parts = items.iter().chain(&contained).take(24);
        arrays.extend(parts.map(|part| with_element(&filled(least.max(1)), part)));
        arrays
    }

    fn objects(&self, fields: &Map<String, Value>, depth: usize) -> Vec<Value> {
        let properties = fields
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        // Once each: how many schemas may be looked at is bounded.
        let made = properties
            .iter()
            .map(|(name, schema)| (name.as_str(), self.values(schema, depth)));
        let made: HashMap<&str, Vec<Value>> = made.collect();
        let of = |name: &str| made.get(name).cloned().unwrap_or_else(anything);
        let required: Vec<&str> = list(fields, "required")
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let first = |name: &str| {
            of(name)
                .into_iter()
                .next()
                .map(|value| (name.to_owned(), value))
        };
        let mut least: Map<String, Value> =
            required.iter().filter_map(|name| first(name)).collect();
        let full: Map<String, Value> = least
            .clone()
            .into_iter()
            .chain(
                properties
                    .keys()
                    .filter(|name| !required.contains(&name.as_str()))
                    .filter_map(|name| first(name)),
            )
            .collect();
        let rest = ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .find_map(|key| fields.get(*key));
        let others = rest.map_or_else(anything, |schema| self.values(schema, depth));
        for index in least.len()..count(fields, "minProperties").unwrap_or(0).min(LENGTH) {
            least.extend(
                others
                    .first()
                    .map(|value| (format!("other{index}"), value.clone())),
            );
        }
        let varied = properties.keys().flat_map(|name| {
            let base = &least;
            of(name)
                .into_iter()
                .take(most(depth).min(12))
                .map(move |value| with(base, name, value))
        });
        let varied: Vec<Value> = varied.collect();
        let opened = others
            .iter()
            .take(6)
            .map(|value| with(&least, "other", value.clone()));
        let long = others
            .first()
            .map(|value| with(&least, &"other".repeat(20), value.clone()));
        // The first values of lists are empty; what is in them is to be seen as well.
        let richest = properties
            .keys()
            .filter_map(|name| Some((name.clone(), of(name).into_iter().max_by_key(parts)?)));
        let richest = Value::Object(richest.collect());
        let plain = [Value::Object(least.clone()), Value::Object(full)];
        plain
            .into_iter()
            .chain(opened)
            .chain([richest])
            .chain(long)
            .chain(varied)
            .collect()
    }
}

/// How many values are made where `depth` is left: of parts of parts, fewer will do.
fn most(depth: usize) -> usize {
    match DEPTH.saturating_sub(depth) {
        0 | 1 => MOST,
        2 | 3 => 16,
        4 => 6,
        _ => 3,
    }
}

/// One value of every type.
pub(super) fn anything() -> Vec<Value> {
    vec![
        json!("a"),
        json!(0),
        json!({}),
        json!([]),
        json!(true),
        Value::Null,
        json!(0.5),
    ]
}

/// How many values are in a value.
fn parts(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(parts).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(parts).sum::<usize>(),
        Value::Null => 0,
        _ => 1,
    }
}

/// The types that a schema names, or those that its keywords speak of, or all.
fn types(fields: &Map<String, Value>) -> Vec<&str> {
    match fields.get("type") {
        Some(Value::String(name)) => return vec![name],
        Some(Value::Array(names)) => return names.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    let speaks = |keys: &[&str]| keys.iter().any(|key| fields.contains_key(*key));
    if speaks(&[
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
        "patternProperties",
    ]) {
        vec!["object", "string", "array"]
    } else if speaks(&[
        "items",
        "minItems",
        "maxItems",
        "contains",
        "prefixItems",
        "uniqueItems",
    ]) {
        vec!["array", "object", "string"]
    } else if speaks(&["pattern", "minLength", "maxLength", "format"]) {
        vec!["string", "integer"]
    } else if speaks(&[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]) {
        vec!["number", "string"]
    } else {
        vec![
            "string", "integer", "object", "array", "boolean", "null", "number",
        ]
    }
}

/// `length` values, different where possible.
fn distinct(values: &[Value], length: usize) -> Vec<Value> {
    let mut made: Vec<Value> = Vec::new();
    for value in values {
        if !made.contains(value) {
            made.push(value.clone());
        }
    }
    for index in 0.. {
        if made.len() >= length || index >= 2 * LENGTH {
            break;
        }
        let next = values
            .get(index % values.len().max(1))
            .map_or(Value::Null, |value| varied(value, index));
        if !made.contains(&next) {
            made.push(next);
        }
    }
    made.truncate(length);
    made
}

/// The same kind of value, with a number worked into it, so that most patterns still match it.
fn varied(value: &Value, index: usize) -> Value {
    match value {
        Value::String(text) => {
            let number = index.to_string();
            let keep = text.chars().count().saturating_sub(number.len());
            json!(
                text.chars()
                    .take(keep)
                    .chain(number.chars())
                    .collect::<String>()
            )
        }
        Value::Number(_) => json!(index),
        Value::Object(fields) => {
            let changed = |(key, value): (&String, &Value)| (key.clone(), varied(value, index));
            Value::Object(fields.iter().map(changed).collect())
        }
        other => other.clone(),
    }
}

/// An array with its first element replaced.
pub(super) fn with_element(array: &Value, part: &Value) -> Value {
    let mut array = array.clone();
    if let Some(first) = array.get_mut(0) {
        *first = part.clone();
    }
    array
}

pub(super) fn with(object: &Map<String, Value>, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object.insert(name.to_owned(), value);
    Value::Object(object)
}

pub(super) fn without(fields: &Map<String, Value>, key: &str) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(name, _)| name.as_str() != key)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn list<'v>(fields: &'v Map<String, Value>, key: &str) -> Option<&'v Vec<Value>> {
    fields.get(key).and_then(Value::as_array)
}

fn count(fields: &Map<String, Value>, key: &str) -> Option<usize> {
    let number = fields.get(key)?;
    number
        .as_u64()
        .map(|count| count as usize)
        .or_else(|| number.as_f64().map(|count| count as usize))
}
