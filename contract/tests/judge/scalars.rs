//! Makes random schemas of texts, numbers and constants, and the values that are worth trying on
//! them.

use fastrand::Rng;
use serde_json::{Value, json};

use super::parts::PATTERNS;

const TEXTS: [&str; 7] = ["x", "y", "z", "a", "ab", "abcd", ""];

pub fn text(rng: &mut Rng) -> &'static str {
    rng.choice(TEXTS).unwrap_or("x")
}

pub fn pattern(rng: &mut Rng) -> &'static str {
    rng.choice(PATTERNS).map_or(".*", |(pattern, _)| pattern)
}

/// A schema of anything but objects and arrays.
pub fn scalar(rng: &mut Rng) -> Value {
    match rng.u32(0..20) {
        0..8 => string(rng),
        8..13 => number(rng, "integer"),
        13 => number(rng, "number"),
        14 => json!({ "type": "boolean" }),
        15 => json!({ "const": text(rng) }),
        16 => json!({ "enum": [text(rng), rng.u32(0..3), null] }),
        17 => json!({ "type": ["string", "null"] }),
        18 => {
            json!({ "type": ["integer", "string"], "maximum": rng.u32(0..10), "maxLength": rng.u32(1..4) })
        }
        _ => json!({}),
    }
}

fn string(rng: &mut Rng) -> Value {
    let mut schema = json!({ "type": "string" });
    match rng.u32(0..10) {
        0 => schema["minLength"] = json!(rng.u32(0..3)),
        1 => schema["maxLength"] = json!(rng.u32(1..6)),
        2 => schema["pattern"] = json!(pattern(rng)),
        3 => {
            schema["pattern"] = json!(pattern(rng));
            schema["maxLength"] = json!(rng.u32(1..6));
        }
        4 | 5 => {
            let mut members = vec![text(rng), text(rng), text(rng)];
            members.sort_unstable();
            members.dedup();
            schema["enum"] = json!(members);
        }
        _ => {}
    }
    schema
}

fn number(rng: &mut Rng, name: &str) -> Value {
    let mut schema = json!({ "type": name });
    match rng.u32(0..9) {
        0 => schema["minimum"] = json!(rng.i32(-3..4)),
        1 => schema["maximum"] = json!(rng.i32(0..11)),
        2 => {
            schema["minimum"] = json!(rng.i32(-3..2));
            schema["maximum"] = json!(rng.i32(2..11));
        }
        3 => schema["exclusiveMinimum"] = json!(rng.i32(-3..4)),
        4 => schema["multipleOf"] = json!(rng.choice([2, 3, 4, 6]).unwrap_or(2)),
        5 if name == "integer" => schema["format"] = json!("int32"),
        _ => {}
    }
    schema
}

/// What a bound may become.
pub fn moved(rng: &mut Rng, bound: &Value) -> Value {
    let bound = bound.as_i64().unwrap_or(1);
    json!((bound + rng.i64(-2..3)).max(if bound >= 0 { 0 } else { -9 }))
}
