//! Pairs of small documents, one for each feature that ours does not have.

use std::{thread, time::Instant};

use openapi_proof::diff::{Class, Direction, Report};
use serde_json::{Value, json};

use super::compared;

fn with(version: &str, rest: Value) -> Value {
    let mut document =
        json!({"openapi": version, "info": {"title": "t", "version": "1.0.0"}, "paths": {}});
    for (key, value) in rest.as_object().expect("an object") {
        document[key] = value.clone();
    }
    document
}

/// A document with one schema in a request.
pub fn sends(version: &str, schema: Value) -> Value {
    with(
        version,
        json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                "responses": {"204": {"description": "ok"}}
            }}},
            "components": {"schemas": {"A": schema}}
        }),
    )
}

/// A document with one schema in an answer.
pub fn answers(version: &str, schema: Value) -> Value {
    with(
        version,
        json!({
            "paths": {"/a": {"get": {"responses": {"200": {
                "description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
            }}}}},
            "components": {"schemas": {"A": schema}}
        }),
    )
}

fn said(report: &Report) -> String {
    let lines = report.changes.iter().map(|change| {
        let example = change
            .counterexample
            .as_ref()
            .map(|example| example.value.to_string());
        format!(
            "\n  {} {} {:?} {}: {} {example:?}",
            change.class.word(),
            change.rule,
            change.direction,
            change.place(),
            change.sentence
        )
    });
    lines.collect()
}

#[track_caller]
fn is(base: &Value, head: &Value, class: &str) -> Report {
    let report = compared(base, head);
    assert_eq!(report.class.word(), class, "{}", said(&report));
    report
}

/// What a change of a schema is in a request, and what in an answer.
#[track_caller]
pub fn schema(old: Value, new: Value, request: &str, answer: &str) {
    is(
        &sends("3.1.0", old.clone()),
        &sends("3.1.0", new.clone()),
        request,
    );
    is(&answers("3.1.0", old), &answers("3.1.0", new), answer);
}

#[test]
fn nullable_of_3_0_is_the_null_of_3_1() {
    let pairs = [
        (
            json!({"type": "string", "nullable": true}),
            json!({"type": ["string", "null"]}),
        ),
        (
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
            json!({"type": "integer", "exclusiveMinimum": 0}),
        ),
        (
            json!({"type": "string", "enum": ["a"], "nullable": true}),
            json!({"type": ["string", "null"], "enum": ["a", null]}),
        ),
        (
            json!({"type": "string", "format": "byte"}),
            json!({"type": "string", "contentEncoding": "base64"}),
        ),
    ];
    for (old, new) in pairs {
        is(
            &sends("3.0.3", old.clone()),
            &sends("3.1.0", new.clone()),
            "docs",
        );
        is(&answers("3.0.3", old), &answers("3.1.0", new), "docs");
    }
    let (plain, null) = (
        json!({"type": "string"}),
        json!({"type": "string", "nullable": true}),
    );
    is(
        &sends("3.0.3", plain.clone()),
        &sends("3.0.3", null.clone()),
        "compatible",
    );
    is(
        &answers("3.0.3", plain.clone()),
        &answers("3.0.3", null.clone()),
        "breaking",
    );
    is(
        &sends("3.0.3", null.clone()),
        &sends("3.0.3", plain.clone()),
        "breaking",
    );
    is(
        &answers("3.0.3", null),
        &answers("3.0.3", plain),
        "compatible",
    );
}

#[test]
fn all_of_written_out_is_the_same_schema() {
    let composed = json!({"allOf": [
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"b": {"type": "integer"}}}
    ]});
    let plain = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}});
    for (old, new) in [(&composed, &plain), (&plain, &composed)] {
        let report = compared(&sends("3.1.0", old.clone()), &sends("3.1.0", new.clone()));
        assert!(report.class < Class::Breaking, "{}", said(&report));
        let report = compared(
            &answers("3.1.0", old.clone()),
            &answers("3.1.0", new.clone()),
        );
        assert!(report.class < Class::Breaking, "{}", said(&report));
    }
    let more = json!({"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}});
    schema(composed.clone(), more, "breaking", "compatible");
    // A change inside a branch is found where it stands.
    let mut inner = composed.clone();
    inner["allOf"][1]["properties"]["b"]["maximum"] = json!(9);
    let report = is(
        &sends("3.1.0", composed),
        &sends("3.1.0", inner),
        "breaking",
    );
    assert_eq!(
        report.changes[0].pointer,
        "/components/schemas/A/allOf/1/properties/b/maximum"
    );
    assert!(
        report.changes[0].counterexample.is_some(),
        "{}",
        said(&report)
    );
}

#[test]
fn a_branch_more_is_wider_and_a_branch_less_is_narrower() {
    for key in ["anyOf", "oneOf"] {
        let two = json!({key: [{"type": "string"}, {"type": "integer"}]});
        let three = json!({key: [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]});
        schema(two.clone(), three.clone(), "compatible", "breaking");
        schema(three, two, "breaking", "compatible");
    }
    let order = |one: &str, other: &str| json!({"anyOf": [{"type": one}, {"type": other}]});
    schema(
        order("string", "null"),
        order("null", "string"),
        "docs",
        "docs",
    );
    schema(
        order("string", "null"),
        json!({"type": ["string", "null"]}),
        "docs",
        "docs",
    );
}

#[test]
fn overlapping_branches_of_one_of_are_refused() {
    let old =
        json!({"oneOf": [{"type": "integer", "maximum": 0}, {"type": "integer", "minimum": 10}]});
    let new =
        json!({"oneOf": [{"type": "integer", "maximum": 20}, {"type": "integer", "minimum": 10}]});
    schema(old, new, "breaking", "breaking");
}

#[test]
fn a_discriminator_is_part_of_the_contract() {
    let pets = |mapping: Value| {
        let mut document = answers(
            "3.1.0",
            json!({
                "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "kind", "mapping": mapping}
            }),
        );
        for (name, kind) in [("Cat", "cat"), ("Dog", "dog")] {
            document["components"]["schemas"][name] = json!({"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}}});
        }
        document
    };
    let both = pets(json!({"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}));
    // What has no name in the mapping goes by that of its component.
    is(
        &both,
        &pets(json!({"cat": "#/components/schemas/Cat"})),
        "breaking",
    );
    is(
        &pets(json!({"cat": "#/components/schemas/Cat"})),
        &both,
        "breaking",
    );
    is(
        &both,
        &pets(json!({"cat": "#/components/schemas/Dog", "dog": "#/components/schemas/Cat"})),
        "breaking",
    );
    let mut renamed = both.clone();
    renamed["components"]["schemas"]["A"]["discriminator"]["propertyName"] = json!("type");
    is(&both, &renamed, "breaking");
}

#[test]
fn recursive_schemas_are_compared_once() {
    let tree = |most: u32| {
        json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "maxLength": most},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}
        }})
    };
    schema(tree(10), tree(5), "breaking", "compatible");
    schema(tree(5), tree(10), "compatible", "breaking");
    schema(tree(5), tree(5), "none", "none");
}

#[test]
fn parameters_of_a_path_are_those_of_its_operations() {
    let inherited = with(
        "3.1.0",
        json!({"paths": {"/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "get": {"responses": {"204": {"description": "ok"}}}
        }}}),
    );
    let own = with(
        "3.1.0",
        json!({"paths": {"/a/{key}": {
            "get": {"parameters": [{"name": "key", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"204": {"description": "ok"}}}
        }}}),
    );
    let report = is(&inherited, &own, "compatible");
    assert_eq!(report.changes[0].rule.name(), "path-parameter-renamed");
    let mut narrower = own.clone();
    narrower["paths"]["/a/{key}"]["get"]["parameters"][0]["schema"]["maxLength"] = json!(3);
    is(&inherited, &narrower, "breaking");
}

#[test]
fn a_path_item_may_stand_elsewhere() {
    let item = json!({"get": {"responses": {"204": {"description": "ok"}}}});
    let here = with("3.1.0", json!({"paths": {"/a": item}}));
    let there = with(
        "3.1.0",
        json!({"paths": {"/a": {"$ref": "#/components/pathItems/A"}}, "components": {"pathItems": {"A": item}}}),
    );
    is(&here, &there, "docs");
    let mut less = there.clone();
    less["components"]["pathItems"]["A"] = json!({});
    is(&here, &less, "breaking");
}

#[test]
fn statuses_are_matched_with_their_ranges() {
    let answering = |responses: Value| {
        with(
            "3.1.0",
            json!({"paths": {"/a": {"get": {"responses": responses}}}}),
        )
    };
    let body = |schema: Value| json!({"description": "d", "content": {"application/json": {"schema": schema}}});
    let text = || body(json!({"type": "string"}));
    is(
        &answering(json!({"200": text(), "404": text()})),
        &answering(json!({"200": text(), "4XX": text()})),
        "compatible",
    );
    is(
        &answering(json!({"200": text(), "default": text()})),
        &answering(json!({"200": text(), "default": text(), "418": text()})),
        "docs",
    );
    let number = body(json!({"type": "integer"}));
    is(
        &answering(json!({"200": text(), "default": text()})),
        &answering(json!({"200": text(), "default": text(), "418": number})),
        "breaking",
    );
}

#[test]
fn security_is_a_choice_of_sets() {
    let secured = |security: Value| {
        with(
            "3.1.0",
            json!({
                "security": security,
                "paths": {"/a": {"get": {"responses": {"204": {"description": "ok"}}}}},
                "components": {"securitySchemes": {
                    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                    "auth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t", "scopes": {"read": "", "write": ""}}}}
                }}
            }),
        )
    };
    for (old, new, class) in [
        (
            json!([{"key": []}]),
            json!([{"key": []}, {"auth": ["read"]}]),
            "compatible",
        ),
        (
            json!([{"key": []}, {"auth": ["read"]}]),
            json!([{"key": []}]),
            "breaking",
        ),
        (
            json!([{"auth": ["read"]}]),
            json!([{"auth": ["read", "write"]}]),
            "breaking",
        ),
        (
            json!([{"auth": ["read", "write"]}]),
            json!([{"auth": ["read"]}]),
            "compatible",
        ),
        (
            json!([{"key": [], "auth": []}]),
            json!([{"key": []}]),
            "compatible",
        ),
        (
            json!([{"key": []}, {"auth": []}]),
            json!([{"auth": []}, {"key": []}]),
            "docs",
        ),
        (json!([]), json!([{"key": []}]), "breaking"),
        (json!([{"key": []}]), json!([{}]), "breaking"),
    ] {
        let report = compared(&secured(old.clone()), &secured(new.clone()));
        assert_eq!(
            report.class.word(),
            class,
            "{old} to {new}{}",
            said(&report)
        );
    }
}

#[test]
fn servers_and_their_variables_are_where_clients_call() {
    let at = |servers: Value| with("3.1.0", json!({"servers": servers}));
    let variable = |default: &str, values: Value| json!([{"url": "https://{r}.x", "variables": {"r": {"default": default, "enum": values}}}]);
    for (old, new, class) in [
        (
            json!([{"url": "/a"}]),
            json!([{"url": "/a"}, {"url": "/b"}]),
            "compatible",
        ),
        (json!([{"url": "/a"}]), json!([{"url": "/b"}]), "breaking"),
        (
            variable("a", json!(["a", "b"])),
            variable("a", json!(["a", "b", "c"])),
            "compatible",
        ),
        (
            variable("a", json!(["a", "b"])),
            variable("a", json!(["a"])),
            "breaking",
        ),
        (
            variable("a", json!(["a", "b"])),
            variable("b", json!(["a", "b"])),
            "breaking",
        ),
    ] {
        is(&at(old), &at(new), class);
    }
}

#[test]
fn a_webhook_is_the_other_way_round() {
    let hook = |schema: Value| {
        with(
            "3.1.0",
            json!({"webhooks": {"moved": {"post": {
                "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
                "responses": {"204": {"description": "ok"}}
            }}}}),
        )
    };
    let report = is(
        &hook(json!({"enum": ["a"]})),
        &hook(json!({"enum": ["a", "b"]})),
        "breaking",
    );
    assert_eq!(report.changes[0].direction, Direction::Response);
    is(
        &hook(json!({"enum": ["a", "b"]})),
        &hook(json!({"enum": ["a"]})),
        "compatible",
    );
}

#[test]
fn keywords_that_ours_does_not_use_are_judged_too() {
    let free = json!({"type": "object"});
    schema(
        free.clone(),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        "breaking",
        "compatible",
    );
    schema(
        free.clone(),
        json!({"type": "object", "properties": {"a": {"type": "string"}}}),
        "breaking",
        "compatible",
    );
    schema(
        json!({"type": "string"}),
        json!({"type": "string", "not": {"const": "a"}}),
        "breaking",
        "compatible",
    );
    schema(
        json!({"type": "array"}),
        json!({"type": "array", "contains": {"type": "string"}}),
        "breaking",
        "compatible",
    );
    schema(
        json!({"type": "array", "prefixItems": [{"type": "string"}]}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}]}),
        "breaking",
        "breaking",
    );
    schema(
        json!({"type": "number", "multipleOf": 2}),
        json!({"type": "number", "multipleOf": 4}),
        "breaking",
        "compatible",
    );
    schema(json!({"const": 1}), json!({"enum": [1]}), "docs", "docs");
    schema(
        json!({"enum": [1]}),
        json!({"const": 2}),
        "breaking",
        "breaking",
    );
    schema(
        json!(true),
        json!({"type": "string"}),
        "breaking",
        "compatible",
    );
    schema(
        json!({"type": "integer"}),
        json!({"type": "number"}),
        "compatible",
        "breaking",
    );
    schema(
        json!({"type": "integer", "format": "int32"}),
        json!({"type": "integer", "format": "int64"}),
        "compatible",
        "breaking",
    );
    schema(
        json!({"type": "number", "format": "double"}),
        json!({"type": "number", "format": "float"}),
        "breaking",
        "compatible",
    );
    schema(
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string"}),
        "compatible",
        "breaking",
    );
    let conditional =
        json!({"if": {"const": 1}, "then": {"type": "integer"}, "else": {"type": "string"}});
    schema(json!({}), conditional, "breaking", "compatible");
    schema(
        json!({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}}}),
        json!({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
        "compatible",
        "breaking",
    );
}

#[test]
fn what_is_read_only_is_no_part_of_requests() {
    let object = |id: Value| json!({"type": "object", "required": ["id"], "properties": {"id": id, "a": {"type": "string"}}});
    let (read, both) = (
        json!({"type": "string", "readOnly": true}),
        json!({"type": "string"}),
    );
    schema(
        object(read.clone()),
        object(both.clone()),
        "breaking",
        "docs",
    );
    schema(object(both), object(read), "breaking", "docs");
}

#[test]
fn headers_of_answers_are_read_in_any_case() {
    let headed = |headers: Value| {
        with(
            "3.1.0",
            json!({"paths": {"/a": {"get": {"responses": {"204": {"description": "d", "headers": headers}}}}}}),
        )
    };
    let count = |schema: Value| json!({"required": true, "schema": schema});
    is(
        &headed(json!({"X-Count": count(json!({"type": "integer"}))})),
        &headed(json!({"x-count": count(json!({"type": "integer"}))})),
        "docs",
    );
    is(
        &headed(json!({"X-Count": count(json!({"type": "integer"}))})),
        &headed(json!({"X-Count": count(json!({"type": "string"}))})),
        "breaking",
    );
    is(
        &headed(json!({"X-Count": count(json!({"type": "integer"}))})),
        &headed(json!({})),
        "breaking",
    );
}

#[test]
fn large_documents_have_the_same_report_four_times_at_once() {
    let large = |most: u32| {
        let mut document = with("3.1.0", json!({"components": {"schemas": {}}}));
        for number in 0..1200 {
            let next = format!("#/components/schemas/S{}", (number * 7 + 1) % 1200);
            document["components"]["schemas"][format!("S{number}")] = json!({
                "type": "object", "description": "x".repeat(300), "required": ["id"],
                "properties": {
                    "id": {"type": "string", "maxLength": most + number % 3},
                    "next": {"$ref": next}, "list": {"type": "array", "items": {"$ref": "#/components/schemas/S0"}},
                    "kind": {"enum": ["a", "b", "c"]}, "count": {"type": "integer", "minimum": 0}
                }
            });
            document["paths"][format!("/p{number}")] = json!({"get": {"responses": {"200": {
                "description": "d", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/S{number}")}}}
            }}}});
        }
        document
    };
    let (old, new) = (large(10), large(20));
    assert!(
        old.to_string().len() > 1_000_000 * 3 / 4,
        "{}",
        old.to_string().len()
    );
    let start = Instant::now();
    let written = || serde_json::to_string(&compared(&old, &new)).expect("JSON");
    let reports: Vec<String> = thread::scope(|scope| {
        let comparisons: Vec<_> = (0..4).map(|_| scope.spawn(written)).collect();
        comparisons
            .into_iter()
            .map(|comparison| comparison.join().expect("no panic"))
            .collect()
    });
    println!(
        "{} bytes, four at once, {:?}",
        old.to_string().len(),
        start.elapsed()
    );
    assert!(
        reports.iter().all(|report| *report == reports[0]),
        "reports differ"
    );
    let report: Value = serde_json::from_str(&reports[0]).expect("JSON");
    assert_eq!(
        (&report["class"], &report["undecided"]),
        (&json!("breaking"), &json!(0))
    );
    assert_eq!(report["left_open"], json!([]));
}
