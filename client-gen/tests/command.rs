//! The command: what goes to stdout and to stderr, the exit codes, and that what comes out is
//! OpenAPI 3.0 by the OpenAPI Initiative's own schema.
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::{fs, path::Path, process::Command};

use client_gen::{load, lower};
use serde_json::Value;

const CONTRACT: &str = "../openapi/backup-share.yaml";

/// Exit code, stdout, stderr.
fn client_gen(arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_client-gen"))
        .args(arguments)
        .output()
        .expect("a process");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (run.status.code(), text(run.stdout), text(run.stderr))
}

/// Exit code and stderr for a document that is refused; nothing of it is printed.
fn refused(name: &str, text: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, text).expect("a file");
    let (code, out, err) = client_gen(&["lower", &file.to_string_lossy()]);
    assert_eq!(out, "");
    (code, err.replace(&*file.to_string_lossy(), "FILE"))
}

/// Every way in which a document breaks the schema, by JSON pointer.
fn broken(document: &Value) -> Vec<String> {
    let schema = fs::read_to_string("tests/openapi-3.0/schema.json").expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a good schema");
    schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn our_contract_lowered_is_openapi_3_0() {
    let contract = load(CONTRACT).expect("our contract");
    assert_ne!(broken(&contract), [""; 0], "as it was written, it is 3.1");
    let lowered = lower(&contract)
        .unwrap_or_else(|fault| panic!("{fault}"))
        .document;
    assert_eq!(broken(&lowered), [""; 0]);
}

#[test]
fn whatever_can_be_lowered_is_openapi_3_0() {
    // Everything that 3.0 says otherwise, or not at all.
    let yaml = "
openapi: 3.1.0
jsonSchemaDialect: https://spec.openapis.org/oas/3.1/dialect/base
info: {title: T, summary: S, version: '1', license: {name: MIT, identifier: MIT}}
webhooks: {called: {post: {responses: {'200': {description: D}}}}}
paths:
  /a: {$ref: '#/components/pathItems/Shared'}
  /b: {get: {operationId: b, responses: {'200': {$ref: '#/components/responses/R', description: D}}}}
components:
  pathItems:
    Shared:
      post:
        requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
        responses: {'204': {description: D}}
  responses: {R: {description: R, content: {application/json: {schema: true}}}}
  securitySchemes: {tls: {type: mutualTLS}}
  schemas:
    S:
      type: [object, 'null']
      $comment: why
      propertyNames: {pattern: ^a}
      required: [a]
      properties:
        a: {type: [string, 'null'], const: x, examples: [x, y]}
        b: {type: integer, exclusiveMinimum: 0, exclusiveMaximum: 9}
        c: {description: D, $ref: '#/components/schemas/T'}
        d: {anyOf: [{$ref: '#/components/schemas/T'}, {type: 'null'}]}
        e: {type: array, items: true}
        f: {oneOf: [{type: string}, {type: 'null'}]}
    T: {type: string, contentEncoding: base64}
    N: {type: 'null'}
";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.yaml");
    fs::write(&file, yaml).expect("a file");
    let lowered = lower(&load(&file).expect("YAML")).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(lowered.notes.len() > 8, "{:?}", lowered.notes);
    assert_eq!(broken(&lowered.document), [""; 0]);
}

#[test]
fn the_document_comes_in_the_notation_of_the_file() {
    let expected = lower(&load(CONTRACT).expect("our contract"))
        .unwrap_or_else(|fault| panic!("{fault}"))
        .document;
    let folder = tempfile::tempdir().expect("a folder");
    let lowered_to = |arguments: &[&str], name: &str| {
        let (code, out, err) = client_gen(arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let file = folder.path().join(name);
        fs::write(&file, out).expect("a file");
        file
    };
    let reads = |file: &Path| assert_eq!(load(file).expect("what was written"), expected);
    reads(&lowered_to(&["lower", CONTRACT], "lowered.yaml"));
    let json = lowered_to(&["lower", "--json", CONTRACT], "lowered.json");
    reads(&json);
    // What is 3.0 already stays as it is.
    reads(&lowered_to(
        &["lower", &json.to_string_lossy()],
        "again.json",
    ));
}

#[test]
fn notes_go_to_stderr_where_they_are_asked_for() {
    let (code, _, notes) = client_gen(&["lower", CONTRACT, "--notes"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        notes.lines().count(),
        lower(&load(CONTRACT).expect("our contract"))
            .expect("lowered")
            .notes
            .len()
    );
    assert!(
        notes
            .lines()
            .any(|line| line.starts_with("#/info/summary: ")),
        "{notes}"
    );
}

#[test]
fn a_document_that_cannot_be_lowered_is_refused_in_one_line_with_the_place() {
    let tuple =
        "openapi: 3.1.0\ninfo: {}\npaths: {}\ncomponents: {schemas: {S: {prefixItems: [true]}}}\n";
    let (code, said) = refused("a.yaml", tuple);
    assert_eq!(code, Some(2));
    assert!(
        said.starts_with("client-gen: FILE: #/components/schemas/S/prefixItems: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_refused_in_one_line() {
    for (name, text, place) in [
        ("a.yaml", "a: [\n", "FILE:1:4: "),
        ("a.json", "{\n \"a\": ]", "FILE:2:"),
    ] {
        let (code, said) = refused(name, text);
        assert_eq!(code, Some(2));
        assert!(said.starts_with(&format!("client-gen: {place}")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let (code, _, said) = client_gen(&["lower", "no-such-file.yaml"]);
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");
}

#[test]
fn who_asks_for_something_else_is_told_the_usage() {
    for arguments in [
        &["lower"][..],
        &["raise", "a"],
        &["lower", "a", "b"],
        &["lower", "a", "--what"],
        &[],
    ] {
        let (code, out, err) = client_gen(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains("Usage: client-gen lower FILE"), "{err}");
    }
    let (code, out, _) = client_gen(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("Usage: client-gen lower FILE"));
}
