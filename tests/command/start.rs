//! Starts that fail: each says what is wrong in one line (of a data file, a line for each mistake),
//! and leaves nothing behind.

use std::{ffi::OsString, fs, net::TcpListener, path::Path};

use crate::process::{named, run, run_with};

fn left(folder: &Path) -> Vec<OsString> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect()
}

/// What a server says that does not start with these settings, on a store and with demo data.
fn refused(settings: &[(&str, &str)], code: i32) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", named(&folder.path().join("store.db")));
    let environment = |database| {
        let mut environment = vec![
            ("BACKUP_SHARE_LISTEN", "127.0.0.1:0"),
            ("TMPDIR", named(folder.path())),
            database,
        ];
        environment.extend(settings);
        environment
    };
    let said = run_with(
        &environment(("BACKUP_SHARE_DATABASE", database.as_str())),
        "serve",
    )
    .failed(code);
    assert_eq!(left(folder.path()), Vec::<OsString>::new(), "{said}");
    if !settings
        .iter()
        .any(|(name, _)| *name == "BACKUP_SHARE_DATA")
    {
        assert_eq!(
            run_with(&environment(("LANG", "C")), "serve --demo").failed(code),
            said,
            "of demo data"
        );
        assert_eq!(left(folder.path()), Vec::<OsString>::new(), "{said}");
    }
    let lines = if said.contains("has 1 mistake:\n") {
        2
    } else {
        1
    };
    assert_eq!(said.lines().count(), lines, "{said}");
    said
}

#[test]
fn a_port_in_use_is_reported_with_a_way_out_and_leaves_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = refused(&[("BACKUP_SHARE_LISTEN", &address)], 1);
    assert!(
        said.starts_with(&format!("backup-share: cannot listen on {address}: ")),
        "{said}"
    );
    assert!(said.contains("try --listen 127.0.0.1:0"), "{said}");
    let said = refused(&[("BACKUP_SHARE_METRICS", &address)], 1);
    assert!(
        said.starts_with(&format!(
            "backup-share: metrics: cannot listen on {address}: "
        )),
        "{said}"
    );
}

#[test]
fn bad_addresses_files_and_networks_leave_nothing() {
    let mut said = String::new();
    for (name, value, code) in [
        ("LISTEN", "nonsense", 1),
        ("METRICS", "nonsense", 1),
        ("AUDIT", "/nowhere/audit", 1),
        ("DATA", "/nowhere/data.yaml", 1),
        ("DATA", "/tmp", 1),
        ("TRUSTED_PROXIES", "10.0.0.0/33", 2),
        ("IDENTITY_MODE", "keystone", 2),
    ] {
        said += &format!("$ BACKUP_SHARE_{name}={value} serve\n");
        said += &refused(&[(&format!("BACKUP_SHARE_{name}"), value)], code);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn data_with_a_mistake_leaves_no_store_and_does_no_harm_to_one_that_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, store) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&data, "projects: [{id: p}]").expect("written");
    let said = refused(&[("BACKUP_SHARE_DATA", named(&data))], 1);
    assert!(said.contains("data.yaml"), "{said}");
    let serve = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{} --data {}",
        named(&store),
        named(&data)
    );
    run(&format!(
        "catalog load testkit/src/data.yaml --database sqlite:{}",
        named(&store)
    ))
    .done();
    let before = fs::read(&store).expect("a store");
    run(&serve).failed(1);
    assert_eq!(fs::read(&store).expect("a store"), before);
}

#[test]
fn a_policy_that_is_missing_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    fs::write(&config, "[roles]\nmember = '/nowhere/member.json'").expect("written");
    let said = refused(&[("BACKUP_SHARE_CONFIG", named(&config))], 2);
    assert!(said.contains("/nowhere/member.json"), "{said}");
}

#[test]
fn an_audit_is_not_begun_by_a_start_that_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let audit = folder.path().join("audit");
    refused(
        &[
            ("BACKUP_SHARE_AUDIT", named(&audit)),
            ("BACKUP_SHARE_METRICS", "nonsense"),
        ],
        1,
    );
    assert_eq!(left(folder.path()), Vec::<OsString>::new());
}
