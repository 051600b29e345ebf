//! Values around the edges of a schema: some that it takes, some that it just does not. Nobody
//! relies on which; who uses them asks validators.

use serde_json::{Map, Value, json};

use super::leaves;

/// How deep to follow a schema that refers to itself.
const DEPTH: usize = 8;
/// How long a list to try.
const LONGEST: u64 = 64;

/// Values around the edges of a schema that is complete in itself.
pub(super) fn of(schema: &Value) -> Vec<Value> {
    within(schema, schema, DEPTH)
}

/// The first is the best guess at a value that the schema takes.
fn within(schema: &Value, root: &Value, depth: usize) -> Vec<Value> {
    let Some(schema) = schema.as_object().filter(|_| depth > 0) else {
        return one_of_each_type();
    };
    let mut found: Vec<Value> = list(schema, "enum")
        .iter()
        .chain(schema.get("const"))
        .cloned()
        .collect();
    if let Some(target) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|at| root.pointer(at.strip_prefix('#')?))
    {
        found.extend(within(target, root, depth - 1));
    }
    for branch in ["anyOf", "oneOf"]
        .into_iter()
        .flat_map(|key| list(schema, key))
    {
        found.extend(within(branch, root, depth - 1));
    }
    found.extend(all_of(list(schema, "allOf"), root, depth));
    for kind in kinds(schema) {
        found.extend(of_kind(kind, schema, root, depth));
    }
    found.extend(one_of_each_type());
    found
}

fn one_of_each_type() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!(0),
        json!(true),
        json!([]),
        json!({}),
    ]
}

fn list<'s>(schema: &'s Map<String, Value>, key: &str) -> &'s [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The types that the schema names; without one, those that its keywords are about.
fn kinds(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if schema.contains_key("properties") || schema.contains_key("required") => vec!["object"],
        _ if schema.contains_key("items") => vec!["array"],
        _ if schema.contains_key("pattern") => vec!["string"],
        _ => vec![],
    }
}

fn of_kind(kind: &str, schema: &Map<String, Value>, root: &Value, depth: usize) -> Vec<Value> {
    match kind {
        "string" => leaves::strings(schema),
        "integer" | "number" => leaves::numbers(schema),
        "boolean" => vec![json!(true), json!(false)],
        "array" => arrays(schema, root, depth),
        "object" => objects(schema, root, depth),
        _ => vec![Value::Null],
    }
}

/// Merges the best guess of every branch, and puts each value of each branch over that.
fn all_of(branches: &[Value], root: &Value, depth: usize) -> Vec<Value> {
    let values: Vec<Vec<Value>> = branches
        .iter()
        .map(|branch| within(branch, root, depth - 1))
        .collect();
    let base = values
        .iter()
        .filter_map(|values| values.first())
        .fold(Value::Null, merged);
    let each = values
        .iter()
        .flatten()
        .map(|value| merged(base.clone(), value));
    if branches.is_empty() {
        vec![]
    } else {
        [base.clone()].into_iter().chain(each).collect()
    }
}

fn merged(below: Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(mut below), Value::Object(above)) => {
            below.extend(above.clone());
            below.into()
        }
        (_, above) => above.clone(),
    }
}

/// With every key; without each in turn; with each of the values of each key; and with a key more.
fn objects(schema: &Map<String, Value>, root: &Value, depth: usize) -> Vec<Value> {
    let none = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let mut values: Vec<(&str, Vec<Value>)> = properties
        .iter()
        .map(|(key, schema)| (key.as_str(), within(schema, root, depth - 1)))
        .collect();
    let undeclared = list(schema, "required").iter().filter_map(Value::as_str);
    values.extend(
        undeclared
            .filter(|key| !properties.contains_key(*key))
            .map(|key| (key, one_of_each_type())),
    );
    let first =
        |(key, values): &(&str, Vec<Value>)| Some(((*key).to_owned(), values.first()?.clone()));
    let full: Map<String, Value> = values.iter().filter_map(first).collect();
    let with = |key: &str, value: &Value| merged(full.clone().into(), &json!({key: value}));
    let least = full
        .iter()
        .filter(|(key, _)| list(schema, "required").iter().any(|name| name == *key));
    let mut found = vec![
        full.clone().into(),
        least
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect::<Map<_, _>>()
            .into(),
    ];
    for (key, values) in &values {
        let mut without = full.clone();
        without.remove(*key);
        found.push(without.into());
        found.extend(values.iter().map(|value| with(key, value)));
    }
    found.push(with("another key", &json!(0)));
    found
}

/// At, below and above every bound of length; each value of an item alone; and the same twice.
fn arrays(schema: &Map<String, Value>, root: &Value, depth: usize) -> Vec<Value> {
    let items = within(
        schema.get("items").unwrap_or(&Value::Bool(true)),
        root,
        depth - 1,
    );
    let bound = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .filter(|bound| *bound < LONGEST)
    };
    let least = bound("minItems").unwrap_or(1).max(1);
    let bounds = [bound("minItems"), bound("maxItems"), Some(least)]
        .into_iter()
        .flatten();
    let mut lengths: Vec<u64> = bounds
        .flat_map(|at| [at, at + 1, at.saturating_sub(1)])
        .collect();
    lengths.insert(0, least);
    let Some(item) = items.first() else {
        return vec![json!([])];
    };
    let mut found: Vec<Value> = lengths
        .iter()
        .flat_map(|&length| leaves::distinct(item, length))
        .map(Value::from)
        .collect();
    found.extend(items.iter().map(|item| json!([item])));
    found.push(json!([item, item]));
    found
}
