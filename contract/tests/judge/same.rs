//! Changes of a schema that keep its meaning: another way to write the same set of values, with the
//! same names declared.

use serde_json::{Map, Value, json};

use super::{places::places, schemas::Maker};

type Fields = Map<String, Value>;

/// Rewrites one place; false where nothing could be.
pub fn refactored(maker: &mut Maker, head: &mut Value) -> bool {
    for _ in 0..30 {
        let Some(at) = maker.rng.choice(places(head)) else {
            return false;
        };
        // What stands under these is not what applies to the value.
        if [
            "/not",
            "/if",
            "/propertyNames",
            "/contains",
            "/unevaluatedProperties",
        ]
        .iter()
        .any(|key| at.contains(key))
        {
            continue;
        }
        let kind = maker.rng.u32(0..9);
        if kind == 8 {
            if inlined(head, &at) {
                return true;
            }
            continue;
        }
        let Some(Value::Object(node)) = head.pointer_mut(&at) else {
            return false;
        };
        let definitions = node.shift_remove("$defs");
        let before = node.clone();
        let extracted = rewrite(maker, node, kind);
        let changed = *node != before;
        if let Some(definitions) = definitions {
            node.insert("$defs".to_owned(), definitions);
        }
        if let Some((name, schema)) = extracted {
            head["$defs"][name] = schema;
        }
        if changed {
            return true;
        }
    }
    false
}

fn rewrite(maker: &mut Maker, node: &mut Fields, kind: u32) -> Option<(String, Value)> {
    match kind {
        0 => wrap(node),
        1 => split(maker, node),
        2 => flatten(node),
        3 => nullable(maker, node),
        4 => reorder(maker, node),
        5 => constant(node),
        6 => lift(node),
        _ => {
            let name = format!("X{}", maker.rng.u32(0..1000));
            let schema = Value::Object(std::mem::take(node));
            node.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
            return Some((name, schema));
        }
    }
    None
}

/// Puts the schema into an `allOf` of one.
fn wrap(node: &mut Fields) {
    let schema = std::mem::take(node);
    node.insert("allOf".to_owned(), json!([schema]));
}

/// Moves some properties of an object into an `allOf` part.
fn split(maker: &mut Maker, node: &mut Fields) {
    let Some(properties) = node.get("properties").and_then(Value::as_object) else {
        return;
    };
    if speaks_of_others(node) || properties.len() < 2 {
        return;
    }
    let moved: Vec<String> = properties
        .keys()
        .filter(|_| maker.rng.bool())
        .cloned()
        .collect();
    let mut part = json!({ "type": "object", "properties": {} });
    if node.get("type").is_none_or(|kind| kind != "object") {
        part.as_object_mut()
            .expect("an object")
            .shift_remove("type");
    }
    for name in &moved {
        if let Some(schema) = node["properties"]
            .as_object_mut()
            .and_then(|named| named.shift_remove(name))
        {
            part["properties"][name] = schema;
        }
    }
    if let Some(required) = node.get_mut("required").and_then(Value::as_array_mut) {
        let (theirs, ours): (Vec<_>, Vec<_>) = required
            .drain(..)
            .partition(|name| moved.iter().any(|each| name == each));
        *required = ours;
        if !theirs.is_empty() {
            part["required"] = json!(theirs);
        }
    }
    let parts = node.entry("allOf").or_insert_with(|| json!([]));
    parts
        .as_array_mut()
        .into_iter()
        .for_each(|parts| parts.push(part.clone()));
}

/// Writes the parts of an `allOf` flat, where they say different things and only of properties.
fn flatten(node: &mut Fields) {
    let Some(parts) = node.get("allOf").and_then(Value::as_array).cloned() else {
        return;
    };
    let mut flat = node.clone();
    flat.shift_remove("allOf");
    let plain = |schema: &Fields| {
        schema
            .keys()
            .all(|key| ["type", "properties", "required"].contains(&key.as_str()))
    };
    let mut apart = plain(&flat);
    for part in &parts {
        let Some(fields) = part.as_object().filter(|fields| plain(fields)) else {
            return;
        };
        let same = |key: &str, of: &Fields| fields.get(key) == of.get(key);
        let known = |name: &String| {
            flat.get("properties")
                .is_some_and(|named| named.get(name).is_some())
        };
        apart &= same("type", &flat) || flat.is_empty();
        apart &= !fields
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|named| named.keys().any(known));
        merge(&mut flat, part);
    }
    if apart {
        *node = flat;
    }
}

/// Adds what a part says; where both say something, the part's word counts.
pub fn merge(into: &mut Fields, part: &Value) {
    for (key, value) in part.as_object().into_iter().flatten() {
        match (into.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) if key == "properties" => {
                old.extend(new.clone())
            }
            (Some(Value::Array(old)), Value::Array(new)) if key == "required" || key == "allOf" => {
                let fresh: Vec<Value> = new
                    .iter()
                    .filter(|name| !old.contains(name))
                    .cloned()
                    .collect();
                old.extend(fresh);
            }
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// `[X, null]` as a composition of the two.
fn nullable(maker: &mut Maker, node: &mut Fields) {
    let Some(kinds) = node.get("type").and_then(Value::as_array) else {
        return;
    };
    let [kind, null] = kinds.as_slice() else {
        return;
    };
    if null != "null" || node.contains_key("enum") {
        return;
    }
    let mut schema = node.clone();
    schema.insert("type".to_owned(), kind.clone());
    let mut branches = vec![json!({ "type": "null" }), Value::Object(schema)];
    if maker.rng.bool() {
        branches.reverse();
    }
    node.clear();
    node.insert(
        if maker.rng.bool() { "oneOf" } else { "anyOf" }.to_owned(),
        Value::Array(branches),
    );
}

fn reorder(maker: &mut Maker, node: &mut Fields) {
    for key in ["allOf", "anyOf", "oneOf", "enum", "required"] {
        if let Some(branches) = node.get_mut(key).and_then(Value::as_array_mut) {
            maker.rng.shuffle(branches);
        }
    }
}

/// `const` as an `enum` of one, and back.
fn constant(node: &mut Fields) {
    if let Some(value) = node.shift_remove("const") {
        node.insert("enum".to_owned(), json!([value]));
    } else if let Some([member]) = node
        .get("enum")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        let member = member.clone();
        node.shift_remove("enum");
        node.insert("const".to_owned(), member);
    }
}

/// Wraps a composition that stands alone in an `allOf`.
fn lift(node: &mut Fields) {
    for key in ["oneOf", "anyOf"] {
        if !node.contains_key("allOf")
            && let Some(branches) = node.shift_remove(key)
        {
            node.insert("allOf".to_owned(), json!([{ key: branches }]));
        }
    }
}

fn speaks_of_others(node: &Fields) -> bool {
    [
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
    ]
    .iter()
    .any(|key| node.contains_key(*key))
}

/// Puts what a reference leads to in its place.
fn inlined(head: &mut Value, at: &str) -> bool {
    let Some(target) = head
        .pointer(at)
        .and_then(|node| node.get("$ref")?.as_str()?.strip_prefix('#'))
    else {
        return false;
    };
    // A definition that refers to itself is not unfolded.
    let Some(schema) = head
        .pointer(target)
        .filter(|schema| !schema.to_string().contains("$ref"))
        .cloned()
    else {
        return false;
    };
    match head.pointer_mut(at) {
        Some(Value::Object(node)) if node.keys().all(|key| key == "$ref" || key == "$defs") => {
            node.shift_remove("$ref");
            merge(node, &schema);
            true
        }
        _ => false,
    }
}
