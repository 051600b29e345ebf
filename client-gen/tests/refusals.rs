//! What no client can be made of: refused with the JSON pointer of the place, and never with a
//! panic.

#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::{fs, path::PathBuf};

use client_gen::{Error, Settings, client, load, lower, mock, operations};
use openapi_proof::document::pointer::escape;
use serde_json::{Value, json};

fn with_schema(schema: Value) -> Value {
    json!({"openapi": "3.1.1", "info": {"title": "T", "version": "1"}, "paths": {},
        "components": {"schemas": {"S": schema, "Other": {"type": "string"}}}})
}

fn with_operation(operation: Value) -> Value {
    json!({"openapi": "3.1.1", "info": {"title": "T", "version": "1"}, "paths": {"/a/{b}": {"get": operation}}})
}

/// All that is done to a contract when a client is built.
fn build(document: &Value) -> Result<String, Error> {
    let lowered = lower(document)?.document;
    operations(&lowered)?;
    mock(&lowered, &Settings::default(), "crate::client")?;
    client(&lowered, &Settings::default())
}

#[track_caller]
fn refused_at(document: &Value, pointer: &str) -> String {
    let fault = build(document).expect_err(pointer);
    assert_eq!(fault.pointer(), Some(pointer), "{fault}");
    fault.to_string()
}

#[test]
fn a_keyword_that_changes_the_shape_is_refused_where_it_stands() {
    for (keyword, value) in [
        ("prefixItems", json!([{"type": "string"}])),
        ("patternProperties", json!({"^x": {"type": "string"}})),
        ("$dynamicRef", json!("#node")),
        ("$id", json!("https://example.com/s")),
        ("type", json!(["string", "integer"])),
        ("type", json!([])),
        ("type", json!("text")),
        ("type", json!(7)),
        ("contentEncoding", json!("base64")),
        ("unevaluatedProperties", json!({"type": "string"})),
        ("then", json!({"properties": {"new": {"type": "string"}}})),
        ("else", json!({"$ref": "#/components/schemas/Other"})),
        (
            "dependentSchemas",
            json!({"a": {"properties": {"new": {}}}}),
        ),
        ("exclusiveMinimum", json!(true)),
        ("items", json!(false)),
        ("items", json!("string")),
        ("properties", json!([])),
        ("anyOf", json!({})),
    ] {
        refused_at(
            &with_schema(json!({ keyword: value })),
            &format!("/components/schemas/S/{keyword}"),
        );
    }
}

#[test]
fn a_reference_has_to_lead_to_a_component_of_the_document() {
    for reference in [
        json!("https://example.com/s.yaml#/components/schemas/S"),
        json!("other.yaml"),
        json!("#/components/schemas/Missing"),
        json!("#/components/responses/S"),
        json!("#/components/schemas/S/properties/a"),
        json!(7),
    ] {
        refused_at(
            &with_schema(json!({ "$ref": reference })),
            "/components/schemas/S/$ref",
        );
        let operation =
            json!({"operationId": "a", "parameters": [{ "$ref": reference }], "responses": {}});
        refused_at(
            &with_operation(operation),
            "/paths/~1a~1{b}/get/parameters/0/$ref",
        );
    }
}

#[test]
fn what_is_made_of_itself_is_refused() {
    for schema in [
        json!({"$ref": "#/components/schemas/S"}),
        json!({"allOf": [{"$ref": "#/components/schemas/S"}]}),
        json!({"anyOf": [{"type": "string"}, {"oneOf": [{"$ref": "#/components/schemas/S"}]}]}),
    ] {
        let fault = refused_at(&with_schema(schema), "/components/schemas/S");
        assert!(fault.contains("made of itself"), "{fault}");
    }
    let tree =
        json!({"type": "object", "properties": {"left": {"$ref": "#/components/schemas/S"}}});
    assert!(
        build(&with_schema(tree)).is_ok(),
        "a tree is not made of itself, it holds others like it"
    );
}

#[test]
fn a_shared_path_item_may_not_lead_back_to_itself() {
    let back = json!({"c": {"{$url}": {"$ref": "#/components/pathItems/P"}}});
    let item = json!({"get": {"operationId": "a", "responses": {}, "callbacks": back}});
    let mut document = with_schema(json!({}));
    document["paths"]["/a"] = json!({"$ref": "#/components/pathItems/P"});
    document["components"]["pathItems"] = json!({ "P": item });
    let fault = refused_at(
        &document,
        "/components/pathItems/P/get/callbacks/c/{$url}/$ref",
    );
    assert!(
        fault.ends_with("a path item that holds itself has no end"),
        "{fault}"
    );
}

#[test]
fn operations_that_only_together_are_refused_are_named_by_the_paths() {
    let operation = json!({"operationId": "same", "responses": {}});
    let mut document = with_schema(json!({}));
    document["paths"] = json!({"/a": {"get": operation}, "/b": {"get": operation}});
    let lowered = lower(&document).expect("well-formed").document;
    assert_eq!(
        client(&lowered, &Settings::default())
            .expect_err("twice")
            .pointer(),
        Some("/paths")
    );
    assert_eq!(
        operations(&lowered).expect_err("twice").pointer(),
        Some("/paths/~1b/get/operationId")
    );
}

#[test]
fn a_document_of_another_kind_is_refused() {
    assert_eq!(
        refused_at(&json!({}), ""),
        "#: no OpenAPI document: it has no `openapi` with a version"
    );
    assert_eq!(
        refused_at(&json!({"openapi": "2.0"}), "/openapi"),
        "#/openapi: `2.0` is neither 3.0 nor 3.1"
    );
    refused_at(&json!([]), "");
    refused_at(&json!(null), "");
    let dialect =
        json!({"openapi": "3.1.0", "jsonSchemaDialect": "https://example.com/mine", "paths": {}});
    refused_at(&dialect, "/jsonSchemaDialect");
}

#[test]
fn what_the_parser_refuses_is_named_by_its_innermost_place() {
    refused_at(
        &with_schema(json!({"properties": {"a": {"maxLength": "1"}}})),
        "/components/schemas/S/properties/a",
    );
    refused_at(
        &json!({"openapi": "3.1.1", "info": {"title": "T"}, "paths": {}}),
        "/info",
    );
    let operation = json!({"operationId": "a", "responses": {"200": {"content": {}}}});
    refused_at(
        &with_operation(operation),
        "/paths/~1a~1{b}/get/responses/200",
    );
    let operation =
        json!({"operationId": "a", "parameters": [{"name": "b", "in": "path"}], "responses": {}});
    refused_at(
        &with_operation(operation),
        "/paths/~1a~1{b}/get/parameters/0",
    );
}

#[test]
fn what_the_generator_refuses_or_panics_at_is_named_by_its_operation() {
    // The path has a parameter that the operation does not.
    let parameters =
        json!([{"name": "c", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let operation = json!({"operationId": "a", "parameters": parameters, "responses": {}});
    refused_at(&with_operation(operation), "/paths/~1a~1{b}/get");
    // Errors of two shapes.
    let parameters =
        json!([{"name": "b", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let error = |kind: &str| json!({"description": "D", "content": {"application/json": {"schema": {"type": kind}}}});
    let responses = json!({"400": error("string"), "404": error("integer")});
    let operation = json!({"operationId": "a", "parameters": parameters, "responses": responses});
    refused_at(&with_operation(operation), "/paths/~1a~1{b}/get");
    refused_at(
        &with_operation(json!({"responses": {}})),
        "/paths/~1a~1{b}/get",
    );
}

#[test]
fn no_nesting_is_too_deep() {
    let mut schema = json!({"type": "string"});
    for _ in 0..2_000 {
        schema = Value::Object([("not".to_owned(), schema)].into_iter().collect());
    }
    let mut document = with_schema(json!(true));
    document["components"]["schemas"]["S"] = schema;
    let fault = lower(&document).expect_err("too deep").to_string();
    assert!(fault.ends_with("nested deeper than 100 levels"), "{fault}");
}

#[test]
fn a_long_chain_of_references_is_refused() {
    let chain = |at: usize| json!({"$ref": format!("#/components/schemas/S{}", at + 1)});
    let mut schemas: serde_json::Map<String, Value> =
        (0..5_000).map(|at| (format!("S{at}"), chain(at))).collect();
    schemas.insert("S5000".to_owned(), json!({"type": "string"}));
    let document =
        json!({"openapi": "3.1.1", "info": {}, "paths": {}, "components": {"schemas": schemas}});
    assert!(
        lower(&document)
            .expect_err("too long")
            .to_string()
            .ends_with("too long a chain of references")
    );
}

#[test]
fn no_misplaced_value_makes_it_panic() {
    let contract = load("../openapi/backup-share.yaml").expect("our contract");
    let mut pointers = Vec::new();
    collect(&contract, String::new(), &mut pointers);
    let wrong = [
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!(["a"]),
        json!({"$ref": "#/x"}),
    ];
    // Every value of a real contract in turn becomes one of another kind: whatever comes of it, it
    // is no panic.
    for (at, pointer) in pointers.iter().enumerate() {
        let mut broken = contract.clone();
        if let Some(value) = broken.pointer_mut(pointer) {
            *value = wrong[at % wrong.len()].clone();
        }
        // The generator is slow: it gets every fortieth.
        let built = if at % 40 == 0 {
            build(&broken)
        } else {
            lower(&broken).and_then(|low| operations(&low.document))
        };
        if let Err(fault) = built {
            assert!(fault.pointer().is_some(), "{fault}");
        }
    }
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, each)| {
            collect(each, format!("{pointer}/{}", escape(key)), pointers);
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(at, each)| collect(each, format!("{pointer}/{at}"), pointers)),
        _ => {}
    }
    pointers.push(pointer);
}

#[test]
fn a_broken_file_is_refused_with_pointer_or_line() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let text = fs::read_to_string("../openapi/backup-share.yaml").expect("our contract");
    let broken = folder.join("broken.yaml");
    fs::write(
        &broken,
        text.replace("uniqueItems: true", "prefixItems: []"),
    )
    .expect("written");
    let fault = build(&load(&broken).expect("still YAML")).expect_err("a tuple");
    assert_eq!(
        fault.pointer(),
        Some("/components/schemas/AddMember/properties/members/prefixItems")
    );
    fs::write(&broken, text.replace("openapi: 3.1.1", "openapi: [")).expect("written");
    let fault = load(&broken).expect_err("no YAML").to_string();
    assert!(
        fault.starts_with(&format!("{}:", broken.display())),
        "{fault}"
    );
}
