//! Changes that break nothing and are often called breaks, and breaks that are reported once and
//! where they are.

use openapi_proof::diff::{Class, Rule};
use serde_json::{Value, json};

use super::{
    known::{COMPATIBLE, DOCS, all_right, known, object, with},
    verdict::{Verdict, Way},
};

#[test]
fn a_new_optional_property_breaks_nobody() {
    let tagged = |kind: &str, more: Value| {
        let mut schema = with(
            object(json!({ "kind": { "const": kind } })),
            "required",
            json!(["kind"]),
        );
        for (name, each) in more.as_object().into_iter().flatten() {
            schema["properties"][name] = each.clone();
        }
        schema
    };
    let (old, new) = (
        json!({ "a": { "type": "string" } }),
        json!({ "a": { "type": "string" }, "b": {} }),
    );
    let either = |key: &str, more: &Value| json!({ key: [tagged("x", more.clone()), tagged("y", json!({}))] });
    let null = |key: &str, more: &Value| json!({ key: [{ "type": "null" }, object(more.clone())] });
    let part = object(json!({ "b": { "type": "integer" } }));
    all_right(&[
        known(
            "in a branch of oneOf",
            COMPATIBLE,
            either("oneOf", &old),
            either("oneOf", &new),
        ),
        known(
            "in a branch of anyOf",
            COMPATIBLE,
            either("anyOf", &old),
            either("anyOf", &new),
        ),
        known(
            "beside null, oneOf",
            COMPATIBLE,
            null("oneOf", &old),
            null("oneOf", &new),
        ),
        known(
            "beside null, anyOf",
            COMPATIBLE,
            null("anyOf", &old),
            null("anyOf", &new),
        ),
        known(
            "in a branch of allOf",
            COMPATIBLE,
            json!({ "allOf": [object(old.clone())] }),
            json!({ "allOf": [object(old.clone()), part] }),
        ),
    ]);
}

#[test]
fn the_same_written_otherwise_is_docs_only() {
    let one = with(
        object(json!({ "a": { "type": "string" } })),
        "required",
        json!(["a"]),
    );
    let other = object(json!({ "b": { "type": "integer" } }));
    let flat = with(
        object(json!({ "a": { "type": "string" }, "b": { "type": "integer" } })),
        "required",
        json!(["a"]),
    );
    let parts = json!({ "allOf": [one, other] });
    let either =
        json!({ "oneOf": [with(one.clone(), "required", json!(["a"])), { "type": "string" }] });
    let text = |more: Value| object(json!({ "a": more }));
    all_right(&[
        known("flat to allOf", DOCS, flat.clone(), parts.clone()),
        known("allOf to flat", DOCS, parts, flat.clone()),
        known("wrapped", DOCS, flat.clone(), json!({ "allOf": [flat] })),
        known("unwrapped", DOCS, json!({ "allOf": [flat] }), flat.clone()),
        known(
            "oneOf wrapped",
            DOCS,
            either.clone(),
            json!({ "allOf": [either] }),
        ),
        known(
            "oneOf unwrapped",
            DOCS,
            json!({ "allOf": [either] }),
            either.clone(),
        ),
        known(
            "a pattern that takes all",
            DOCS,
            text(json!({ "type": "string" })),
            text(json!({ "type": "string", "pattern": ".*" })),
        ),
        known(
            "a property that was never allowed is gone",
            COMPATIBLE,
            object(json!({ "a": {}, "b": false })),
            object(json!({ "a": {} })),
        ),
    ]);
}

#[test]
fn one_break_is_one_change() {
    let long = |length: u32| json!({ "type": "string", "maxLength": length });
    let (one, other) = (object(json!({ "a": { "type": "string" } })), |length| {
        object(json!({ "b": long(length) }))
    });
    let flat = |length| object(json!({ "a": { "type": "string" }, "b": long(length) }));
    let branch = |kind: &str, length| {
        with(
            object(json!({ "kind": { "const": kind }, "b": long(length) })),
            "required",
            json!(["kind"]),
        )
    };
    let either = |length| json!({ "oneOf": [branch("x", length), branch("y", 9)] });
    let pairs = [
        (flat(5), json!({ "allOf": [one, other(3)] })),
        (json!({ "allOf": [one, other(5)] }), flat(3)),
        (either(5), either(3)),
        (
            json!({ "allOf": [either(5)] }),
            json!({ "allOf": [either(3)] }),
        ),
    ];
    for (base, head) in pairs {
        let verdict = Verdict::of(&base, &head, Way::Request).expect("documents");
        let breaks: Vec<Rule> = verdict
            .changes
            .iter()
            .filter(|change| change.breaks())
            .map(|change| change.rule)
            .collect();
        assert_eq!(
            breaks,
            [Rule::MaxLength],
            "{base}\n{head}\n{}",
            verdict.lines()
        );
        let docs = |rule: Rule| {
            verdict
                .changes
                .iter()
                .any(|change| change.rule == rule && change.class > Class::Docs)
        };
        assert!(
            !docs(Rule::OneOf) && !docs(Rule::AllOf),
            "{base}\n{head}\n{}",
            verdict.lines()
        );
    }
}
