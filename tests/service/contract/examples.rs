//! The examples of errors in the contract, provoked: status, code and text are the server's.

use std::collections::BTreeSet;

use backup_share::contract::document;
use reqwest::Method;
use serde_json::Value;
use testkit::{
    fixture::{member, members},
    server::TestServer,
};

const DATA: &str = include_str!("examples.yaml");
const OWNER: &str = "0605767b5780d5762fc5c0118072a564";
const MEMBER: &str = "f841e01fd2b14e7fa41b6ae7aa6b0594";
const ANOTHER: &str = "4229d7a45436489f8c3dc2b1d35d4987";
const DISKS: &str = "c35f9f0a-5f5c-4c0e-9d0b-2b8a3e9f7a61";
const FULL: &str = "9b0c1e5e-6a0a-4f57-8d0e-6a5ef1d0b7c2";
const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

/// Those that take a raw connection, a clock, a flood or a broken store, and who provokes them.
const ELSEWHERE: [(&str, &str); 10] = [
    ("BadRequest/header", "connections"),
    ("Unauthorized/signature_used", "signatures"),
    ("Unauthorized/expired_token", "tokens"),
    ("RequestTimeout/body", "connections"),
    ("UnsupportedMediaType/media_type", "errors"),
    ("TooManyRequests/rate", "errors"),
    ("InternalServerError/unknown", "errors"),
    ("ServiceUnavailable/identity", "errors"),
    ("ServiceUnavailable/store", "tests/faults"),
    ("ServiceUnavailable/busy", "edges"),
];

/// A request that is refused, and the example that shows how.
#[derive(Clone)]
struct Refused {
    example: &'static str,
    status: u16,
    token: &'static str,
    method: Method,
    path: String,
    body: Option<String>,
}

fn refused(
    example: &'static str,
    status: u16,
    token: &'static str,
    (method, path): (Method, String),
    body: Option<String>,
) -> Refused {
    Refused {
        example,
        status,
        token,
        method,
        path,
        body,
    }
}

fn share(backup: u8, projects: &[&str]) -> (Method, String, Option<String>) {
    let body = serde_json::json!({"members": projects}).to_string();
    (Method::POST, members(OWNER, backup), Some(body))
}

/// What the owner is refused when it shares.
fn of_sharing() -> Vec<Refused> {
    [
        ("malformed", 1, ["a", "b", "c", ""].as_slice()),
        ("resource_type", 4, &[ANOTHER]),
        ("too_many_members", 8, &[ANOTHER]),
        ("backup_not_available", 5, &[ANOTHER]),
        ("already_shared", 1, &[ANOTHER, MEMBER]),
        ("bad_project", 1, &[OWNER, MEMBER, "no-such-project"]),
        ("unknown_project", 1, &[ANOTHER, "no-such-project"]),
        ("encrypted", 6, &[ANOTHER]),
        ("vault_status", 7, &[ANOTHER]),
    ]
    .map(|(example, backup, projects)| {
        let (method, path, body) = share(backup, projects);
        refused(example, 400, "owner", (method, path), body)
    })
    .into()
}

/// What the member is refused when it decides.
fn of_deciding() -> Vec<Refused> {
    let accept = |vault: &str| format!(r#"{{"status": "accepted", "vault_id": "{vault}"}}"#);
    [
        (
            "vault_missing",
            400,
            1,
            r#"{"status": "accepted"}"#.to_owned(),
        ),
        ("accepted_elsewhere", 400, 2, accept(FULL)),
        (
            "image_registered",
            400,
            3,
            r#"{"status": "rejected"}"#.to_owned(),
        ),
        ("vault_type", 400, 1, accept(DISKS)),
        ("vault_full", 400, 1, accept(FULL)),
        ("vault", 404, 1, accept(NOTHING)),
    ]
    .map(|(example, status, backup, body)| {
        let at = (Method::PUT, member(MEMBER, backup, MEMBER));
        refused(example, status, "member", at, Some(body))
    })
    .into()
}

/// What is refused for who asks, and what for there being nothing.
fn of_access() -> Vec<Refused> {
    let (post, path, body) = share(1, &[ANOTHER]);
    let missing = format!("/v3/{OWNER}/backups/{NOTHING}/members");
    let reject = || Some(r#"{"status": "rejected"}"#.to_owned());
    let large = " ".repeat(1_048_577);
    let own = || member(MEMBER, 1, MEMBER);
    vec![
        refused(
            "not_the_owner",
            400,
            "member",
            (post.clone(), members(MEMBER, 1)),
            body.clone(),
        ),
        refused("policy", 403, "reader", (post, path.clone()), body),
        refused("other_project", 403, "owner", (Method::GET, own()), None),
        refused(
            "member_decides",
            403,
            "owner",
            (Method::PUT, member(OWNER, 1, MEMBER)),
            reject(),
        ),
        refused(
            "owner_revokes",
            403,
            "member",
            (Method::DELETE, own()),
            None,
        ),
        refused(
            "unknown_token",
            401,
            "garbage",
            (Method::GET, path.clone()),
            None,
        ),
        refused("backup", 404, "owner", (Method::GET, missing), None),
        refused(
            "member",
            404,
            "owner",
            (Method::GET, member(OWNER, 1, ANOTHER)),
            None,
        ),
        refused(
            "path",
            404,
            "owner",
            (Method::GET, "/v3/nothing".into()),
            None,
        ),
        refused(
            "ContentTooLarge/body",
            413,
            "owner",
            (Method::POST, path.clone()),
            Some(large),
        ),
        refused("method", 405, "owner", (Method::PATCH, path), None),
    ]
}

/// Every example of an error: `BadRequest/malformed`, and what it says.
fn examples() -> Vec<(String, &'static Value)> {
    let responses = document::json()["components"]["responses"].as_object();
    let mut found = vec![];
    for (response, declared) in responses.expect("responses") {
        let examples = declared["content"]["application/json"]["examples"].as_object();
        for (name, example) in examples.expect("examples") {
            found.push((format!("{response}/{name}"), &example["value"]));
        }
    }
    found
}

#[tokio::test]
async fn every_example_of_an_error_is_what_the_server_says() {
    let server = TestServer::with_data(DATA, |_| {}).await;
    let examples = examples();
    let mut open: BTreeSet<&str> = examples.iter().map(|(name, _)| name.as_str()).collect();
    for request in [of_sharing(), of_deciding(), of_access()].concat() {
        let path = &request.path;
        let response = server
            .send(
                request.method,
                path,
                Some(request.token),
                request.body.as_deref(),
            )
            .await;
        let end = format!("/{}", request.example);
        let (name, example) = examples
            .iter()
            .find(|(name, _)| *name == request.example || name.ends_with(&end))
            .unwrap_or_else(|| panic!("no example {end}"));
        let json = response.json();
        assert_eq!(
            (
                response.status.as_u16(),
                &json["error_code"],
                &json["error_msg"]
            ),
            (
                request.status,
                &example["error_code"],
                &example["error_msg"]
            ),
            "{name}"
        );
        open.remove(name.as_str());
    }
    for (name, by) in ELSEWHERE {
        assert!(
            open.remove(name),
            "{name}, which {by} provokes, is no example"
        );
    }
    assert!(open.is_empty(), "nobody provokes {open:?}");
}
