//! How documents are changed under libFuzzer: half of the time byte by byte, half of the time value
//! by value, so that what comes out is well-formed and gets past the reader. What has to hold of
//! the result stands in `targets`.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value, json};

/// Stands between the two documents of a pair, on a separate line.
pub const BETWEEN: &str = "\n---\n";

/// Changes the document in `data[..size]`, in a pair one of the two; gives the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut chance = Chance(u64::from(seed) | 1 << 32);
    let changed = chance
        .once_in(2)
        .then(|| edited(&data[..size], &mut chance))
        .flatten();
    match changed.filter(|text| text.len() <= max_size) {
        Some(text) => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// The text with one value changed, written as JSON; nothing where it cannot be read.
fn edited(data: &[u8], chance: &mut Chance) -> Option<String> {
    let text = str::from_utf8(data).ok()?;
    match text.split_once(BETWEEN) {
        None => edited_document(text, chance),
        Some((base, head)) if chance.once_in(4) => {
            Some(edited_document(base, chance)? + BETWEEN + head)
        }
        Some((base, head)) => Some(format!("{base}{BETWEEN}{}", edited_document(head, chance)?)),
    }
}

fn edited_document(text: &str, chance: &mut Chance) -> Option<String> {
    let mut document: Value = serde_saphyr::from_str(text).ok()?;
    let values = count(&document);
    let other = nth(&mut document, &mut chance.below(values))?.clone();
    let place = nth(&mut document, &mut chance.below(values))?;
    change(place, other, chance);
    serde_json::to_string(&document).ok()
}

/// How many values there are in a value, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Array(elements) => elements.iter().map(count).sum(),
        _ => 0,
    }
}

/// The value number `left`, parents first.
fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Object(fields) => fields.values_mut().find_map(|each| nth(each, left)),
        Value::Array(elements) => elements.iter_mut().find_map(|each| nth(each, left)),
        _ => None,
    }
}

/// Takes something out of the value, puts something into it, or replaces it.
fn change(place: &mut Value, other: Value, chance: &mut Chance) {
    match place {
        Value::Object(fields) if chance.once_in(2) => {
            let key = fields.keys().nth(chance.below(fields.len())).cloned();
            match key.filter(|_| chance.once_in(2)) {
                Some(key) => drop(fields.shift_remove(&key)),
                None => {
                    drop(fields.insert(chance.pick(&KEYWORDS).to_owned(), fitting(other, chance)))
                }
            }
        }
        Value::Array(elements) if chance.once_in(2) => {
            if chance.once_in(2) && !elements.is_empty() {
                elements.remove(chance.below(elements.len()));
            } else {
                elements.push(other);
            }
        }
        _ => *place = fitting(other, chance),
    }
}

/// A part of the document, or a value that a keyword may or may not have.
fn fitting(other: Value, chance: &mut Chance) -> Value {
    match chance.below(20) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1e300),
        4 => json!(""),
        5 => json!([]),
        6 => Value::Object(Map::new()),
        7 => json!("("),
        8 => json!({"$ref": "#"}),
        9 => json!({"$ref": "#/components/schemas/Node"}),
        10 => json!(["string", "null"]),
        11 => json!(chance.pick(&TYPES)),
        12 => json!(0.1),
        13 => json!(u64::MAX),
        _ => other,
    }
}

const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "array", "object"];
const KEYWORDS: [&str; 28] = [
    "$ref",
    "type",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "properties",
    "additionalProperties",
    "required",
    "items",
    "enum",
    "const",
    "default",
    "nullable",
    "minimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxItems",
    "uniqueItems",
    "pattern",
    "format",
    "discriminator",
    "deprecated",
    "parameters",
    "security",
    "content",
    "headers",
];

/// A small generator of pseudorandom numbers (xorshift), for libFuzzer wants the same of the same
/// seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick(&mut self, among: &[&'static str]) -> &'static str {
        among[self.below(among.len())]
    }
}
