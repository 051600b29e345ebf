//! The five formats of a comparison, as people read them: of a pair with changes of every class,
//! one of them an accepted break.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const BASE: &str = r##"openapi: 3.1.0
info: {title: Shelves, version: 1.0.0}
paths:
  /shelves:
    get:
      summary: List shelves
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000}}
      responses:
        "200":
          description: The shelves
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Shelf"}}
  /shelves/{id}:
    delete:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "204": {description: Gone}
components:
  schemas:
    Shelf:
      type: object
      required: [id, name]
      properties:
        id: {type: string, format: uuid}
        name: {type: string, maxLength: 64}
"##;

/// Each edit and what it is: breaking, breaking and accepted, breaking, compatible, docs.
const EDITS: [(&str, &str); 5] = [
    ("maximum: 1000", "maximum: 100"),
    ("required: [id, name]", "required: [id]"),
    ("    delete:\n", "    put:\n"),
    (
        "maximum: 100}}\n",
        "maximum: 100}}\n        - {name: marker, in: query, schema: {type: string}}\n",
    ),
    ("summary: List shelves", "summary: List all shelves"),
];

const ACCEPTED: &str = "accepted:
  - pointer: /components/schemas/Shelf/required
    rule: required
    reason: Shelves may be without a name.
    expires: 2999-01-01
";

fn compare(folder: &Path, format: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openapi-proof"))
        .args(["diff", "base.yaml", "head.yaml", "--format", format])
        .args(["--allow", "accepted.yaml"])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("it runs")
}

#[test]
fn the_formats_of_a_comparison_are_reviewed() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = EDITS.iter().fold(BASE.to_owned(), |head, (from, to)| {
        assert_eq!(head.matches(from).count(), 1, "{from}");
        head.replace(from, to)
    });
    for (name, text) in [
        ("base.yaml", BASE),
        ("head.yaml", &head),
        ("accepted.yaml", ACCEPTED),
    ] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    for format in ["text", "json", "markdown", "github", "html"] {
        let output = compare(folder.path(), format);
        assert_eq!(output.status.code(), Some(1), "{format}");
        let text = String::from_utf8(output.stdout).expect("text");
        insta::assert_snapshot!(format, text);
    }
}
