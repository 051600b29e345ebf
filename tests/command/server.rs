//! The server as a process: its settings, its data files, its end.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::demo::{BACKUP, OWNER};

use crate::process::{Server, named, run};

/// One backup of alice's, to be added to.
const DATA: &str = "
users:
  - {name: alice, password: alice, project_id: 0605767b5780d5762fc5c0118072a564, roles: [member], tokens: [demo-owner]}
vaults:
  - {id: 2b2f9d34-8c0e-4c3a-9b1e-6f4f2a7c9d10, project_id: 0605767b5780d5762fc5c0118072a564, name: v, object_type: server,
     protect_type: backup, status: available, size: 200, used: 0}
backups:
";

fn data(backups: &[&str]) -> String {
    let backup = |id: &&str| {
        format!(
            "  - {{id: {id}, project_id: {OWNER}, vault_id: 2b2f9d34-8c0e-4c3a-9b1e-6f4f2a7c9d10, name: b, \
             resource_type: 'OS::Nova::Server', resource_size: 40, status: available}}\n"
        )
    };
    DATA.to_owned() + &backups.iter().map(backup).collect::<String>()
}

#[test]
fn a_file_loaded_into_a_running_store_is_there_for_the_server_and_loading_it_twice_changes_nothing()
{
    let folder = tempfile::tempdir().expect("a folder");
    let (file, store) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&file, data(&[BACKUP])).expect("written");
    let database = format!("--database sqlite:{}", named(&store));
    let server = Server::start(
        folder,
        &format!(
            "serve --listen 127.0.0.1:0 {database} --data {}",
            named(&file)
        ),
    );
    let new = "b6311379-85b6-4917-bdd7-a6804bc1339c";
    assert!(
        server
            .alice(&format!("members {new}"))
            .failed(1)
            .contains("BackupService.6200")
    );
    fs::write(&file, data(&[BACKUP, new])).expect("written");
    let load = format!("catalog load {} {database}", named(&file));
    let loaded = run(&load).done();
    assert!(
        loaded.ends_with(": 1 added, 0 changed, 5 unchanged\n"),
        "{loaded}"
    );
    server.alice(&format!("members {new}")).done();
    let again = run(&load).done();
    assert!(
        again.ends_with(": 0 added, 0 changed, 6 unchanged\n"),
        "{again}"
    );
}

#[test]
fn a_bad_data_file_is_refused_with_the_place_and_the_schema_says_what_is_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, store) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&file, "backups: [{id: 5}]").expect("written");
    let load = format!(
        "catalog load {} --database sqlite:{}",
        named(&file),
        named(&store)
    );
    let refused = run(&load).failed(1);
    assert!(
        refused.contains(
            "data.yaml:1: backups[0].id: it is a number, and must be text: write it in quotes"
        ),
        "{refused}"
    );
    let schema: Value = serde_json::from_str(&run("catalog schema").done()).expect("JSON");
    assert!(schema["properties"]["backups"].is_object(), "{schema}");
}

#[test]
fn a_terminated_server_completes_requests_in_flight_and_exits_with_0() {
    let mut server = Server::demo();
    let address = server
        .endpoint
        .strip_prefix("http://")
        .expect("an address")
        .to_owned();
    let body = r#"{"members": ["4229d7a45436489f8c3dc2b1d35d4987"]}"#;
    let mut in_flight = TcpStream::connect(&address).expect("it listens");
    let head = format!(
        "POST /v3/{OWNER}/backups/{BACKUP}/members HTTP/1.1\r\nHost: {address}\r\nX-Auth-Token: demo-owner\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    in_flight.write_all(head.as_bytes()).expect("sent");
    let mut go_on = [0; 25];
    in_flight
        .read_exact(&mut go_on)
        .expect("the server waits for the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    terminate(&server);
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(&address).is_ok() {
        assert!(
            Instant::now() < deadline,
            "it takes new connections after it was told to stop"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    in_flight.write_all(body.as_bytes()).expect("sent");
    let mut response = String::new();
    in_flight
        .read_to_string(&mut response)
        .expect("a response, and the end of the connection");
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert_eq!(
        server.process.child.wait().expect("it ends").code(),
        Some(0)
    );
    let left: Vec<_> = fs::read_dir(server.file(""))
        .expect("a folder")
        .map(|e| e.expect("a file").file_name())
        .collect();
    assert_eq!(left, ["log"], "the demo's store goes with it");
}

#[test]
fn the_folder_of_the_demo_is_its_owners_alone() {
    let server = Server::demo();
    let entries = fs::read_dir(server.file(""))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let folder = entries
        .into_iter()
        .find(|path| path.is_dir())
        .expect("the demo's folder");
    for (path, mode) in [
        (folder.clone(), 0o700),
        (folder.join("demo.db"), 0o600),
        (folder.join("demo.db-wal"), 0o600),
    ] {
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            mode,
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_server_may_be_terminated_as_soon_as_it_listens() {
    let mut server = Server::demo();
    terminate(&server);
    assert_eq!(
        server.process.child.wait().expect("it ends").code(),
        Some(0)
    );
}

#[test]
fn a_policy_is_reloaded_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, config) = (
        folder.path().join("member.json"),
        folder.path().join("config.toml"),
    );
    let (catalog, store, audit) = (
        folder.path().join("d.yaml"),
        folder.path().join("s.db"),
        folder.path().join("audit"),
    );
    let write = |effect: &str| {
        let statements = format!(
            r#"[{{"Effect": "Allow", "Action": ["cbr:*"]}}, {{"Effect": "{effect}", "Action": ["cbr:*:list"]}}]"#
        );
        fs::write(
            &policy,
            format!(r#"{{"Version": "1.1", "Statement": {statements}}}"#),
        )
        .expect("written");
    };
    write("Allow");
    fs::write(&catalog, data(&[BACKUP])).expect("written");
    fs::write(
        &config,
        format!(
            "audit = '{}'\n[roles]\nmember = '{}'",
            named(&audit),
            named(&policy)
        ),
    )
    .expect("written");
    let rest = format!(
        "--database sqlite:{} --data {}",
        named(&store),
        named(&catalog)
    );
    let server = Server::start(
        folder,
        &format!(
            "serve --listen 127.0.0.1:0 --config {} {rest}",
            named(&config)
        ),
    );
    let list = || server.alice(&format!("members {BACKUP}"));
    let says = |line: &str| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !server.log().contains(line) {
            assert!(Instant::now() < deadline, "{}", server.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    list().done();
    write("Deny");
    list().done();
    fs::rename(&audit, server.file("audit.1")).expect("moved away");
    signal(&server, "HUP");
    says("the policy was reloaded");
    assert!(
        list()
            .failed(1)
            .contains("Policy doesn't allow cbr:member:list to be performed.")
    );
    write("Perhaps");
    signal(&server, "HUP");
    says("Statement[1].Effect: unknown variant `Perhaps`");
    assert!(
        list().failed(1).contains("APIGW.0302"),
        "the policy of before counts"
    );
    let lines = |name: &str| {
        fs::read_to_string(server.file(name))
            .expect("an audit")
            .lines()
            .count()
    };
    // A line is accepted before its response, and written soon after.
    let deadline = Instant::now() + Duration::from_secs(10);
    while lines("audit") < 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(
        (lines("audit.1"), lines("audit")),
        (2, 2),
        "the audit goes on in a new file"
    );
}

#[test]
fn the_statement_that_decides_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, config) = (
        folder.path().join("auditor.json"),
        folder.path().join("config.toml"),
    );
    let document = r#"{"Version": "1.1", "Statement": [
        {"Effect": "Allow", "Action": ["cbr:*:*"]}, {"Effect": "Deny", "Action": ["cbr:member:delete"]}]}"#;
    fs::write(&policy, document).expect("written");
    let settings = format!(
        "[roles]\nauditor = '{}'\nreader = ['cbr:member:get']",
        named(&policy)
    );
    fs::write(&config, settings).expect("written");
    let explain = |rest: &str| {
        run(&format!(
            "policy explain --config {} {rest}",
            named(&config)
        ))
    };
    let allowed = explain("--role reader --action cbr:member:get").done();
    assert_eq!(
        allowed,
        "cbr:member:get is allowed by \"cbr:member:get\" in statement 1 of role reader, roles.reader of the settings.\n"
    );
    let denied = explain("--role reader --role auditor --action cbr:member:delete").failed(1);
    let by = format!(
        "by \"cbr:member:delete\" in statement 2 of role auditor, {}.",
        named(&policy)
    );
    assert_eq!(
        denied,
        format!("backup-share: cbr:member:delete is denied {by}\n")
    );
    let denied = explain("--role nobody --action cbr:member:list").failed(1);
    assert!(
        denied.contains("no statement allows it (the settings know nothing of nobody)"),
        "{denied}"
    );
    assert!(
        explain("--role reader --action cbr:member:fly")
            .failed(2)
            .contains("cbr:member:create")
    );
    fs::write(&policy, "{").expect("written");
    assert!(
        explain("--role reader --action cbr:member:get")
            .failed(2)
            .contains("auditor.json")
    );
}

/// The shell's own `kill`: not every machine has another one.
fn terminate(server: &Server) {
    signal(server, "TERM");
}

fn signal(server: &Server, name: &str) {
    let kill = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name} {}", server.process.child.id()))
        .status();
    assert!(kill.expect("a shell").success());
}
