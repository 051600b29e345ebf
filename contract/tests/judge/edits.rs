//! Random changes of a schema that may narrow it, widen it, or neither: what people do to
//! contracts. Changes that keep the meaning are in `same`.

use serde_json::{Map, Value, json};

use super::{
    places::places,
    same::refactored,
    scalars::{moved, scalar, text},
    schemas::Maker,
};

type Fields = Map<String, Value>;

/// A schema made from `base` by a few changes.
pub fn edited(maker: &mut Maker, base: &Value) -> Value {
    let mut head = base.clone();
    for _ in 0..maker.rng.u32(1..4) {
        if maker.percent(30) {
            refactored(maker, &mut head);
        } else {
            once(maker, &mut head);
        }
    }
    head
}

/// One place of a schema; those near its root are chosen more often.
pub fn place(maker: &mut Maker, schema: &Value) -> String {
    let places = places(schema);
    let mut one = || maker.rng.choice(&places).cloned().unwrap_or_default();
    let (one, other) = (one(), one());
    if one.len() < other.len() { one } else { other }
}

fn once(maker: &mut Maker, head: &mut Value) {
    for _ in 0..20 {
        let at = place(maker, head);
        let root = at.is_empty();
        let Some(Value::Object(node)) = head.pointer_mut(&at) else {
            return;
        };
        // Definitions stand beside the root's keywords; they are no part of it.
        let definitions = if root {
            node.shift_remove("$defs")
        } else {
            None
        };
        let before = node.clone();
        edit(maker, node);
        let changed = *node != before;
        if let Some(definitions) = definitions {
            node.insert("$defs".to_owned(), definitions);
        }
        if changed {
            return;
        }
    }
}

fn edit(maker: &mut Maker, node: &mut Fields) {
    let composed = ["allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| node.contains_key(*key));
    let object =
        node.contains_key("properties") || node.get("type").is_some_and(|kind| kind == "object");
    match maker.rng.u32(0..10) {
        0..5 if composed => branches(maker, node),
        0..8 if object => properties(maker, node),
        0..9 => keywords(maker, node),
        _ => anything(maker, node),
    }
}

/// Puts something else in its place, or around it.
fn anything(maker: &mut Maker, node: &mut Fields) {
    let old = Value::Object(node.clone());
    let new = match maker.rng.u32(0..8) {
        0 => json!({ "oneOf": [{ "type": "null" }, old] }),
        1 => json!({ "anyOf": [old, maker.schema(0)] }),
        2 => json!({ "allOf": [old, maker.plain(0)] }),
        3 => json!({ "oneOf": [old, maker.plain(0)] }),
        4 => maker.schema(1),
        5 => json!({ "if": maker.condition(), "then": old }),
        6 => json!({ "allOf": [old, { "not": maker.condition() }] }),
        _ => scalar(&mut maker.rng),
    };
    if let Value::Object(new) = new {
        *node = new;
    }
}

/// Branches of compositions.
fn branches(maker: &mut Maker, node: &mut Fields) {
    let there = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .filter(|key| node.contains_key(*key));
    let Some(key) = maker.rng.choice(there.collect::<Vec<_>>()) else {
        return;
    };
    let Some(branches) = node.get_mut(key).and_then(Value::as_array_mut) else {
        return;
    };
    let index = maker.rng.usize(0..branches.len().max(1));
    match maker.rng.u32(0..7) {
        0 => branches.push(maker.branch(1)),
        1 if branches.len() > 1 => drop(branches.remove(index)),
        // An override of something that a branch declares.
        2 | 3 => {
            let declared = branches
                .iter()
                .filter_map(|branch| branch.get("properties")?.as_object());
            let names: Vec<String> = declared.flat_map(|named| named.keys().cloned()).collect();
            let name = maker.rng.choice(names).unwrap_or_else(|| maker.name());
            let schema = maker.schema(0);
            let part = json!({ "properties": { name: schema } });
            match branches
                .get_mut(index)
                .and_then(Value::as_object_mut)
                .filter(|_| key != "allOf")
            {
                Some(branch) => drop(branch.insert("allOf".to_owned(), json!([part]))),
                None => branches.push(part),
            }
        }
        4 if key != "allOf" => {
            let other = if key == "oneOf" { "anyOf" } else { "oneOf" };
            let branches = node.shift_remove(key).unwrap_or_default();
            node.insert(other.to_owned(), branches);
        }
        // The parts written flat, the last word counts.
        5 if key == "allOf" => {
            let mut parts = node.shift_remove(key).unwrap_or_default();
            for part in parts.as_array_mut().into_iter().flatten() {
                super::same::merge(node, part);
            }
        }
        _ => branches.insert(0, json!({ "type": "null" })),
    }
}

/// What an object declares, demands and refuses.
fn properties(maker: &mut Maker, node: &mut Fields) {
    let declared = node.get("properties").and_then(Value::as_object);
    let names: Vec<String> = declared
        .map(|named| named.keys().cloned().collect())
        .unwrap_or_default();
    let one = maker.rng.choice(names).unwrap_or_else(|| maker.name());
    match maker.rng.u32(0..16) {
        0..3 => {
            let name = maker.name();
            let schema = maker.property(&name, 1);
            declare(node, name, schema);
        }
        3 => drop(named(node).shift_remove(&one)),
        4 => {
            if let Some(schema) = named(node).shift_remove(&one) {
                declare(node, maker.name(), schema);
            }
        }
        5 | 6 => require(node, &one),
        7 => require(node, &maker.name()),
        8 | 9 => {
            let schema = maker.schema(1);
            declare(node, one, schema);
        }
        10 => {
            // One property less, or moved into a separate part with another schema.
            let schema = named(node).shift_remove(&one).unwrap_or_else(|| json!({}));
            let schema = if maker.percent(50) {
                schema
            } else {
                maker.schema(0)
            };
            let part = json!({ "properties": { one: schema } });
            let parts = node.entry("allOf").or_insert_with(|| json!([]));
            parts
                .as_array_mut()
                .into_iter()
                .for_each(|parts| parts.push(part.clone()));
        }
        11 => declare(node, one, json!(false)),
        _ => {
            let (key, value) = maker.extra(0);
            if node.shift_remove(key).is_none() || maker.percent(50) {
                node.insert(key.to_owned(), value);
            }
        }
    }
}

fn named(node: &mut Fields) -> &mut Fields {
    let properties = node.entry("properties").or_insert_with(|| json!({}));
    properties.as_object_mut().expect("a map of properties")
}

fn declare(node: &mut Fields, name: String, schema: Value) {
    named(node).insert(name, schema);
}

/// Required, or no longer.
fn require(node: &mut Fields, name: &str) {
    let required = node.entry("required").or_insert_with(|| json!([]));
    let Some(names) = required.as_array_mut() else {
        return;
    };
    match names.iter().position(|each| each == name) {
        Some(index) => drop(names.remove(index)),
        None => names.push(json!(name)),
    }
    if names.is_empty() {
        node.shift_remove("required");
    }
}

/// The keywords of values that are no objects, and the type.
fn keywords(maker: &mut Maker, node: &mut Fields) {
    let keys: Vec<String> = node.keys().filter(|key| *key != "$ref").cloned().collect();
    let Some(key) = maker.rng.choice(keys) else {
        if !node.contains_key("$ref") {
            replace(node, scalar(&mut maker.rng));
        } else if maker.percent(50) {
            node.insert("allOf".to_owned(), json!([maker.plain(0)]));
        }
        return;
    };
    let value = node[&key].clone();
    match (key.as_str(), &value) {
        ("type", Value::String(kind)) => retype(maker, node, kind),
        ("type", Value::Array(kinds)) => {
            let kind = maker.rng.choice(kinds).cloned().unwrap_or_default();
            node.insert(key, kind);
        }
        ("enum", Value::Array(members)) => {
            let mut members = members.clone();
            match maker.percent(50) {
                true if members.len() > 1 => {
                    drop(members.remove(maker.rng.usize(0..members.len())))
                }
                _ => members.push(json!(text(&mut maker.rng))),
            }
            members.dedup();
            node.insert(key, Value::Array(members));
        }
        ("const", _) => drop(node.insert(key, json!(text(&mut maker.rng)))),
        ("pattern", _) => drop(node.insert(key, json!(super::scalars::pattern(&mut maker.rng)))),
        (_, Value::Number(_)) if maker.percent(30) || key == "multipleOf" => {
            drop(node.shift_remove(&key))
        }
        (_, Value::Number(bound)) => drop(node.insert(key, moved(&mut maker.rng, &json!(bound)))),
        ("not" | "if" | "contains" | "uniqueItems" | "format" | "prefixItems", _) => {
            drop(node.shift_remove(&key))
        }
        _ => {}
    }
}

/// Another type, null beside it, or a keyword that goes with it.
fn retype(maker: &mut Maker, node: &mut Fields, kind: &str) {
    let bound = maker.rng.u32(0..6);
    match (kind, maker.rng.u32(0..5)) {
        (_, 0) => drop(node.insert("type".to_owned(), json!([kind, "null"]))),
        ("integer", 1) => drop(node.insert("type".to_owned(), json!("number"))),
        ("number", 1) => drop(node.insert("type".to_owned(), json!("integer"))),
        ("integer" | "number", 2) => drop(node.insert("maximum".to_owned(), json!(bound + 3))),
        ("integer" | "number", _) => drop(node.insert("minimum".to_owned(), json!(bound))),
        ("string", 1) => drop(node.insert("maxLength".to_owned(), json!(bound + 1))),
        ("string", 2) => drop(node.insert("minLength".to_owned(), json!(bound))),
        ("string", 3) => drop(node.insert(
            "pattern".to_owned(),
            json!(super::scalars::pattern(&mut maker.rng)),
        )),
        ("array", 1) => drop(node.insert("minItems".to_owned(), json!(bound))),
        ("array", 2) => drop(node.insert("maxItems".to_owned(), json!(bound))),
        ("array", 3) => drop(node.insert("uniqueItems".to_owned(), json!(true))),
        _ => replace(node, scalar(&mut maker.rng)),
    }
}

fn replace(node: &mut Fields, with: Value) {
    if let Value::Object(with) = with {
        *node = with;
    }
}
