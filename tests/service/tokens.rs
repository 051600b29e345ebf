//! The embedded identity over Keystone's wire: log in, look at a token, end it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{
    fixture::{ALICE, members},
    http::{Response, send},
    server::TestServer,
};

const PATH: &str = "/v3/auth/tokens";

async fn ask(server: &TestServer, name: &str, password: &str, scope: Value) -> Response {
    let user = json!({"name": name, "domain": {"id": "default"}, "password": password});
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let body = match scope {
        Value::Null => json!({"auth": {"identity": identity}}),
        scope => json!({"auth": {"identity": identity, "scope": scope}}),
    };
    server
        .send(Method::POST, PATH, None, Some(&body.to_string()))
        .await
}

pub async fn log_in(server: &TestServer, name: &str, password: &str) -> String {
    let response = ask(server, name, password, Value::Null).await;
    assert_eq!(response.status, 201, "{response:?}");
    response.header("x-subject-token").to_owned()
}

async fn about(server: &TestServer, method: Method, token: &str, subject: &str) -> Response {
    send(
        server
            .request(method, PATH, Some(token))
            .header("X-Subject-Token", subject),
    )
    .await
}

#[tokio::test]
async fn a_password_gives_a_token_that_is_good_for_the_users_project() {
    let server = TestServer::start().await;
    let issued = ask(&server, "alice", "alice's password", Value::Null).await;
    let token = &issued.json()["token"];
    assert_eq!(token["project"]["id"], ALICE);
    assert_eq!(token["project"]["name"], "alice-project");
    assert_eq!(token["user"]["name"], "alice");
    assert_eq!(token["roles"][0]["name"], "member");
    assert_eq!(
        token["expires_at"], "2020-02-06T10:38:34.209782Z",
        "a day later"
    );
    let listed = server
        .get(&members(ALICE, 1), issued.header("x-subject-token"))
        .await;
    assert_eq!(listed.status, 200);
}

#[tokio::test]
async fn name_password_and_project_are_refused_alike() {
    let server = TestServer::start().await;
    let elsewhere = json!({"project": {"id": "22222222222222222222222222222222"}});
    for (name, password, scope) in [
        ("alice", "wrong", Value::Null),
        ("nobody", "alice's password", Value::Null),
        ("bob", "", Value::Null),
        ("alice", "alice's password", elsewhere),
        (
            "alice",
            "alice's password",
            json!({"project": {"name": "bob-project", "domain": {"id": "default"}}}),
        ),
    ] {
        let refused = ask(&server, name, password, scope).await;
        assert_eq!(
            refused.error(),
            (401, "APIGW.0301".into()),
            "{name} {password}"
        );
    }
    let by_name = json!({"project": {"name": "alice-project", "domain": {"name": "Default"}}});
    assert_eq!(
        ask(&server, "alice", "alice's password", by_name)
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_token_ends_with_its_time_even_while_it_is_in_use() {
    let server = TestServer::with(|config| config.identity.token_seconds = 60).await;
    let token = log_in(&server, "alice", "alice's password").await;
    server.clock.advance(Duration::from_secs(59));
    assert_eq!(server.get(&members(ALICE, 1), &token).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(
        server.get(&members(ALICE, 1), &token).await.error(),
        (401, "APIGW.0307".into())
    );
}

#[tokio::test]
async fn a_token_is_shown_to_and_revoked_by_its_holder() {
    let server = TestServer::start().await;
    let token = log_in(&server, "alice", "alice's password").await;
    let seen = about(&server, Method::GET, &token, &token).await;
    assert_eq!(
        (
            seen.status.as_u16(),
            seen.json()["token"]["user"]["name"].as_str()
        ),
        (200, Some("alice"))
    );
    assert_eq!(seen.header("x-subject-token"), token);
    assert_eq!(
        about(&server, Method::DELETE, &token, &token).await.status,
        204
    );
    assert_eq!(
        server.get(&members(ALICE, 1), &token).await.error(),
        (401, "APIGW.0307".into()),
        "at once"
    );
}

#[tokio::test]
async fn a_response_that_shows_a_token_is_not_to_be_stored() {
    let server = TestServer::start().await;
    let issued = ask(&server, "alice", "alice's password", Value::Null).await;
    assert_eq!(issued.header("cache-control"), "no-store");
    let seen = about(&server, Method::GET, "alice", "alice").await;
    assert_eq!(
        (seen.status.as_u16(), seen.header("cache-control")),
        (200, "no-store")
    );
}

#[tokio::test]
async fn a_password_beyond_the_quota_is_not_checked_whether_wrong_or_right() {
    let server = TestServer::with(|config| {
        config.limits.failed_logins_per_minute_of_user = 3;
        config.limits.failed_logins_per_minute = 5;
    })
    .await;
    let status = async |name: &str, password: &str| {
        ask(&server, name, password, Value::Null)
            .await
            .status
            .as_u16()
    };
    for _ in 0..10 {
        assert_eq!(
            status("alice", "alice's password").await,
            201,
            "right ones do not count"
        );
    }
    for expected in [401, 401, 401, 429] {
        assert_eq!(status("alice", "guess").await, expected);
    }
    let refused = ask(&server, "alice", "alice's password", Value::Null).await;
    assert_eq!(refused.error(), (429, "APIGW.0308".into()));
    let seconds: u64 = refused.header("retry-after").parse().expect("a number");
    assert!(
        (10..=20).contains(&seconds),
        "three a minute: the next in {seconds} s"
    );
    for (name, password, expected) in [
        ("root", "root's password", 201),
        ("nobody", "guess", 401),
        ("bob", "", 401),
    ] {
        assert_eq!(status(name, password).await, expected, "{name}");
    }
    assert_eq!(
        status("root", "root's password").await,
        429,
        "five have failed from this address"
    );
}

#[tokio::test]
async fn a_right_password_for_another_project_is_refused_and_is_no_failed_login() {
    let server =
        TestServer::with(|config| config.limits.failed_logins_per_minute_of_user = 2).await;
    let elsewhere = json!({"project": {"id": "22222222222222222222222222222222"}});
    for _ in 0..4 {
        let refused = ask(&server, "alice", "alice's password", elsewhere.clone()).await;
        assert_eq!(refused.error(), (401, "APIGW.0301".into()));
    }
    let issued = ask(&server, "alice", "alice's password", Value::Null).await;
    assert_eq!(issued.status, 201);
}

#[tokio::test]
async fn only_trusted_roles_see_tokens_of_others() {
    let server = TestServer::start().await;
    assert_eq!(
        about(&server, Method::GET, "bob", "alice").await.error(),
        (403, "APIGW.0302".into())
    );
    assert_eq!(
        about(&server, Method::DELETE, "bob", "alice").await.error(),
        (403, "APIGW.0302".into())
    );
    let seen = about(&server, Method::GET, "root", "alice").await;
    assert_eq!(seen.json()["token"]["project"]["id"], ALICE);
    let unknown = about(&server, Method::GET, "root", "garbage").await;
    assert_eq!(unknown.status, 404, "as Keystone says it");
    assert_eq!(
        unknown.json()["error"]["message"],
        "The token does not exist."
    );
    assert_eq!(
        about(&server, Method::DELETE, "root", "garbage")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn no_token_and_no_password_is_stored_in_plain_text() {
    let server = TestServer::start().await;
    let token = log_in(&server, "alice", "alice's password").await;
    for file in std::fs::read_dir(server.database.folder()).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("read");
        for secret in [token.as_bytes(), b"alice's password"] {
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret),
                "a secret lies on the disk"
            );
        }
    }
}
