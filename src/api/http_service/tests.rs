//! What goes out in place of a response that breaks the contract, what the log says of it, and how
//! a throttled login is told when to come again.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
    routing::{MethodRouter, get},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{Challenge, HttpService, Problem, RequestNote};
use crate::{
    config::{CheckMode, CheckResponses},
    contract::check,
    model::{Error, Operation},
};

/// A handler of an operation.
fn operation(operation: Operation, response: Value) -> MethodRouter {
    get(move |request: Request| async move {
        if let Some(note) = request.extensions().get::<RequestNote>() {
            note.begin(operation, |_| None).await.expect("no audit");
        }
        Json(response)
    })
}

/// A server whose `list_members` breaks the contract, and whose `show_member` keeps it.
fn service(mode: CheckMode) -> HttpService {
    let member = || {
        json!({"id": "7c4e3c9e-3a2d-4c26-92b9-c1a12cb0bd4e", "status": "pending",
        "created_at": "2020-02-05T10:38:34.209782", "dest_project_id": "p",
        "backup_id": "a5200268-74a5-4806-acc6-95793ab0228b"})
    };
    let mut unknown = member();
    unknown["status"] = "gone".into();
    let router = Router::new()
        .route(
            "/v3/p/backups/b/members",
            operation(Operation::ListMembers, json!({"members": [unknown]})),
        )
        .route(
            "/v3/p/backups/b/members/m",
            operation(Operation::ShowMember, json!({"member": member()})),
        )
        .route("/livez", get(|| async { StatusCode::IM_A_TEAPOT }));
    HttpService::new(router, Challenge::fixed("http://127.0.0.1/v3"))
        .checking_responses(&CheckResponses { mode, one_in: 1 })
}

async fn response(mode: CheckMode, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path)
        .header("host", "x")
        .header("x-request-id", "r-1")
        .body(Body::empty())
        .expect("a request");
    let response: Response<Body> = service(mode).respond(request).await;
    assert_eq!(response.headers()["x-request-id"], "r-1");
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_response_that_breaks_the_contract_fails_where_it_is_to_fail() {
    let (status, body) = response(CheckMode::Fail, "/v3/p/backups/b/members").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let shown = json!({
        "error_code": "BackupService.9910",
        "error_msg": "Unknown error.",
        "request_id": "r-1",
    });
    assert_eq!(body, shown, "what is broken is logged and not sent");
}

#[tokio::test]
async fn a_response_that_breaks_the_contract_goes_out_where_that_is_only_logged() {
    for mode in [CheckMode::Log, CheckMode::Off] {
        let (status, body) = response(mode, "/v3/p/backups/b/members").await;
        assert_eq!(
            (status, &body["members"][0]["status"]),
            (StatusCode::OK, &json!("gone"))
        );
    }
}

/// What is logged, line by line in JSON.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the log says of the response to one request.
async fn logged(mode: CheckMode, path: &str) -> Vec<Value> {
    let log = LogBuffer::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let listening = tracing::subscriber::set_default(subscriber);
    response(mode, path).await;
    drop(listening);
    let bytes = log.0.lock().expect("not poisoned");
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn the_log_says_once_what_a_response_breaks_and_where_and_for_which_request() {
    let lines = logged(CheckMode::Log, "/v3/p/backups/b/members").await;
    let [line] = lines.as_slice() else {
        panic!("one line and not {lines:?}")
    };
    assert_eq!(line["level"], "ERROR");
    let told = json!({
        "message": "a response breaks the contract",
        "request_id": "r-1",
        "operation": "list_members",
        "place": "/members/0/status",
        "rule": "/components/schemas/MemberStatus/enum",
        "reason": "one of pending, accepted, rejected",
    });
    assert_eq!(line["fields"], told);
    assert!(
        !line.to_string().contains("gone"),
        "what was sent may be secret: {line}"
    );
    for (mode, path) in [
        (CheckMode::Off, "/v3/p/backups/b/members"),
        (CheckMode::Log, "/v3/p/backups/b/members/m"),
        (CheckMode::Log, "/livez"),
    ] {
        assert_eq!(
            logged(mode, path).await,
            Vec::<Value>::new(),
            "{mode:?} {path}"
        );
    }
}

#[tokio::test]
async fn a_response_that_keeps_the_contract_or_is_none_of_its_passes() {
    assert_eq!(
        response(CheckMode::Fail, "/v3/p/backups/b/members/m")
            .await
            .0,
        StatusCode::OK
    );
    assert_eq!(
        response(CheckMode::Fail, "/livez").await.0,
        StatusCode::IM_A_TEAPOT
    );
}

#[tokio::test]
async fn a_login_after_too_many_wrong_passwords_is_told_when_to_retry() {
    let login = || async { Problem::from(Error::TooManyGuesses { seconds: 6 }) };
    let router = Router::new().route("/v3/auth/tokens", get(login));
    let service = HttpService::new(router, Challenge::fixed("http://127.0.0.1/v3"));
    let request = Request::get("/v3/auth/tokens")
        .header("host", "x")
        .body(Body::empty())
        .expect("a request");
    let response = service.respond(request).await;
    assert_eq!(
        (
            response.status(),
            response.headers()["retry-after"].as_bytes()
        ),
        (StatusCode::TOO_MANY_REQUESTS, &b"6"[..])
    );
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["error_code"], "APIGW.0308");
    let message = "The throttling threshold has been reached. \
                   Too many wrong passwords: try again in 6 seconds.";
    assert_eq!(body["error_msg"], message);
}

/// Its operation is not known yet, so the check of responses passes it by.
#[tokio::test]
async fn what_is_refused_before_it_is_routed_keeps_to_the_contract() {
    let request = Request::get("/v3/p/backups/b/members").body(Body::empty());
    let request = request.expect("a request");
    let (head, body) = service(CheckMode::Off).respond(request).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(head.status, StatusCode::BAD_REQUEST, "no Host");
    for operation in Operation::ALL {
        let responses = &check::of(operation).response;
        let checked = responses.check(head.status.as_u16(), header, &body);
        checked.unwrap_or_else(|breach| panic!("{breach:?}"));
    }
}
