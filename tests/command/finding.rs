//! What is offered to a project and what it shares, and the names that stand in the place of ids.

use std::fs;

use serde_json::{Value, json};
use testkit::demo::{ANOTHER, BACKUP, MEMBER, OWNER, VAULT};

use crate::{
    process::{Ran, Server, named},
    transcript::Transcript,
};

/// The demo's data, with two backups of one name, a large one, and one of a disk.
const MORE: [(&str, &str, &str, u32); 4] = [
    (
        "00000000-0000-4000-8000-000000000001",
        "orders-db",
        "OS::Nova::Server",
        10,
    ),
    (
        "00000000-0000-4000-8000-000000000002",
        "orders-db",
        "OS::Nova::Server",
        20,
    ),
    (
        "00000000-0000-4000-8000-000000000003",
        "archive",
        "OS::Nova::Server",
        400,
    ),
    (
        "00000000-0000-4000-8000-000000000004",
        "swap",
        "OS::Cinder::Volume",
        1,
    ),
];

// The ids of those.
pub const FIRST: &str = MORE[0].0;
pub const SECOND: &str = MORE[1].0;
pub const LARGE: &str = MORE[2].0;
pub const DISK: &str = MORE[3].0;

/// A server with the demo's data and more backups, of which none is shared.
pub fn server() -> Server {
    let demo = include_str!("../../src/catalog/demo.yaml");
    let (before, members) = demo.split_once("members:\n").expect("members at the end");
    let backup = |(id, name, resource, size): (&str, &str, &str, u32)| {
        let fields = json!({
            "id": id, "project_id": OWNER, "vault_id": "2b2f9d34-8c0e-4c3a-9b1e-6f4f2a7c9d10",
            "name": name, "resource_type": resource, "resource_size": size, "status": "available",
        });
        format!("  - {fields}\n")
    };
    let more: String = MORE.map(backup).concat();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("data.yaml");
    fs::write(&file, format!("{before}{more}members:\n{members}")).expect("written");
    let database = folder.path().join("store.db");
    let line = format!(
        "serve --listen 127.0.0.1:0 --data {} --database sqlite:{}",
        named(&file),
        named(&database)
    );
    Server::start(folder, &line)
}

/// What a command prints for programs.
pub fn read(ran: Ran) -> Value {
    serde_json::from_str(&ran.done()).expect("JSON")
}

fn transcript(server: &Server) -> Transcript {
    Transcript::default().redact(&server.endpoint, "ENDPOINT")
}

#[test]
fn a_member_finds_what_is_offered_and_accepts_it_by_the_line_that_is_printed() {
    let server = Server::demo();
    let inbox = server.bob("inbox").done();
    let line = inbox
        .lines()
        .find_map(|line| line.trim().strip_prefix("backup-share accept"));
    assert_eq!(line, Some(" web-server --vault member-vault"), "{inbox}");
    server
        .bob(&format!("accept{}", line.expect("a line")))
        .done();
    let inbox = server.bob("inbox").done();
    assert!(
        inbox.contains("accepted") && !inbox.contains("To accept"),
        "{inbox}"
    );
    assert!(
        server
            .bob("inbox --status pending")
            .done()
            .starts_with("Nothing")
    );
    let rows = read(server.bob("inbox -o json"));
    assert_eq!(rows[0]["vault_id"], VAULT);
    assert_eq!(rows[0]["accept"], Value::Null);
    server.bob("reject web-server").done();
    assert_eq!(
        read(server.bob("inbox -o json")),
        json!([]),
        "rejected ones are not offered"
    );
    let rejected = read(server.bob("inbox --status rejected -o json"));
    assert_eq!(rejected[0]["backup_id"], BACKUP);
    server.bob("accept web-server --vault member-vault").done();
}

#[test]
fn what_is_listed_is_reviewed() {
    let server = server();
    server
        .alice(&format!("share {FIRST} {LARGE} --with {MEMBER}"))
        .done();
    let mut transcript = transcript(&server);
    for time in times(&read(server.alice("shares -o json"))) {
        let shown = time.split('.').next().unwrap_or_default();
        transcript = transcript
            .redact(&time, "TIME")
            .redact(shown, "2020-02-05T10:38:34");
    }
    for line in [
        "inbox",
        "inbox --name archive",
        "vaults",
        "vaults -o json",
        "show web-server",
    ] {
        transcript.add(&format!("bob: {line}"), &server.bob(line));
    }
    for line in [
        "backups",
        "backups --name swap -o json",
        "backups --type disk",
        "shares --with",
    ] {
        let line = line.replace("--with", &format!("--with {MEMBER} --name web-server"));
        transcript.add(&format!("alice: {line}"), &server.alice(&line));
    }
    insta::assert_snapshot!(transcript.text());
}

fn times(shares: &Value) -> Vec<String> {
    let shares = shares.as_array().expect("a list").iter();
    let time = |share: &Value| share["created_at"].as_str().expect("a time").to_owned();
    shares.map(time).collect()
}

#[test]
fn the_inbox_shows_pending_first_and_is_filtered() {
    let server = server();
    server
        .alice(&format!("share {FIRST} {LARGE} {DISK} --with {MEMBER}"))
        .done();
    server
        .bob(&format!("accept {FIRST} --vault {VAULT}"))
        .done();
    let listed = |flags: &str| {
        let rows = read(server.bob(&format!("inbox {flags} -o json")));
        let rows = rows.as_array().expect("a list").clone();
        let name = |row: &Value| row["name"].as_str().expect("a name").to_owned();
        rows.iter().map(name).collect::<Vec<_>>()
    };
    let all = listed("");
    assert_eq!(
        (all.len(), all[3].as_str()),
        (4, "orders-db"),
        "the accepted one is last: {all:?}"
    );
    assert_eq!(listed("--status accepted"), ["orders-db"]);
    assert_eq!(listed("--type disk"), ["swap"]);
    assert_eq!(listed("--name archive"), ["archive"]);
    assert_eq!(listed(&format!("--owner {OWNER}")).len(), 4);
    assert!(listed(&format!("--owner {ANOTHER}")).is_empty());
    assert_eq!(listed("--limit 2").len(), 2);
}

#[test]
fn a_name_stands_for_one_backup_or_the_candidates_are_listed() {
    let server = server();
    let mut transcript = transcript(&server);
    for line in [
        format!("share orders-db --with {ANOTHER}"),
        format!("share nothing-of-this-name --with {ANOTHER}"),
        format!("share {SECOND} --with {ANOTHER} -o yaml"),
        "members orders-db".to_owned(),
        "show orders-db".to_owned(),
        format!("revoke orders-db {ANOTHER}"),
    ] {
        let mut ran = server.alice(&line);
        if ran.code == Some(0) {
            ran.out.clear();
        }
        transcript.add(&line, &ran);
    }
    let line = "accept web-server --vault no-vault";
    transcript.add(line, &server.bob(line));
    let line = "accept orders-db --vault member-vault";
    transcript.add(line, &server.bob(line));
    insta::assert_snapshot!(transcript.text());
}

#[test]
fn backups_are_ones_own_those_that_are_shared_or_both() {
    let server = server();
    let count = |ran: Ran| read(ran).as_array().expect("a list").len();
    assert_eq!(count(server.alice("backups -o json")), 7);
    assert_eq!(count(server.alice("backups -o json --shared")), 0);
    assert_eq!(count(server.alice("backups -o json --limit 2")), 2);
    assert_eq!(
        count(server.alice("backups -o json --status error --status deleting")),
        0
    );
    assert_eq!(count(server.bob("backups -o json")), 0);
    assert_eq!(count(server.bob("backups -o json --shared")), 1);
    assert_eq!(count(server.bob("backups -o json --all")), 1);
    let shown = read(server.bob("show web-server -o json"));
    assert_eq!(shown["project_id"], OWNER);
    assert_eq!(shown["vault_id"], Value::Null, "it is not accepted");
    let member = read(server.alice(&format!("show web-server {MEMBER} -o json")));
    assert_eq!(member["status"], "pending");
}

#[test]
fn what_is_free_in_a_vault_is_what_its_shares_leave() {
    let server = Server::demo();
    let free = || read(server.bob("vaults -o json"))[0]["free"].clone();
    assert_eq!(free(), 100 * 1024);
    server.bob("accept web-server --vault member-vault").done();
    assert_eq!(free(), 60 * 1024);
    assert!(server.bob("vaults").done().contains("60 GB"));
    assert_eq!(read(server.bob("vaults --type disk -o json")), json!([]));
    assert_eq!(
        read(server.bob("vaults --name member-vault -o json"))[0]["id"],
        VAULT
    );
}
