//! What is made of declared properties, by examples.

use serde_json::{Value, json};

use super::{closed::made_of_declared, validator::Validator};

#[track_caller]
fn declared(schema: Value, values: &[Value], others: &[Value]) {
    let validator = Validator::new(&schema).expect("a schema");
    for (value, expected) in values
        .iter()
        .map(|value| (value, true))
        .chain(others.iter().map(|value| (value, false)))
    {
        assert!(validator.takes(value), "{schema} refuses {value}");
        assert_eq!(
            made_of_declared(&validator, value),
            expected,
            "{value} in {schema}"
        );
    }
}

#[test]
fn an_object_has_what_it_declares() {
    declared(
        json!({ "properties": { "a": {} }, "required": ["b"], "dependentRequired": { "a": ["c"] } }),
        &[json!({ "b": 1 }), json!({ "a": 1, "b": 1, "c": 1 })],
        &[json!({ "b": 1, "d": 1 })],
    );
    declared(
        json!({ "properties": { "a": {} }, "patternProperties": { "^x": {} } }),
        &[json!({ "x1": 1 })],
        &[json!({ "b": 1 })],
    );
    declared(
        json!({ "properties": { "a": {} }, "additionalProperties": { "type": "integer" } }),
        &[json!({ "b": 1 })],
        &[],
    );
}

#[test]
fn an_object_that_declares_nothing_is_free_form() {
    declared(
        json!({ "type": "object" }),
        &[json!({}), json!({ "a": { "b": 1 } })],
        &[],
    );
    declared(
        json!({ "allOf": [{ "minProperties": 1 }, { "properties": {} }] }),
        &[json!({ "a": 1 })],
        &[],
    );
    declared(
        json!({ "properties": { "a": { "type": "object" } } }),
        &[json!({ "a": { "b": 1 } })],
        &[json!({ "b": 1 })],
    );
}

#[test]
fn parts_declare_together_also_below() {
    let part = |name: &str| json!({ "properties": { "a": { "properties": { name: {} } } } });
    declared(
        json!({ "allOf": [part("b"), { "$ref": "#/$defs/C" }], "$defs": { "C": part("c") } }),
        &[json!({ "a": { "b": 1, "c": 1 } })],
        &[json!({ "a": { "d": 1 } })],
    );
    declared(
        json!({ "items": { "properties": { "a": {} } }, "prefixItems": [{ "properties": { "b": {} } }] }),
        &[json!([{ "b": 1 }, { "a": 1 }])],
        &[json!([{ "a": 1 }]), json!([{}, { "b": 1 }])],
    );
}

#[test]
fn one_alternative_is_chosen() {
    let one = json!({ "properties": { "a": { "type": "string" } } });
    let other = json!({ "properties": { "b": {} } });
    declared(
        json!({ "properties": { "c": {} }, "anyOf": [one, other] }),
        &[json!({ "a": "", "c": 1 }), json!({ "b": 1 })],
        // The first does not take it, and the second does not declare `a`.
        &[json!({ "a": "", "b": 1 }), json!({ "a": 1 })],
    );
    let then = json!({ "if": { "required": ["a"] }, "then": { "properties": { "b": {} } }, "properties": { "a": {} } });
    declared(then, &[json!({ "a": 1, "b": 1 })], &[json!({ "b": 1 })]);
    let dependent = json!({ "properties": { "a": {} }, "dependentSchemas": { "a": { "properties": { "b": {} } } } });
    declared(
        dependent,
        &[json!({ "a": 1, "b": 1 })],
        &[json!({ "b": 1 })],
    );
}

#[test]
fn a_recursive_schema_is_followed_as_deep_as_the_value() {
    let schema = json!({ "$ref": "#/$defs/A", "$defs": { "A": { "properties": { "a": { "$ref": "#/$defs/A" } } } } });
    declared(
        schema,
        &[json!({ "a": { "a": {} } })],
        &[json!({ "a": { "a": { "b": 1 } } })],
    );
}
