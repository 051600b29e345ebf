//! Whether two documents say the same: what counts, and what does not.

use openapi_proof::same::{Side, differences};
use serde_json::{Value, json};

use super::read;

fn document(schema: Value, more: Value) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": {"200": {
            "description": "", "content": {"application/json": {"schema": schema}},
        }}}}},
        "components": {"schemas": {"Size": {"type": "integer", "maximum": 9}}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document
}

/// The rules of what differs, both ways.
fn differing(first: &Value, second: &Value) -> Vec<String> {
    let found = differences(&read("first", first), &read("second", second)).expect("comparable");
    let back = differences(&read("second", second), &read("first", first)).expect("comparable");
    assert_eq!(found.agree(), back.agree(), "{first}\n{second}");
    let rules = found.differences.iter().map(|it| it.rule.to_string());
    rules.collect()
}

#[test]
fn the_same_in_other_words_is_the_same() {
    let plain = document(
        json!({"type": ["integer", "null"], "maximum": 9}),
        json!({}),
    );
    for (schema, more) in [
        (
            json!({"anyOf": [{"$ref": "#/components/schemas/Size"}, {"type": "null"}]}),
            json!({}),
        ),
        (
            json!({"type": ["null", "integer"], "maximum": 9, "description": "x", "x-y": 1}),
            json!({"info": {"title": "t", "version": "7"}, "tags": [{"name": "t"}]}),
        ),
    ] {
        let other = document(schema, more);
        assert!(differing(&plain, &other).is_empty(), "{other}");
    }
}

#[test]
fn what_no_value_shows_counts_too() {
    let plain = document(json!({"type": "string"}), json!({}));
    for (key, value, rule) in [
        ("default", json!("a"), "default"),
        ("format", json!("password"), "format"),
        ("spelling", json!("British"), "prose"),
        ("deprecated", json!(true), "deprecated"),
        ("readOnly", json!(true), "prose"),
    ] {
        let mut schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let other = document(schema.clone(), json!({}));
        schema["properties"]["a"][key] = value;
        let found = differing(&other, &document(schema, json!({})));
        assert_eq!(found, [rule], "{key}");
    }
    assert!(differing(&plain, &plain).is_empty());
}

#[test]
fn a_key_that_nobody_defined_counts_wherever_it_is() {
    let plain = document(json!({"type": "string"}), json!({}));
    for object in [
        "",
        "/paths/~1a",
        "/paths/~1a/get",
        "/paths/~1a/get/responses/200",
        "/paths/~1a/get/responses/200/content/application~1json",
        "/paths/~1a/get/responses/200/content/application~1json/schema",
    ] {
        let mut other = plain.clone();
        other.pointer_mut(object).expect("an object")["spelling"] = json!(1);
        assert_eq!(differing(&plain, &other), ["prose"], "{object}");
        other.pointer_mut(object).expect("an object")["x-spelling"] = json!(1);
        assert_eq!(differing(&plain, &other), ["prose"], "{object}");
    }
}

#[test]
fn a_value_shows_which_side_accepts_more() {
    let (small, large) = (json!({"maxLength": 1}), json!({"maxLength": 2}));
    let (small, large) = (document(small, json!({})), document(large, json!({})));
    for (first, second, side) in [
        (&small, &large, Side::Second),
        (&large, &small, Side::First),
    ] {
        let found = differences(&read("a", first), &read("b", second)).expect("comparable");
        let [difference] = found.differences.as_slice() else {
            panic!("{found:?}")
        };
        let example = difference.example.as_ref().expect("a value");
        assert_eq!(example.accepted_by, side);
        assert_eq!(example.value.as_str().map(str::len), Some(2));
        let text = found.text(["code", "contract"]);
        assert!(
            text.contains("\n  code:     ") && text.ends_with("1 difference."),
            "{text}"
        );
    }
}
