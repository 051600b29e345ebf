//! `catalog export`: what it writes loads again, and gives the same lists.

use std::{fs, os::unix::fs::PermissionsExt};

use testkit::demo::{ANOTHER, MEMBER, VAULT};

use crate::{
    finding::{self, FIRST, LARGE},
    process::{Server, named, run},
};

#[test]
fn an_export_loads_again_and_gives_the_same_lists() {
    let server = finding::server();
    server
        .alice(&format!("share {FIRST} {LARGE} --with {MEMBER} {ANOTHER}"))
        .done();
    server
        .bob(&format!("accept {FIRST} --vault {VAULT}"))
        .done();
    server.bob(&format!("reject {LARGE}")).done();
    let (file, again) = (server.file("export.yaml"), server.file("again.yaml"));
    let store = format!("sqlite:{}", named(&server.file("store.db")));
    let told = run(&format!(
        "catalog export {} --database {store}",
        named(&file)
    ))
    .done();
    assert!(told.ends_with("export.yaml: 31 records\n"), "{told}");
    let mode = fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "for its owner alone");
    let text = fs::read_to_string(&file).expect("text");
    for secret in ["demo-owner", "demo-member", "argon2", "password:"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    let copy = format!("sqlite:{}", named(&server.file("copy.db")));
    run(&format!("catalog load {} --database {copy}", named(&file))).done();
    let exported = run(&format!(
        "catalog export {} --database {copy}",
        named(&again)
    ));
    exported.done();
    assert_eq!(fs::read_to_string(&again).expect("text"), text);
    let loaded = run(&format!("catalog load {} --database {copy}", named(&file))).done();
    assert!(loaded.contains("0 added, 0 changed"), "{loaded}");

    // The users of the copy have no credentials until a data file gives them some.
    let users = server.file("users.yaml");
    let demo = include_str!("../../src/catalog/demo.yaml");
    let (users_at, vaults_at) = (demo.find("users:"), demo.find("vaults:"));
    let section = &demo[users_at.expect("users")..vaults_at.expect("vaults")];
    fs::write(&users, section).expect("written");
    let line = format!(
        "serve --listen 127.0.0.1:0 --data {} --database {copy}",
        named(&users)
    );
    let other = Server::start(tempfile::tempdir().expect("a folder"), &line);
    for line in ["shares -o json", "backups -o json", "vaults -o json"] {
        assert_eq!(
            server.alice(line).done(),
            other.alice(line).done(),
            "{line}"
        );
    }
    for line in ["inbox -o json", "backups --all -o json", "vaults -o json"] {
        assert_eq!(server.bob(line).done(), other.bob(line).done(), "{line}");
    }
}

#[test]
fn an_export_overwrites_nothing_and_reads_only_stores_that_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("there.yaml");
    fs::write(&file, "projects: []\n").expect("written");
    let store = format!("sqlite:{}", named(&folder.path().join("store.db")));
    let absent = run(&format!("catalog export --database {store}"));
    assert!(
        absent.code == Some(1) && absent.out.is_empty(),
        "{absent:?}"
    );
    assert!(!folder.path().join("store.db").exists(), "no store is made");
    run(&format!("catalog load {} --database {store}", named(&file))).done();
    let refused = run(&format!(
        "catalog export {} --database {store}",
        named(&file)
    ))
    .failed(1);
    assert!(refused.contains("there.yaml"), "{refused}");
    let empty = run(&format!("catalog export --database {store}")).done();
    assert!(empty.ends_with("projects: []\n"), "{empty}");
}
