//! `backup-share contract` as a process: formats, exit codes, git, the list of accepted breaks.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use backup_share::contract::document;
use serde_json::Value;
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backup-share"));
    command
        .arg("contract")
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("it runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with our contract as `a.yaml`, and another one as `b.yaml`.
fn folder(edit: impl FnOnce(String) -> String) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("a.yaml"), document::YAML).expect("written");
    fs::write(
        folder.path().join("b.yaml"),
        edit(document::YAML.to_owned()),
    )
    .expect("written");
    folder
}

fn fewer(yaml: String) -> String {
    yaml.replacen("maxItems: 10\n", "maxItems: 5\n", 1)
}

#[test]
fn the_exit_code_says_whether_it_breaks() {
    let folder = folder(fewer);
    for (arguments, code) in [
        (vec!["diff", "a.yaml", "a.yaml"], 0),
        (vec!["diff", "a.yaml", "b.yaml"], 1),
        (vec!["diff", "b.yaml", "a.yaml"], 1),
        (vec!["diff", "b.yaml", "a.yaml", "--no-version-check"], 0),
        (vec!["diff", "a.yaml", "missing.yaml"], 2),
        (vec!["diff", "git:nowhere", "a.yaml"], 2),
        (vec!["diff", "git:--output=x", "a.yaml"], 2),
        (
            vec!["diff", "a.yaml", "b.yaml", "--allow", "missing.yaml"],
            2,
        ),
    ] {
        let output = run(folder.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}{said}",
            text(&output)
        );
        assert_eq!(
            said.lines().count(),
            usize::from(code != 0),
            "one line and no more: {said}"
        );
    }
}

#[test]
fn every_format_says_the_same() {
    let folder = folder(fewer);
    let said = |format: &str| {
        text(&run(
            folder.path(),
            &["diff", "a.yaml", "b.yaml", "--format", format],
        ))
    };
    let json: Value = serde_json::from_str(&said("json")).expect("JSON");
    assert_eq!(json["class"], "breaking");
    assert_eq!(json["changes"][0]["rule"], "max-items");
    assert!(said("text").contains(
        "BREAKING max-items (request) at /components/schemas/AddMember/properties/members/maxItems"
    ));
    assert!(said("markdown").contains("| max-items | request |"));
    let line = fewer(document::YAML.to_owned())
        .lines()
        .position(|line| line.contains("maxItems: 5"))
        .expect("a line")
        + 1;
    assert!(
        said("github").contains(&format!(
            "::error file=b.yaml,line={line},title=breaking max-items::"
        )),
        "{}",
        said("github")
    );
    let page = said("html");
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("max-items") && !page.contains("src=")
    );
}

#[test]
fn json_keeps_to_its_published_schema() {
    let folder = folder(fewer);
    let schema: Value =
        serde_json::from_str(&text(&run(folder.path(), &["schema"]))).expect("JSON");
    let report: Value = serde_json::from_str(&text(&run(
        folder.path(),
        &["diff", "a.yaml", "b.yaml", "--format", "json"],
    )))
    .expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(&report)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn an_accepted_break_passes_until_it_expires() {
    let folder = folder(|yaml| {
        let version = yaml
            .lines()
            .find(|line| line.starts_with("  version: "))
            .expect("a version")
            .to_owned();
        let parts: Vec<u32> = version
            .trim_start_matches("  version: ")
            .split('.')
            .flat_map(str::parse)
            .collect();
        fewer(yaml).replacen(
            &version,
            &format!("  version: {}.{}.0", parts[0], parts[1] + 1),
            1,
        )
    });
    let list = |expires: &str| {
        format!(
            "accepted:\n  - pointer: /components/schemas/AddMember/properties/members/maxItems\n    rule: max-items\n    reason: Nobody ever sent more.\n    expires: {expires}\n"
        )
    };
    let allowed = |expires: &str| {
        fs::write(folder.path().join("allow.yaml"), list(expires)).expect("written");
        run(
            folder.path(),
            &["diff", "a.yaml", "b.yaml", "--allow", "allow.yaml"],
        )
    };
    let output = allowed("'2999-12-31'");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("accepted until 2999-12-31: Nobody ever sent more."));
    assert!(!text(&output).contains("stale"));
    assert_eq!(allowed("'2020-01-01'").status.code(), Some(2));
    allowed("'2999-12-31'");
    for format in ["text", "json", "markdown", "github", "html"] {
        let arguments = [
            "diff",
            "a.yaml",
            "a.yaml",
            "--allow",
            "allow.yaml",
            "--format",
            format,
        ];
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "nothing breaks");
        let said = text(&output);
        let entry = "the accepted break max-items at /components/schemas/AddMember/properties/members/maxItems is none here";
        assert!(said.contains("stale") && said.contains(entry), "{said}");
    }
}

#[test]
fn a_revision_is_compared_with_the_working_file() {
    let folder = TempDir::new().expect("a folder");
    let git = |arguments: &[&str]| {
        let identity = [
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@example.com",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "core.hooksPath=none",
        ];
        let output = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("git");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    fs::create_dir(folder.path().join("openapi")).expect("made");
    let file = folder.path().join("openapi/backup-share.yaml");
    fs::write(&file, document::YAML).expect("written");
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    assert_eq!(
        run(folder.path(), &["diff", "git:HEAD"]).status.code(),
        Some(0)
    );
    fs::write(&file, fewer(document::YAML.to_owned())).expect("written");
    assert_eq!(
        run(folder.path(), &["diff", "git:HEAD"]).status.code(),
        Some(1)
    );
    // From below the top too.
    assert_eq!(
        run(&folder.path().join("openapi"), &["diff", "git:HEAD"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(
        run(
            folder.path(),
            &["diff", "git:HEAD:openapi/backup-share.yaml", "git:HEAD"]
        )
        .status
        .code(),
        Some(0)
    );
}

#[test]
fn the_contract_is_shown_as_it_was_written() {
    let folder = folder(fewer);
    assert_eq!(text(&run(folder.path(), &["show"])), document::YAML);
    let json: Value =
        serde_json::from_str(&text(&run(folder.path(), &["show", "--json"]))).expect("JSON");
    assert_eq!(&json, document::json());
}
