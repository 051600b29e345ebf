//! One test for each rule by which a 3.1 schema becomes a 3.0 one. Documents as wholes are in
//! `documents.rs`, what is refused is in `refusals.rs`.

use client_gen::{Lowered, Note, lower};
use serde_json::{Value, json};

/// Lowers one schema; a second one, `Other`, is there to be referred to.
fn lowered(schema: Value) -> (Value, Vec<Note>) {
    let schemas = json!({"S": schema, "Other": {"type": "string"}});
    let document =
        json!({"openapi": "3.1.1", "info": {}, "paths": {}, "components": {"schemas": schemas}});
    let Lowered {
        mut document,
        notes,
    } = lower(&document).unwrap_or_else(|fault| panic!("{fault}"));
    (document["components"]["schemas"]["S"].take(), notes)
}

#[track_caller]
fn becomes(schema: Value, expected: Value) {
    let (schema, notes) = lowered(schema);
    assert_eq!(schema, expected);
    assert_eq!(notes, [], "nothing is left out");
}

/// A keyword is left out with a note that names its place, and the rest stays.
#[track_caller]
fn leaves_out(schema: Value, expected: Value, places: &[&str]) {
    let (schema, notes) = lowered(schema);
    assert_eq!(schema, expected);
    let noted: Vec<_> = notes
        .iter()
        .map(|note| note.pointer.strip_prefix("/components/schemas/S/"))
        .collect();
    assert_eq!(noted, places.iter().copied().map(Some).collect::<Vec<_>>());
}

#[test]
fn what_3_0_has_as_well_stays() {
    let schema = json!({
        "title": "T", "description": "D", "type": "object", "required": ["a"], "minProperties": 1, "x-mine": {"y": 1},
        "properties": {"a": {"type": "string", "format": "uuid", "pattern": "^a", "minLength": 1, "default": "a"}},
        "additionalProperties": false
    });
    becomes(schema.clone(), schema);
}

#[test]
fn null_among_the_types_is_nullable() {
    becomes(
        json!({"type": ["string", "null"]}),
        json!({"type": "string", "nullable": true}),
    );
    becomes(json!({"type": ["string"]}), json!({"type": "string"}));
    becomes(
        json!({"type": "null"}),
        json!({"enum": [null], "nullable": true}),
    );
}

#[test]
fn null_is_allowed_only_if_no_keyword_excludes_it() {
    becomes(
        json!({"type": ["string", "null"], "enum": ["a"]}),
        json!({"type": "string", "enum": ["a"]}),
    );
    becomes(
        json!({"type": ["string", "null"], "enum": ["a", null]}),
        json!({"type": "string", "enum": ["a", null], "nullable": true}),
    );
}

#[test]
fn an_alternative_to_null_is_nullable() {
    for alternatives in ["anyOf", "oneOf"] {
        becomes(
            json!({"description": "D", alternatives: [{"$ref": "#/components/schemas/Other"}, {"type": "null"}]}),
            json!({"description": "D", "nullable": true, "allOf": [{"$ref": "#/components/schemas/Other"}]}),
        );
        becomes(
            json!({alternatives: [{"type": "string"}, {"type": "integer"}, {"const": null}]}),
            json!({alternatives: [{"type": "string"}, {"type": "integer"}], "nullable": true}),
        );
        becomes(
            json!({alternatives: [{"type": "null"}]}),
            json!({"enum": [null], "nullable": true}),
        );
        becomes(
            json!({alternatives: [{"type": "string"}]}),
            json!({alternatives: [{"type": "string"}]}),
        );
    }
}

#[test]
fn a_constant_is_a_list_of_one() {
    becomes(
        json!({"type": "string", "const": "a"}),
        json!({"type": "string", "enum": ["a"]}),
    );
    becomes(
        json!({"const": "a", "enum": ["a", "b"]}),
        json!({"enum": ["a"]}),
    );
    becomes(
        json!({"const": null}),
        json!({"enum": [null], "nullable": true}),
    );
}

#[test]
fn of_several_examples_the_first_is_kept() {
    becomes(
        json!({"type": "string", "examples": ["a"]}),
        json!({"type": "string", "example": "a"}),
    );
    becomes(
        json!({"type": "string", "examples": []}),
        json!({"type": "string"}),
    );
    leaves_out(
        json!({"examples": ["a", "b"]}),
        json!({"example": "a"}),
        &["examples"],
    );
}

#[test]
fn a_bound_is_exclusive_or_not() {
    becomes(
        json!({"exclusiveMinimum": 0}),
        json!({"minimum": 0, "exclusiveMinimum": true}),
    );
    becomes(
        json!({"exclusiveMaximum": 9.5}),
        json!({"maximum": 9.5, "exclusiveMaximum": true}),
    );
}

#[test]
fn of_two_bounds_the_tighter_holds() {
    becomes(
        json!({"minimum": 3, "exclusiveMinimum": 2}),
        json!({"minimum": 3}),
    );
    becomes(
        json!({"minimum": 2, "exclusiveMinimum": 2}),
        json!({"minimum": 2, "exclusiveMinimum": true}),
    );
    becomes(
        json!({"exclusiveMinimum": 3, "minimum": 2}),
        json!({"minimum": 3, "exclusiveMinimum": true}),
    );
    becomes(
        json!({"maximum": 2, "exclusiveMaximum": 3}),
        json!({"maximum": 2}),
    );
    becomes(
        json!({"maximum": 3, "exclusiveMaximum": 2}),
        json!({"maximum": 2, "exclusiveMaximum": true}),
    );
}

#[test]
fn a_reference_that_has_company_is_one_of_all() {
    let reference = json!({"$ref": "#/components/schemas/Other"});
    becomes(reference.clone(), reference.clone());
    becomes(
        json!({"$ref": "#/components/schemas/Other", "description": "D"}),
        json!({"description": "D", "allOf": [reference]}),
    );
    becomes(
        json!({"allOf": [{"type": "string"}], "$ref": "#/components/schemas/Other"}),
        json!({"allOf": [reference, {"type": "string"}]}),
    );
}

#[test]
fn true_is_the_schema_that_allows_everything() {
    becomes(
        json!({"type": "array", "items": true}),
        json!({"type": "array", "items": {}}),
    );
    becomes(json!(true), json!({}));
}

#[test]
fn schemas_inside_of_schemas_are_lowered_too() {
    let (from, to) = (
        json!({"type": ["string", "null"]}),
        json!({"type": "string", "nullable": true}),
    );
    for keyword in ["items", "not", "additionalProperties"] {
        becomes(json!({ keyword: from }), json!({ keyword: to }));
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        becomes(json!({ keyword: [from] }), json!({ keyword: [to] }));
    }
    becomes(
        json!({"properties": {"items": from}}),
        json!({"properties": {"items": to}}),
    );
}

#[test]
fn a_property_that_can_only_be_null_is_left_out() {
    let nothing = json!({"description": "Not offered.", "type": "null"});
    leaves_out(
        json!({"properties": {"a": {}, "n": nothing}}),
        json!({"properties": {"a": {}}}),
        &["properties/n"],
    );
    // Where the object needs it, or says what else it may hold, it stays.
    let stays = json!({"description": "Not offered.", "enum": [null], "nullable": true});
    becomes(
        json!({"required": ["n"], "properties": {"n": nothing}}),
        json!({"required": ["n"], "properties": {"n": stays}}),
    );
    becomes(
        json!({"additionalProperties": false, "properties": {"n": nothing}}),
        json!({"additionalProperties": false, "properties": {"n": stays}}),
    );
}

#[test]
fn what_only_narrows_is_left_out_with_a_note() {
    for (keyword, value) in [
        ("propertyNames", json!({"pattern": "^a"})),
        ("contains", json!({"const": 1})),
        ("minContains", json!(1)),
        ("maxContains", json!(2)),
        ("dependentRequired", json!({"a": ["b"]})),
        ("unevaluatedProperties", json!(false)),
        ("unevaluatedItems", json!(false)),
        ("if", json!({"required": ["a"]})),
        ("then", json!({"properties": {"a": {"const": 1}}})),
        (
            "else",
            json!({"not": {"required": ["a"]}, "anyOf": [{"required": ["a"]}]}),
        ),
        ("dependentSchemas", json!({"a": {"minProperties": 2}})),
    ] {
        let properties = json!({"a": {"type": "integer"}});
        leaves_out(
            json!({"properties": properties, keyword: value}),
            json!({ "properties": properties }),
            &[keyword],
        );
    }
}

#[test]
fn what_tells_nothing_about_the_shape_is_left_out_with_a_note() {
    for (keyword, value) in [
        ("$comment", json!("why")),
        ("$anchor", json!("here")),
        (
            "$schema",
            json!("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("$defs", json!({"a": {"prefixItems": []}})),
        ("contentEncoding", json!("base64")),
        ("contentMediaType", json!("image/png")),
        ("nullable", json!(true)),
        ("minlength", json!(1)),
    ] {
        leaves_out(
            json!({"type": "string", keyword: value}),
            json!({"type": "string"}),
            &[keyword],
        );
    }
}
