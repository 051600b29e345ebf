//! Candidates for numbers: the ends of the window, the steps beyond and within, multiples.

use serde_json::{Map, Value, json};

/// Whole numbers in and around the window of a schema.
pub(super) fn integers(fields: &Map<String, Value>) -> Vec<Value> {
    let mut numbers: Vec<i128> = Vec::new();
    for end in ends(fields) {
        numbers.extend(around(end as i128));
    }
    // Ends beyond what a float can tell apart.
    let exact = ["minimum", "maximum"]
        .iter()
        .filter_map(|key| fields.get(*key));
    for end in exact.filter_map(|end| {
        end.as_i64()
            .map(i128::from)
            .or_else(|| end.as_u64().map(i128::from))
    }) {
        numbers.extend(around(end));
    }
    numbers.extend([0, 1, -1, 2]);
    if let Some(factor) = fields.get("multipleOf").and_then(Value::as_i64) {
        let start = numbers
            .first()
            .map_or(0, |first| first / i128::from(factor.max(1)));
        numbers.extend([0, 1, 2].map(|step| {
            start
                .saturating_add(step)
                .saturating_mul(i128::from(factor))
        }));
    }
    numbers.into_iter().filter_map(whole).collect()
}

fn around(end: i128) -> [i128; 3] {
    [end, end.saturating_add(1), end.saturating_sub(1)]
}

/// Numbers in and around the window of a schema.
pub(super) fn numbers(fields: &Map<String, Value>) -> Vec<Value> {
    let mut numbers = Vec::new();
    for end in ends(fields) {
        numbers.extend([end, end + 0.5, end - 0.5]);
    }
    if let Some(factor) = fields.get("multipleOf").and_then(Value::as_f64) {
        numbers.extend([factor, factor * 2.0]);
    }
    let mut values: Vec<Value> = numbers.into_iter().map(|number| json!(number)).collect();
    values.extend(integers(fields));
    values.push(json!(0.5));
    values
}

fn ends(fields: &Map<String, Value>) -> Vec<f64> {
    let keys = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    keys.iter()
        .filter_map(|key| fields.get(*key)?.as_f64())
        .collect()
}

fn whole(number: i128) -> Option<Value> {
    i64::try_from(number)
        .map(Value::from)
        .or_else(|_| u64::try_from(number).map(Value::from))
        .ok()
}
