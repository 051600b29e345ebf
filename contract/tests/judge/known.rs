//! Breaks that hide behind compositions, and how such pairs are asked: the class in each direction
//! must be right, and the judge must find a value for every break that is not one by rule. Changes
//! that break nothing are in `harmless`.

use fastrand::Rng;
use openapi_proof::diff::Class;
use serde_json::{Value, json};

use super::{
    judge::Witnesses,
    verdict::{Verdict, WAYS},
};

/// A pair, and what is to be said of it in requests and in responses.
pub struct Known {
    name: &'static str,
    base: Value,
    head: Value,
    classes: [Class; 2],
}

const BREAKING: [Class; 2] = [Class::Breaking, Class::Breaking];
const IN_REQUESTS: [Class; 2] = [Class::Breaking, Class::Compatible];
const IN_RESPONSES: [Class; 2] = [Class::Compatible, Class::Breaking];
pub const COMPATIBLE: [Class; 2] = [Class::Compatible, Class::Compatible];
pub const DOCS: [Class; 2] = [Class::Docs, Class::Docs];

pub fn known(name: &'static str, classes: [Class; 2], base: Value, head: Value) -> Known {
    Known {
        name,
        base,
        head,
        classes,
    }
}

/// An object that declares some properties.
pub fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

pub fn with(mut schema: Value, key: &str, value: Value) -> Value {
    schema[key] = value;
    schema
}

/// All verdicts that are not as they should be, as lines.
fn wrong(pairs: &[Known]) -> Vec<String> {
    let mut lines = Vec::new();
    for pair in pairs {
        let witnesses =
            Witnesses::search(&pair.base, &pair.head, Rng::with_seed(7), 3000).expect("schemas");
        for way in WAYS {
            let class = pair.classes[way as usize];
            let verdict = Verdict::of(&pair.base, &pair.head, way).expect("documents");
            // Between docs and compatible only the wording differs.
            let right = if class == Class::Compatible {
                !verdict.breaks()
            } else {
                verdict.class == class
            };
            if !right {
                let (is, should) = (verdict.class.word(), class.word());
                lines.push(format!(
                    "{}, {}: {is}, should be {should}\n{}",
                    pair.name,
                    way.word(),
                    verdict.lines()
                ));
            }
            let found = witnesses.of(way);
            assert!(
                found.is_none() || class == Class::Breaking,
                "{}, {}: {found:?}",
                pair.name,
                way.word()
            );
            let by_rule = pair.name.contains("by rule");
            let needed = class == Class::Breaking && !by_rule;
            assert!(
                found.is_some() || !needed,
                "{}, {}: the judge finds no value",
                pair.name,
                way.word()
            );
        }
    }
    lines
}

pub fn all_right(pairs: &[Known]) {
    let wrong = wrong(pairs);
    assert!(
        wrong.is_empty(),
        "{} verdicts are wrong:\n{}",
        wrong.len(),
        wrong.join("")
    );
}

#[test]
fn a_composition_written_flat_hides_no_break() {
    let (text, whole) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let kinds = json!({ "kind": { "enum": ["x", "y"] }, "a": { "type": "integer" } });
    let small = json!({ "kind": { "enum": ["x", "y"] }, "a": { "type": "integer", "maximum": 9 } });
    let condition = json!({ "properties": { "kind": { "const": "x" } }, "required": ["kind"] });
    let then = json!({ "properties": { "a": { "maximum": 9 } } });
    all_right(&[
        known(
            "allOf, another type",
            BREAKING,
            json!({ "allOf": [object(json!({ "a": text }))] }),
            object(json!({ "a": whole })),
        ),
        known(
            "flat, another type in allOf",
            BREAKING,
            object(json!({ "a": text })),
            json!({ "allOf": [object(json!({ "a": whole }))] }),
        ),
        known(
            "if and then",
            IN_REQUESTS,
            with(with(object(kinds), "if", condition), "then", then),
            object(small),
        ),
        known(
            "dependentSchemas",
            IN_REQUESTS,
            with(
                object(json!({ "a": {}, "b": {} })),
                "dependentSchemas",
                json!({ "a": { "properties": { "b": text } } }),
            ),
            object(json!({ "a": {}, "b": text })),
        ),
        known(
            "allOf, a name required",
            IN_REQUESTS,
            json!({ "allOf": [object(json!({ "a": text })), object(json!({ "b": whole }))] }),
            with(
                object(json!({ "a": text, "b": whole })),
                "required",
                json!(["b"]),
            ),
        ),
    ]);
}

#[test]
fn an_override_in_a_sibling_branch_is_no_new_property() {
    let base = object(json!({ "a": { "type": "string" }, "b": { "type": "integer" } }));
    let part = object(json!({ "c": { "type": "string" } }));
    let override_ = object(json!({ "a": { "maxLength": 3 }, "c": { "type": "string" } }));
    let defined = |part: &Value| json!({ "allOf": [{ "$ref": "#/$defs/Base" }, part], "$defs": { "Base": base } });
    let beside = |part: &Value| with(base.clone(), "allOf", json!([part]));
    all_right(&[
        known(
            "in a sibling of a component",
            IN_REQUESTS,
            defined(&part),
            defined(&override_),
        ),
        known(
            "in a sibling",
            IN_REQUESTS,
            json!({ "allOf": [base, part] }),
            json!({ "allOf": [base, override_] }),
        ),
        known(
            "beside the properties",
            IN_REQUESTS,
            beside(&part),
            beside(&override_),
        ),
        known(
            "taken back",
            IN_RESPONSES,
            defined(&override_),
            defined(&part),
        ),
    ]);
}

#[test]
fn a_branch_removed_takes_its_properties_with_it() {
    let (one, other) = (
        object(json!({ "a": { "type": "string" } })),
        object(json!({ "b": { "type": "integer" } })),
    );
    let defined = json!({ "allOf": [one, { "$ref": "#/$defs/B" }], "$defs": { "B": other } });
    all_right(&[
        known(
            "by rule",
            BREAKING,
            json!({ "allOf": [one, other] }),
            json!({ "allOf": [one] }),
        ),
        known(
            "the reference, by rule",
            BREAKING,
            defined,
            json!({ "allOf": [one], "$defs": { "B": other } }),
        ),
        known(
            "all of them, by rule",
            BREAKING,
            with(one.clone(), "allOf", json!([other])),
            one.clone(),
        ),
    ]);
}

#[test]
fn a_property_added_where_undeclared_ones_were_restricted() {
    let old = object(json!({ "a": { "type": "string" } }));
    let new = object(json!({ "a": { "type": "string" }, "b": { "type": "string" } }));
    let pair = |name, classes, key: &str, value: Value| {
        known(
            name,
            classes,
            with(old.clone(), key, value.clone()),
            with(new.clone(), key, value),
        )
    };
    let whole = json!({ "type": "integer" });
    all_right(&[
        known(
            "a pattern of its name",
            IN_REQUESTS,
            with(old.clone(), "patternProperties", json!({ "^b": whole })),
            with(
                object(json!({ "a": { "type": "string" }, "b": { "minimum": 0 } })),
                "patternProperties",
                json!({ "^b": whole }),
            ),
        ),
        pair(
            "additionalProperties",
            BREAKING,
            "additionalProperties",
            whole.clone(),
        ),
        pair(
            "refused",
            IN_RESPONSES,
            "additionalProperties",
            json!(false),
        ),
        pair(
            "unevaluated ones refused",
            IN_RESPONSES,
            "unevaluatedProperties",
            json!(false),
        ),
        known(
            "the pattern is gone",
            BREAKING,
            with(old.clone(), "patternProperties", json!({ "^b": whole })),
            new.clone(),
        ),
    ]);
}

#[test]
fn a_required_name_that_is_not_declared_does_not_empty_the_schema() {
    let demands = |schema: Value| with(schema, "required", json!(["z"]));
    let schema = |a: Value| demands(object(json!({ "a": a })));
    let (text, short) = (
        json!({ "type": "string" }),
        json!({ "type": "string", "maxLength": 3 }),
    );
    let pair = |name, classes, old: &Value, new: &Value| {
        known(name, classes, schema(old.clone()), schema(new.clone()))
    };
    let part = |a: &Value| json!({ "allOf": [object(json!({ "a": a }))] });
    all_right(&[
        pair(
            "another type",
            BREAKING,
            &text,
            &json!({ "type": "integer" }),
        ),
        pair("narrower", IN_REQUESTS, &text, &short),
        pair(
            "wider",
            IN_RESPONSES,
            &text,
            &json!({ "type": ["string", "null"] }),
        ),
        known(
            "in a part",
            IN_REQUESTS,
            demands(part(&text)),
            demands(part(&short)),
        ),
        known(
            "from flat to a part",
            IN_REQUESTS,
            schema(text.clone()),
            demands(part(&short)),
        ),
        known(
            "fewer",
            IN_REQUESTS,
            schema(text.clone()),
            with(schema(text.clone()), "maxProperties", json!(1)),
        ),
        known(
            "not both",
            IN_REQUESTS,
            schema(text.clone()),
            with(schema(text), "not", json!({ "required": ["a"] })),
        ),
    ]);
}
