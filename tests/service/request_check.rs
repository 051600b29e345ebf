//! Requests that break the contract, over the wire: when they are refused, and what the refusal
//! says. That every response keeps the contract is checked by the server itself, which fails in
//! builds for tests where one does not.

use std::sync::Arc;

use backup_share::{
    api::Docs,
    catalog,
    clock::{Clock, SystemClock},
    config::Config,
    serve::{self, Running},
};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

const OWNER: &str = "0605767b5780d5762fc5c0118072a564";
const MEMBER: &str = "f841e01fd2b14e7fa41b6ae7aa6b0594";
const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";

struct Server {
    running: Running,
    http: Client,
    _folder: tempfile::TempDir,
}

/// A server with the demo data.
async fn server() -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("test.db").display()).into();
    let config = Config {
        listen: "127.0.0.1:0".into(),
        database,
        ..Config::default()
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(&config, clock.as_ref())
        .await
        .expect("a new store");
    catalog::load_text("demo data", catalog::DEMO, store.as_ref(), &clock)
        .await
        .expect("good data");
    let running = serve::start_with(&config, Docs::default(), store, clock)
        .await
        .expect("a free port");
    // The client's way to set up TLS, which is not used here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Server {
        running,
        http: Client::new(),
        _folder: folder,
    }
}

impl Server {
    async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &'static str,
    ) -> (StatusCode, String, String) {
        let address = format!("http://{}/v3/{path}", self.running.address);
        let request = self
            .http
            .request(method, address)
            .header("content-type", "application/json")
            .body(body);
        let response = request
            .header("x-auth-token", token)
            .send()
            .await
            .expect("a response");
        let status = response.status();
        let body: Value = response.json().await.expect("JSON");
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        (status, text("error_code"), text("error_msg"))
    }
}

#[tokio::test]
async fn syntax_is_checked_after_credentials_project_and_role_and_before_the_backup() {
    let server = server().await;
    let bad = r#"{"members": []}"#;
    let unknown = format!("{OWNER}/backups/00000000-0000-4000-8000-000000000000/members");
    let others = format!("{MEMBER}/backups/{BACKUP}/members");
    for (path, token, body, expected) in [
        (&unknown, "nobodys", bad, (401, "APIGW.0301")),
        (&others, "demo-owner", bad, (403, "APIGW.0302")),
        (&unknown, "demo-owner", bad, (400, "BackupService.9900")),
        (
            &unknown,
            "demo-owner",
            r#"{"members": ["p"]}"#,
            (404, "BackupService.6200"),
        ),
    ] {
        let (status, code, message) = server.send(Method::POST, path, token, body).await;
        assert_eq!((status.as_u16(), code.as_str()), expected, "{message}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn a_refusal_names_the_place_and_never_what_was_sent() {
    let server = server().await;
    let members = format!("{OWNER}/backups/{BACKUP}/members");
    let one = format!("{OWNER}/backups/{BACKUP}/members/s3cret!");
    for (method, path, body, place) in [
        (
            Method::POST,
            members.clone(),
            r#"{"members": ["a", "b", "c", "s3cret!"]}"#,
            "/members/3: ",
        ),
        (
            Method::POST,
            members.clone(),
            r#"{"members": "s3cret"}"#,
            "/members: ",
        ),
        (
            Method::POST,
            members.clone(),
            r#"{"members": ["a"], "domains": ["s3cret"]}"#,
            "/domains: ",
        ),
        (
            Method::POST,
            members.clone(),
            r#"{"members": ["s3cret"], "members": ["a"]}"#,
            "body: ",
        ),
        (
            Method::POST,
            members.clone(),
            r#"{"members": ["s3cret"#,
            "body: ",
        ),
        (
            Method::GET,
            format!("{members}?limit=s3cret"),
            "",
            "query parameter limit: ",
        ),
        (
            Method::GET,
            format!("{members}?sort=s3cret"),
            "",
            "query parameter sort: ",
        ),
        (Method::GET, one.clone(), "", "path parameter member_id: "),
        (
            Method::PUT,
            one,
            r#"{"status": "s3cret"}"#,
            "path parameter member_id: ",
        ),
    ] {
        let (status, code, message) = server.send(method, &path, "demo-owner", body).await;
        assert_eq!(
            (status.as_u16(), code.as_str()),
            (400, "BackupService.9900"),
            "{message}"
        );
        let said = message
            .strip_prefix("Parameter verification failed. ")
            .expect("the sentence of the table");
        assert!(
            said.starts_with(place) && !said.contains("s3cret"),
            "{said}"
        );
    }
    let log_in = r#"{"auth": {"identity": {"methods": ["password"], "password": "s3cret"}}}"#;
    let (_, _, message) = server.send(Method::POST, "auth/tokens", "", log_in).await;
    assert!(
        message.ends_with("/auth/identity/password: it must be an object"),
        "{message}"
    );
    server.running.stop().await;
}
