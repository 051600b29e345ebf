//! Documents that cannot be compared: each is one clear error with its place.

use openapi_proof::document::{MAX_BYTES, parse};

fn refused(text: &str) -> String {
    parse("x.yaml", text.as_bytes().to_vec())
        .map(|_| ())
        .expect_err("refused")
        .to_string()
}

fn document(rest: &str) -> String {
    format!("openapi: 3.1.0\ninfo: {{title: t, version: 1.0.0}}\n{rest}")
}

#[test]
fn each_has_one_error_that_names_the_place() {
    let schemas = |rest: &str| document(&format!("components:\n  schemas:\n{rest}"));
    let deep = format!("{}1{}", "[".repeat(150), "]".repeat(150));
    let long: String = (0..60)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect::<String>()
        + &" ".repeat(60);
    for (text, message) in [
        ("a: 1\nb: [1, 2\nc: 3\n".to_owned(), "x.yaml:3:"),
        ("{\"a\": [1\n}".to_owned(), "x.yaml:2:"),
        ("a: 1\na: 2\n".to_owned(), "x.yaml:2:"),
        (String::new(), "x.yaml#: an OpenAPI document is an object"),
        (
            "[1]".to_owned(),
            "x.yaml#: an OpenAPI document is an object",
        ),
        ("paths: {}".to_owned(), "`openapi`"),
        (
            "swagger: '2.0'\npaths: {}".to_owned(),
            "Swagger 2.0 is not read",
        ),
        (
            "openapi: 4.0.0\npaths: {}".to_owned(),
            "x.yaml#/openapi: version \"4.0.0\" is not known",
        ),
        ("openapi: 3.2.0\npaths: {}".to_owned(), "x.yaml#/openapi"),
        ("openapi: 3.1\npaths: {}".to_owned(), "x.yaml#/openapi"),
        ("openapi: 3.1.0\ninfo: {}".to_owned(), "nothing to compare"),
        (document("paths: []"), "x.yaml#/paths: must be an object"),
        (
            document("paths: {/a: 1}"),
            "x.yaml#/paths/~1a: must be an object",
        ),
        (
            document("paths: {\"/a\\nb\": 1}"),
            r"x.yaml#/paths/~1a\nb: must be an object",
        ),
        (
            document("paths: {/a: {get: 1}}"),
            "x.yaml#/paths/~1a/get: must be an object",
        ),
        (
            document("paths: {'/a/{b}': {}, '/a/{c}': {}}"),
            "is the same path as /a/{b}",
        ),
        (
            schemas("    A: {$ref: '#/components/schemas/B'}"),
            "x.yaml#/components/schemas/A: reference to nothing",
        ),
        (
            schemas("    A: {$ref: 'https://example.com/a.json'}"),
            "never fetched",
        ),
        (schemas("    A: {$ref: 'other.yaml#/A'}"), "never fetched"),
        (schemas("    A: {$ref: '#anchor'}"), "anchor"),
        (schemas("    A: {$ref: 1}"), "`$ref` must be a string"),
        (
            schemas(
                "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}",
            ),
            "in a circle",
        ),
        (
            schemas("    A: {$ref: '#/components/schemas/A'}"),
            "in a circle",
        ),
        (
            document(
                "paths: {/a: {get: {operationId: x, responses: {}}, put: {operationId: x, responses: {}}}}",
            ),
            "x.yaml#/paths/~1a/put/operationId: operationId `x` is taken by #/paths/~1a/get",
        ),
        (document(&format!("x-deep: {deep}\npaths: {{}}")), "x.yaml"),
        (format!("{long}b: 1\n"), "x.yaml#"),
        (
            document(&format!(
                "x-a: &a [{0}]\nx-b: &b [{1}]\nx-c: &c [{2}]\nx-d: [{3}]\npaths: {{}}",
                "1, ".repeat(200),
                "*a, ".repeat(200),
                "*b, ".repeat(200),
                "*c, ".repeat(200)
            )),
            "x.yaml:",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(message), "{said} and not {message}");
        assert!(!said.contains('\n'), "more than one line: {said}");
    }
}

#[test]
fn a_document_of_50_megabytes_is_refused_at_once() {
    let text = "x".repeat(50 * 1024 * 1024);
    assert!(text.len() as u64 > MAX_BYTES);
    assert!(refused(&text).contains("larger than"));
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_line() {
    let said = parse("x.yaml", b"openapi: 3.1.0\nb: \xff\n".to_vec())
        .map(|_| ())
        .expect_err("refused")
        .to_string();
    assert!(said.starts_with("x.yaml:2:"), "{said}");
}

#[test]
fn data_that_looks_like_a_reference_is_none() {
    let text = document(
        "components:\n  schemas:\n    A: {type: object, properties: {$ref: {type: string}}, examples: [{$ref: x}], \
         default: {$ref: y}, enum: [{$ref: z}], x-a: {$ref: w}}\n",
    );
    parse("x.yaml", text.into_bytes())
        .map(|_| ())
        .expect("nothing is wrong with it");
}
