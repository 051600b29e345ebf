//! `openapi-proof` as a process: exit codes, and what goes where.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const BASE: &str = "\
openapi: 3.1.0
info: {title: t, version: 1.0.0}
paths: {/a: {get: {parameters: [{name: q, in: query, schema: {maxLength: 5}}], responses: {}}}}
";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openapi-proof"));
    let command = command.args(arguments).current_dir(folder);
    command.env("NO_COLOR", "1").output().expect("it runs")
}

#[test]
fn the_exit_code_says_what_was_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("a.yaml", BASE);
    write("b.yaml", &BASE.replace("5", "4").replace("1.0.0", "2.0.0"));
    write("c.yaml", &BASE.replace("title: t", "title: other"));
    for (arguments, code) in [
        (&["diff", "a.yaml", "c.yaml", "--no-version-check"][..], 0),
        (&["diff", "a.yaml", "b.yaml"], 1),
        (&["diff", "a.yaml", "missing.yaml"], 2),
        (&["diff", "git:HEAD", "a.yaml"], 2),
        (&["same", "a.yaml", "c.yaml"], 0),
        (&["same", "a.yaml", "b.yaml"], 1),
        (&["same", "a.yaml", "missing.yaml"], 2),
        (&["schema"], 0),
    ] {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        let lines = usize::from(code != 0);
        assert_eq!(said.lines().count(), lines, "one line and no more: {said}");
    }
}

#[test]
fn a_difference_is_printed_with_the_names_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), BASE).expect("written");
    fs::write(folder.path().join("b.yaml"), BASE.replace("5", "4")).expect("written");
    let output = run(folder.path(), &["same", "a.yaml", "b.yaml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("max-length in GET /a\n"), "{text}");
    for line in ["  a.yaml:  5\n", "  b.yaml:  4\n", "  value:   \""] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}
