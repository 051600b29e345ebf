//! Compositions: how a schema is spread over parts makes no difference, and no part hides a break.

use serde_json::{Value, json};

use super::{
    compared,
    pairs::{answers, schema, sends},
};

/// The rules and pointers of the breaks of a change in a request.
fn breaks(old: Value, new: Value) -> Vec<(String, String)> {
    let report = compared(&sends("3.1.0", old), &sends("3.1.0", new));
    let breaks = report.changes.iter().filter(|change| change.breaks());
    breaks
        .map(|change| (change.rule.name().to_owned(), change.pointer.clone()))
        .collect()
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

#[test]
fn a_refactoring_beside_a_break_is_none() {
    let flat = object(
        json!({"a": {"type": "string", "maxLength": 5}, "b": {"type": "integer"}, "c": {"type": "boolean"}}),
    );
    let spread = json!({"allOf": [
        object(json!({"a": {"type": "string", "maxLength": 4}})),
        object(json!({"b": {"type": "integer"}, "c": {"type": "boolean"}}))
    ]});
    let place = "/components/schemas/A/allOf/0/properties/a/maxLength".to_owned();
    assert_eq!(breaks(flat, spread), [("max-length".to_owned(), place)]);
}

#[test]
fn a_list_whose_text_stays_is_not_reported_for_what_changed_below() {
    let list = |most: u32| {
        json!({"oneOf": [
            {"type": "null"},
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "maxLength": most}}}
        ]})
    };
    let place = "/components/schemas/A/oneOf/1/properties/a/maxLength".to_owned();
    assert_eq!(breaks(list(5), list(4)), [("max-length".to_owned(), place)]);
}

#[test]
fn an_optional_property_of_a_branch_breaks_nobody() {
    let branches = |more: Value| {
        let mut first = json!({"a": {"type": "string"}});
        if let Some(more) = more.as_object() {
            first
                .as_object_mut()
                .expect("an object")
                .extend(more.clone());
        }
        json!({"oneOf": [
            {"type": "object", "required": ["a"], "properties": first},
            {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
        ]})
    };
    schema(
        branches(json!({})),
        branches(json!({"c": {"type": "integer"}})),
        "compatible",
        "compatible",
    );
    let null = |schema: Value| json!({"oneOf": [{"type": "null"}, schema]});
    schema(
        null(object(json!({"a": {}}))),
        null(object(json!({"a": {}, "b": {"type": "string"}}))),
        "compatible",
        "compatible",
    );
}

#[test]
fn a_list_in_one_all_of_is_the_same_list() {
    let list = json!({"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "string"}}}]});
    let wrapped = json!({"allOf": [list]});
    schema(list.clone(), wrapped.clone(), "docs", "docs");
    schema(wrapped, list, "docs", "docs");
}

#[test]
fn an_empty_list_says_nothing() {
    let filled = json!({"oneOf": [{"type": "string"}]});
    schema(json!({"oneOf": []}), filled, "compatible", "compatible");
}

#[test]
fn numbers_of_parameters_are_text() {
    let query = |schema: Value| {
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {"/a": {"get": {
            "parameters": [{"name": "q", "in": "query", "schema": schema}],
            "responses": {"204": {"description": "ok"}}
        }}}})
    };
    let class = |old: Value, new: Value| compared(&query(old), &query(new)).class.word();
    let (number, text) = (json!({"type": "integer"}), json!({"type": "string"}));
    assert_eq!(class(number.clone(), text.clone()), "compatible");
    assert_eq!(class(text, number.clone()), "breaking");
    assert_eq!(
        class(number, json!({"type": "string", "pattern": "^a"})),
        "breaking"
    );
    let list = |items: Value| json!({"type": "array", "items": items});
    assert_eq!(
        class(
            list(json!({"type": "integer"})),
            list(json!({"type": "string"}))
        ),
        "compatible"
    );
}

#[test]
fn patterns_are_sets_of_strings() {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    schema(
        pattern("^[a-z]{1,5}$"),
        pattern("^[a-z]{1,6}$"),
        "compatible",
        "breaking",
    );
    schema(pattern("^(a|b)$"), pattern("^[ab]$"), "docs", "docs");
    schema(json!({"type": "string"}), pattern(".*"), "docs", "docs");
    let report = compared(
        &sends("3.1.0", pattern("^[ab]{1,9}$")),
        &sends("3.1.0", pattern("^[ab]{2,9}$")),
    );
    let example = report
        .changes
        .iter()
        .find_map(|change| change.counterexample.clone())
        .expect("a value");
    assert_eq!(example.value, json!("a"), "a shortest one");
    let report = compared(
        &answers("3.1.0", pattern("a(?=b)")),
        &answers("3.1.0", pattern("a(?=c)")),
    );
    assert!(report.undecided <= 1, "{report:?}");
}

/// Where something that applies to the same value hides a break: a branch beside it, a reference, a
/// direction.
#[test]
fn nothing_beside_a_schema_hides_a_break() {
    let read_only = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": true}}});
    let patterned = |key: &str| {
        let branch = json!({"patternProperties": {"^x": {"type": "integer"}}});
        let mut schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        schema[key] = if key == "anyOf" {
            json!([branch])
        } else {
            branch
        };
        schema
    };
    let at_most_one = |mut schema: Value| {
        schema["maxProperties"] = json!(1);
        schema
    };
    let declared_beside = |types: Value| {
        json!({"type": "object", "allOf": [
            {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
            {"additionalProperties": {"type": types}}
        ]})
    };
    for (old, new) in [
        // A name that only the old contract hides.
        (
            read_only.clone(),
            json!({"allOf": [{"required": ["id"]}, object(json!({"id": {"type": "string"}}))]}),
        ),
        (
            object(json!({"id": {"type": "string", "readOnly": true}})),
            json!({"type": "object", "required": ["id"]}),
        ),
        // Patterns of an alternative.
        (patterned("anyOf"), at_most_one(patterned("anyOf"))),
        (patterned("if"), at_most_one(patterned("if"))),
        // A name that only the schema beside it declares.
        (
            declared_beside(json!(["string", "integer"])),
            declared_beside(json!("string")),
        ),
        // What several branches of `anyOf` take together.
        (
            json!({"type": "object", "anyOf": [
                {"required": ["a"], "properties": {"a": {}}}, {"required": ["b"], "properties": {"b": {}}}
            ]}),
            json!({"type": "object", "oneOf": [
                {"required": ["a"], "properties": {"a": {}}}, {"required": ["b"], "properties": {"b": {}}}
            ]}),
        ),
        // Numbers that floats cannot tell apart.
        (
            json!({"type": "integer", "maximum": 1e16}),
            json!({"type": "integer", "maximum": 9_999_999_999_999_999_u64}),
        ),
    ] {
        assert!(!breaks(old.clone(), new.clone()).is_empty(), "{old}\n{new}");
    }
}

#[test]
fn read_only_behind_all_of_is_read_only() {
    let id = json!({"type": "string", "readOnly": true});
    let object = |id: Value| json!({"type": "object", "required": ["id"], "properties": {"id": id, "a": {"type": "string"}}});
    schema(
        object(id.clone()),
        object(json!({"allOf": [id]})),
        "docs",
        "docs",
    );
}

#[test]
fn strings_of_parameters_may_be_restricted_anywhere() {
    let query = |schema: Value| {
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {"/a": {"get": {
            "parameters": [{"name": "q", "in": "query", "schema": schema}],
            "responses": {"204": {"description": "ok"}}
        }}}})
    };
    for text in [
        json!({"allOf": [{"type": "string"}, {"maxLength": 1}]}),
        json!({"type": "string", "anyOf": [{"maxLength": 1}]}),
        json!({"type": "string", "not": {"const": "5"}}),
    ] {
        let report = compared(&query(json!({"type": "integer"})), &query(text.clone()));
        assert_eq!(report.class.word(), "breaking", "{text}");
    }
}

#[test]
fn siblings_of_a_reference_count_in_schemas_alone() {
    let with = |kind: &str| {
        json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"},
            "paths": {"/a": {"get": {
                "parameters": [{"$ref": "#/components/parameters/Q", "deprecated": true}],
                "responses": {"204": {"description": "ok"}}
            }}},
            "components": {"parameters": {"Q": {"name": "q", "in": "query", "schema": {"type": kind}}}}
        })
    };
    assert_eq!(
        compared(&with("integer"), &with("boolean")).class.word(),
        "breaking"
    );
}

#[test]
fn a_long_chain_of_references_is_followed() {
    let chain = |kind: &str| {
        let mut document = sends("3.1.0", json!({"$ref": "#/components/schemas/S0"}));
        for index in 0..500 {
            let next = format!("#/components/schemas/S{}", index + 1);
            document["components"]["schemas"][format!("S{index}")] = json!({ "$ref": next });
        }
        document["components"]["schemas"]["S500"] = json!({ "type": kind });
        document
    };
    assert_eq!(
        compared(&chain("string"), &chain("integer")).class.word(),
        "breaking"
    );
}

#[test]
fn branches_that_overlap_may_gain_optional_properties() {
    let arrays = |element: Value| {
        json!({"oneOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"oneOf": [element, {"type": "null"}]}}
        ]})
    };
    let (old, new) = (
        object(json!({"t": {"type": "string"}})),
        object(json!({"t": {"type": "string"}, "z": {}})),
    );
    schema(
        arrays(old.clone()),
        arrays(new.clone()),
        "compatible",
        "compatible",
    );
    let maps = |value: Value| {
        json!({"oneOf": [
            {"type": "object", "additionalProperties": {"oneOf": [value]}},
            {"type": "object", "required": ["e"], "properties": {"e": {"type": "array"}}}
        ]})
    };
    schema(maps(old), maps(new), "compatible", "compatible");
}

#[test]
fn many_tagged_branches_may_gain_one() {
    let branches = |count: usize| {
        let branch = |index: usize| json!({"type": "object", "required": ["kind"], "properties": {"kind": {"const": format!("k{index}")}}});
        json!({"oneOf": (0..count).map(branch).collect::<Vec<_>>()})
    };
    schema(branches(150), branches(151), "compatible", "breaking");
}
