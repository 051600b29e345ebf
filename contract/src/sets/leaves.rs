//! Strings and numbers around the bounds of a schema, and many of one kind that differ from each
//! other.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// How long a string to try.
const LONGEST: usize = 2048;

/// Strings that suit many patterns, or just do not.
const OTHERS: [&str; 5] = ["a", "", " ", "-", "0"];

/// Strings that match the pattern, of every length that the schema mentions, one shorter and one
/// longer.
pub(super) fn strings(schema: &Map<String, Value>) -> Vec<Value> {
    let pattern = schema
        .get("pattern")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let examples = schema
        .get("examples")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut fitting: Vec<String> = examples.map(str::to_owned).collect();
    fitting.extend(jsonschema_regex::pattern_witness(pattern));
    if fitting.is_empty() {
        fitting.push("a".to_owned());
    }
    let lengths = lengths(schema, pattern);
    let stretched = fitting
        .iter()
        .flat_map(|text| lengths.iter().map(|&length| stretched(text, length)));
    let stretched: Vec<String> = stretched.collect();
    fitting
        .into_iter()
        .chain(OTHERS.map(str::to_owned))
        .chain(stretched)
        .map(Value::from)
        .collect()
}

/// Every number that is written in the schema may be a bound.
fn lengths(schema: &Map<String, Value>, pattern: &str) -> Vec<usize> {
    let bounds = ["minLength", "maxLength"]
        .iter()
        .filter_map(|key| schema.get(*key)?.as_u64());
    let written = pattern
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok());
    let bounds: Vec<usize> = bounds
        .filter_map(|bound| usize::try_from(bound).ok())
        .chain(written)
        .collect();
    let around = bounds
        .into_iter()
        .flat_map(|bound| [bound, bound.saturating_add(1), bound.saturating_sub(1)]);
    let around: BTreeSet<usize> = around.filter(|&length| length <= LONGEST).collect();
    around.into_iter().collect()
}

/// Cut, or lengthened by its last character.
fn stretched(seed: &str, length: usize) -> String {
    let last = seed.chars().last().unwrap_or('a');
    seed.chars()
        .chain(std::iter::repeat(last))
        .take(length)
        .collect()
}

/// At, below and above every bound; and no whole number.
pub(super) fn numbers(schema: &Map<String, Value>) -> Vec<Value> {
    let bounds = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ];
    let bounds: Vec<i64> = bounds
        .iter()
        .filter_map(|key| schema.get(*key)?.as_i64())
        .collect();
    let around = bounds
        .iter()
        .flat_map(|&at| [at, at.saturating_add(1), at.saturating_sub(1)])
        .map(Value::from);
    around
        .chain([json!(1), json!(0), json!(-1), json!(0.5), json!(u64::MAX)])
        .collect()
}

/// Lists of so many items like this one, no two the same; in more than one way, as not every one
/// suits every pattern.
pub(super) fn distinct(item: &Value, length: u64) -> Vec<Vec<Value>> {
    let Some(text) = item.as_str() else {
        return vec![
            (0..length)
                .map(|at| {
                    item.as_i64()
                        .map_or_else(|| item.clone(), |n| json!(n.saturating_add_unsigned(at)))
                })
                .collect(),
        ];
    };
    let short: String = text
        .chars()
        .take(text.chars().count().saturating_sub(2))
        .collect();
    let numbered = |stem: &str| {
        (0..length)
            .map(|at| json!(format!("{stem}{at:02}")))
            .collect()
    };
    vec![numbered(text), numbered(&short)]
}
