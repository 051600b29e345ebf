//! Many backups in one command: a line for each, one that fails does not keep the others, and
//! what is done already counts as done.

use serde_json::{Value, json};
use testkit::demo::{ANOTHER, BACKUP, MEMBER, VAULT};

use crate::{
    finding::{DISK, FIRST, LARGE, SECOND, read, server},
    place::Place,
    transcript::Transcript,
};

const FORMER: &str = "9b9e8f0f2c5a4d8fa1c7d2f0f5f1c3aa";

fn results(lines: &Value) -> Vec<&str> {
    let lines = lines.as_array().expect("a list").iter();
    lines
        .map(|line| line["result"].as_str().expect("a word"))
        .collect()
}

#[test]
fn several_are_shared_with_several_and_again() {
    let server = server();
    let line = format!("share {FIRST} {SECOND} web-server --with {MEMBER} {ANOTHER} -o json");
    let shared = read(server.alice(&line));
    assert_eq!(results(&shared), ["shared"; 3]);
    assert_eq!(shared[0]["projects"], json!([ANOTHER, MEMBER]));
    assert_eq!(
        shared[2]["projects"],
        json!([ANOTHER]),
        "the member was there"
    );
    assert_eq!(results(&read(server.alice(&line))), ["already_shared"; 3]);
    let partly = server.alice(&format!("share {FIRST} {DISK} --with {ANOTHER} no-project"));
    assert_eq!(partly.code, Some(1), "{partly:?}");
    assert!(partly.err.contains("2 of 2 failed"), "{partly:?}");
    assert!(
        partly.out.contains(DISK) && partly.out.contains("6704"),
        "{partly:?}"
    );
}

#[test]
fn all_that_fit_are_accepted_and_what_does_not_is_told() {
    let server = server();
    server
        .alice(&format!("share {FIRST} {LARGE} {DISK} --with {MEMBER}"))
        .done();
    let mut transcript = Transcript::default();
    for line in [
        "accept --all --dry-run --name orders-db",
        "accept --all --name orders-db",
        "accept --all --name orders-db",
        "accept --all --status accepted",
        "accept --all --name archive",
        "accept --all --type disk --vault member-vault",
        "accept --all --name web-server --vault member-vault",
        "accept web-server --name web-server --vault member-vault",
        "accept web-server --vault member-vault --vault other",
        "accept --all web-server",
    ] {
        transcript.add(line, &server.bob(line));
    }
    insta::assert_snapshot!(transcript.text());
    assert_eq!(
        server.bob("accept --all").code,
        Some(1),
        "two of them cannot be accepted"
    );
    let pending = read(server.bob("inbox --status pending -o json"));
    assert_eq!(pending.as_array().expect("a list").len(), 2);
    let vaults = read(server.bob("vaults -o json"));
    assert_eq!(vaults[0]["free"], 50 * 1024);
}

#[test]
fn a_vault_is_not_planned_fuller_than_it_is() {
    let server = server();
    let big = format!("share {FIRST} {SECOND} --with {ANOTHER}");
    server.alice(&big).done();
    server
        .alice(&format!("share {FIRST} {SECOND} --with {MEMBER}"))
        .done();
    // 100 GB: the 40, 20 and 10 GB fit, and leave 30.
    let lines = read(server.bob(&format!("accept --all --vault {VAULT} -o json")));
    assert_eq!(results(&lines), ["accepted"; 3]);
    let lines = read(server.bob(&format!("accept {FIRST} {BACKUP} --vault {VAULT} -o json")));
    assert_eq!(results(&lines), ["already_accepted"; 2]);
}

#[test]
fn without_a_vault_those_that_fit_are_listed() {
    let server = server();
    server
        .alice(&format!("share {LARGE} {DISK} --with {MEMBER}"))
        .done();
    let asked = server.bob("accept web-server").failed(2);
    assert!(
        asked.contains("backup-share accept web-server --vault member-vault"),
        "{asked}"
    );
    let large = server.bob("accept archive").failed(1);
    assert!(large.contains("more than 400 GB free"), "{large}");
    let disk = server.bob("accept swap").failed(1);
    assert!(disk.contains("for disks"), "{disk}");
}

#[test]
fn all_shares_are_revoked_by_filter_and_again() {
    let server = server();
    server
        .alice(&format!("share {FIRST} {SECOND} --with {MEMBER} {ANOTHER}"))
        .done();
    let dry = read(server.alice(&format!("revoke --all --with {ANOTHER} --dry-run -o json")));
    assert_eq!(results(&dry), ["would_be_revoked"; 2]);
    let revoked = read(server.alice(&format!("revoke --all --with {ANOTHER} -o json")));
    assert_eq!(revoked[0]["projects"], json!([ANOTHER]));
    let again = server
        .alice(&format!("revoke --all --with {ANOTHER}"))
        .done();
    assert_eq!(again, "Nothing to do.\n");
    let one = read(server.alice("revoke web-server --all -o json"));
    assert_eq!(
        one[0]["projects"].as_array().map(Vec::len),
        Some(2),
        "{MEMBER} and {FORMER}"
    );
    server
        .bob(&format!("accept {FIRST} --vault {VAULT}"))
        .done();
    let pending = read(server.alice("revoke --all --status pending -o json"));
    assert_eq!(pending[0]["backup_id"], SECOND);
    let left = read(server.alice("shares -o json"));
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&left[0]["status"], &left[0]["backup_id"]),
        (&json!("accepted"), &json!(FIRST))
    );
    let mixed = server
        .alice(&format!("revoke {FIRST} {MEMBER} --status pending"))
        .failed(2);
    assert!(mixed.contains("--all"), "{mixed}");
    let both = server
        .alice("revoke web-server --all --name orders-db")
        .failed(2);
    assert!(both.contains("--name"), "{both}");
}

#[test]
fn a_dry_run_of_what_is_named_is_refused_and_changes_nothing() {
    let server = server();
    for (line, by_owner) in [
        (format!("accept {BACKUP} --vault {VAULT} --dry-run"), false),
        (
            format!("accept {BACKUP} {FIRST} --vault {VAULT} --dry-run"),
            false,
        ),
        (format!("revoke {BACKUP} {MEMBER} --dry-run"), true),
    ] {
        let ran = match by_owner {
            true => server.alice(&line),
            false => server.bob(&line),
        };
        assert!(ran.failed(2).contains("say --all"), "{line}");
    }
    let shares = read(server.alice(&format!("shares --with {MEMBER} -o json")));
    assert_eq!(shares[0]["status"], "pending");
}

#[test]
fn without_a_vault_what_is_accepted_is_done_and_what_was_rejected_may_be_accepted() {
    let server = server();
    server.bob("reject web-server").done();
    for named in ["web-server", BACKUP] {
        let asked = server.bob(&format!("accept {named}")).failed(2);
        assert!(asked.contains("--vault member-vault"), "{asked}");
    }
    server.bob("accept web-server --vault member-vault").done();
    let again = read(server.bob("accept web-server -o json"));
    assert_eq!(again["status"], "accepted");
    assert_eq!(again["vault_id"], VAULT);
    let unknown = server.bob(&format!("accept {LARGE}")).failed(1);
    assert!(
        unknown.contains("is not shared with your project"),
        "{unknown}"
    );
}

#[test]
fn what_was_revoked_before_one_was_refused_is_told() {
    let place = Place::sqlite();
    let server = place.serve();
    server
        .alice(&format!("share {BACKUP} --with {ANOTHER}"))
        .done();
    server
        .bob(&format!("accept {BACKUP} --vault {VAULT}"))
        .done();
    place
        .run(&format!(
            "image attach {BACKUP} --member {MEMBER} --image ce10c4d6-4a64-4dd4-8ba9-d4e5a3fbb7b0"
        ))
        .done();
    let ran = server.alice(&format!("revoke {BACKUP} --all -o json"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(results(&lines), ["failed"]);
    assert_eq!(
        lines[0]["projects"],
        json!([ANOTHER, FORMER]),
        "the others are done"
    );
}
