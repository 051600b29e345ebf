//! The command against services that are not ours: the vendor's cloud, which leaves out what is
//! null, a Keystone of its own, and something that only looks like the service.

use httpmock::prelude::*;
use serde_json::{Value, json};
use testkit::demo::{BACKUP, MEMBER, OWNER};

use crate::process::run;

fn member() -> Value {
    json!({
        "status": "pending", "created_at": "2020-02-24T09:36:00.479+00:00", "backup_id": BACKUP,
        "dest_project_id": MEMBER, "id": "82cdee4b-4b6d-4dbe-9a3a-d1e0a9d0a0d5"
    })
}

#[test]
fn the_vendors_responses_print_as_ours_do() {
    let cloud = MockServer::start();
    cloud.mock(|when, then| {
        when.method(POST)
            .path(format!("/v3/{OWNER}/backups/{BACKUP}/members"))
            .header("X-Auth-Token", "t");
        then.status(200).json_body(json!({"members": [member()]}));
    });
    let line = format!("share {BACKUP} --with {MEMBER} --project {OWNER} --token t -o json");
    let added = run(&format!("{line} --endpoint {}", cloud.base_url())).done();
    let added: Value = serde_json::from_str(&added).expect("JSON");
    let mut whole = member();
    whole["created_at"] = json!("2020-02-24T09:36:00.479000");
    for unknown in ["updated_at", "image_id", "vault_id"] {
        whole[unknown] = Value::Null;
    }
    assert_eq!(added, json!([whole]));
}

/// A backup as the vendor's cloud sends it: its filter by name finds parts of names, too.
fn backup(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "project_id": OWNER, "status": "available",
        "resource_type": "OS::Nova::Server", "resource_size": 40,
    })
}

/// The pages of a list: what is there, and then nothing.
fn pages(cloud: &MockServer, path: &str, key: &str, items: &Value) {
    let path = format!("/v3/{MEMBER}/{path}");
    cloud.mock(|when, then| {
        let first = when.method(GET).path(&path);
        first
            .query_param_missing("marker")
            .query_param("offset", "0");
        then.status(200).json_body(json!({ key: items }));
    });
    cloud.mock(|when, then| {
        when.method(GET).path(&path);
        then.status(200).json_body(json!({ key: [] }));
    });
}

#[test]
fn the_vendors_inbox_is_read_and_no_name_drives_the_terminal() {
    let cloud = MockServer::start();
    let other = "00000000-0000-4000-8000-000000000001";
    let evil = "web\u{1b}[2J\u{202e}";
    let backups = json!([backup(BACKUP, "web-server"), backup(other, evil)]);
    let path = format!("/v3/{MEMBER}/backups");
    let shared = cloud.mock(|when, then| {
        let first = when
            .method(GET)
            .path(&path)
            .query_param("own_type", "shared");
        let first = first.query_param("member_status", "pending");
        first.query_param_missing("marker");
        then.status(200).json_body(json!({ "backups": backups }));
    });
    pages(&cloud, "backups", "backups", &json!([]));
    pages(&cloud, "vaults", "vaults", &json!([]));
    cloud.mock(|when, then| {
        when.method(GET)
            .path(format!("{path}/{BACKUP}/members/{MEMBER}"));
        then.status(200).json_body(json!({ "member": member() }));
    });
    cloud.mock(|when, then| {
        when.method(GET)
            .path(format!("{path}/{other}/members/{MEMBER}"));
        then.status(200).json_body(json!({ "member": member() }));
    });
    let connection = format!(
        "--project {MEMBER} --token t --endpoint {}",
        cloud.base_url()
    );
    let inbox = run(&format!("inbox {connection}")).done();
    shared.assert();
    assert!(
        inbox.contains("2020-02-24T09:36:00") && inbox.contains("web-server fits into no vault")
    );
    assert!(!inbox.contains(['\u{1b}', '\u{202e}']), "{inbox:?}");
    let json = run(&format!("inbox {connection} -o json")).done();
    let rows: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(rows[0]["backup_id"], BACKUP);
    assert_eq!(rows[1]["name"], evil, "programs get it as it is");
    assert_eq!(rows[1]["vault_id"], Value::Null);
}

#[test]
fn a_part_of_a_name_is_no_name() {
    let cloud = MockServer::start();
    let other = "00000000-0000-4000-8000-000000000001";
    let backups = json!([backup(BACKUP, "web-server"), backup(other, "web-server-2")]);
    pages(&cloud, "backups", "backups", &backups);
    let members = cloud.mock(|when, then| {
        when.method(GET)
            .path(format!("/v3/{MEMBER}/backups/{BACKUP}/members/{OWNER}"));
        then.status(200).json_body(json!({ "member": member() }));
    });
    let connection = format!(
        "--project {MEMBER} --token t --endpoint {}",
        cloud.base_url()
    );
    // The mock finds it as one's own and as a shared one: the same backup is one candidate.
    run(&format!("show web-server {OWNER} {connection}")).done();
    members.assert();
    let missing = run(&format!("show web {connection}")).failed(1);
    assert!(missing.contains("no backup named web."), "{missing}");
}

#[test]
fn a_service_that_goes_away_ends_the_work_and_says_what_is_left() {
    let cloud = MockServer::start();
    let id = |number| format!("00000000-0000-4000-8000-{number:012}");
    let backups: Vec<_> = (0..40).map(|number| backup(&id(number), "b")).collect();
    pages(&cloud, "backups", "backups", &json!(backups));
    let gone = cloud.mock(|when, then| {
        when.method(GET).path_matches("/members$");
        then.status(502).body("bad gateway");
    });
    let connection = format!(
        "--project {MEMBER} --token t --endpoint {}",
        cloud.base_url()
    );
    let ran = run(&format!("revoke --all {connection}"));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.err.contains("1 of 40 failed; 39 were not tried"),
        "{ran:?}"
    );
    assert!(
        gone.calls() <= 16,
        "no more than are worked on at a time: {}",
        gone.calls()
    );
}

#[test]
fn a_name_logs_in_at_another_keystone_with_its_domain_and_project() {
    let (keystone, cloud) = (MockServer::start(), MockServer::start());
    let user = json!({"name": "alice", "domain": {"name": "acme"}, "password": "secret"});
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let logged_in = keystone.mock(|when, then| {
        let scope = json!({"project": {"id": OWNER}});
        when.method(POST)
            .path("/v3/auth/tokens")
            .json_body(json!({"auth": {"identity": identity, "scope": scope}}));
        let body =
            json!({"token": {"project": {"id": OWNER, "name": "o"}, "methods": ["password"]}});
        then.status(201)
            .header("X-Subject-Token", "issued")
            .json_body(body);
    });
    cloud.mock(|when, then| {
        when.method(GET).header("X-Auth-Token", "issued");
        then.status(200)
            .json_body(json!({"members": [], "count": 0}));
    });
    let user = "--user alice --password secret --user-domain acme";
    let at = format!(
        "--endpoint {} --auth-url {}/v3 --project {OWNER}",
        cloud.base_url(),
        keystone.base_url()
    );
    assert_eq!(
        run(&format!("members {BACKUP} {user} {at} -o json")).done(),
        "[]\n"
    );
    logged_in.assert_calls(1);
}

#[test]
fn a_keystones_refusal_is_read() {
    let keystone = MockServer::start();
    keystone.mock(|_, then| {
        let error = json!({"error": {"code": 401, "message": "The request you have made requires authentication."}});
        then.status(401).header("x-openstack-request-id", "req-1").json_body(error);
    });
    let line = format!(
        "members {BACKUP} --user alice --password secret --endpoint {}",
        keystone.base_url()
    );
    let said = run(&line).failed(1);
    let sentence = "alice cannot log in: The request you have made requires authentication. (request id req-1)\n";
    assert_eq!(said, format!("backup-share: {sentence}"));
}

#[test]
fn a_gateway_in_place_of_the_service_is_out_of_reach() {
    let gateway = MockServer::start();
    gateway.mock(|_, then| drop(then.status(502).body("<h1>Bad Gateway</h1>")));
    for proof in ["--project p --token t", "--user alice --password secret"] {
        let said = run(&format!(
            "members {BACKUP} {proof} --endpoint {}",
            gateway.base_url()
        ))
        .failed(3);
        assert!(said.contains("502 Bad Gateway"), "{said}");
    }
}

#[test]
fn a_service_that_does_not_know_markers_is_not_asked_for_ever() {
    let cloud = MockServer::start();
    let pages =
        cloud.mock(|_, then| drop(then.status(200).json_body(json!({"members": [member()]}))));
    let line = format!(
        "members {BACKUP} --project {OWNER} --token t --endpoint {}",
        cloud.base_url()
    );
    assert!(run(&line).failed(3).contains("every marker"));
    pages.assert_calls(2);
}
