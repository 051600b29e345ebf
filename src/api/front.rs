//! What every request passes on its way in and out: the request id, panics, and the one shape of
//! errors.

use std::{
    convert::Infallible, future::pending, net::IpAddr, panic::AssertUnwindSafe, pin::Pin,
    sync::Arc, time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
        header::{
            CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, RETRY_AFTER, WWW_AUTHENTICATE,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::IntoResponse,
};
use futures::FutureExt;
use hyper::body::{Body as _, Incoming};
use tower::ServiceExt;
use tracing::Level;
use uuid::Uuid;

use super::{
    answer_check::AnswerChecks,
    audit::{Audit, Note},
    body::RequestBody,
    connection::Connection,
    head,
    host::{self, Challenge},
    metrics::Metrics,
    problem::Problem,
    signed::hold_body,
    types,
};
use crate::{
    causes,
    config::{CheckAnswers, Hosts},
    deadline,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A page of another host would read the demo's data through the browser of somebody who tries it.
const ELSEWHERE: Problem = Problem::BadHeader {
    name: "Host",
    reason: "the demo answers to localhost and loopback addresses alone, unless it is started with --demo-anywhere",
};

/// The address that a request comes from, among its extensions.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The whole HTTP side as one service for a connection.
#[derive(Clone)]
pub struct Front {
    router: Router,
    challenge: Challenge,
    hosts: Hosts,
    answer_checks: Option<Arc<AnswerChecks>>,
    audit: Option<Arc<Audit>>,
    metrics: Option<Arc<Metrics>>,
    /// Which connection this serves.
    connection: Option<Arc<Connection>>,
}

impl Front {
    /// `challenge`: where callers without a good token are sent for one.
    pub fn new(router: Router, challenge: Challenge) -> Self {
        Self {
            router,
            challenge,
            hosts: Hosts::Any,
            answer_checks: None,
            audit: None,
            metrics: None,
            connection: None,
        }
    }

    /// Serves requests to these hosts alone.
    pub fn serving(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Holds answers against the contract before they go out.
    pub fn checking_answers(self, settings: &CheckAnswers) -> Self {
        Self {
            answer_checks: Some(Arc::new(AnswerChecks::new(settings))),
            ..self
        }
    }

    /// Writes down who was let do what.
    pub fn auditing(self, audit: Option<Arc<Audit>>) -> Self {
        Self { audit, ..self }
    }

    /// Counts what is asked for.
    pub fn counting(self, metrics: Option<Arc<Metrics>>) -> Self {
        Self { metrics, ..self }
    }

    /// For the requests of a connection.
    pub fn on(&self, connection: Arc<Connection>) -> Self {
        Self {
            connection: Some(connection),
            ..self.clone()
        }
    }

    async fn answer(self, mut request: Request) -> Response<Body> {
        let id = request_id(request.headers());
        let host = self.challenge.host(request.headers());
        let start = Instant::now();
        let note =
            (self.audit.is_some() || self.metrics.is_some()).then(|| Note::new(self.audit.clone()));
        if let Some(note) = &note {
            request.extensions_mut().insert(note.clone());
        }
        let audited = note.as_ref().map(|note| note.until_response(&id));
        if let Some(connection) = &self.connection {
            let from = connection.client(request.headers());
            request.extensions_mut().insert(Peer(from));
        }
        let checks = self.answer_checks.as_ref().filter(|checks| checks.due());
        let kept = checks.is_some() || tracing::enabled!(Level::DEBUG);
        let asked = kept.then(|| (request.method().clone(), request.uri().clone()));
        let answered = AssertUnwindSafe(deadline::scope(self.route(request)))
            .catch_unwind()
            .await;
        let mut response = answered.unwrap_or_else(|_| Problem::Panicked.into_response());
        let mut problem = response.extensions_mut().remove::<Problem>();
        if let Some(problem) = &problem {
            self.show(problem, &id, host.as_ref(), &mut response);
        }
        response
            .headers_mut()
            .insert(REQUEST_ID.clone(), id.clone());
        response
            .headers_mut()
            .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((method, uri)) = asked {
            if let Some(checks) = checks {
                let broken;
                (response, broken) = self
                    .checked(checks, &method, uri.path(), response, &id)
                    .await;
                problem = broken.or(problem);
            }
            tracing::debug!(request_id = ?id, %method, path = uri.path(), status = response.status().as_u16(), "answered");
        }
        if let (Some(metrics), Some(note)) = (&self.metrics, &note) {
            metrics.answered(note.operation(), response.status(), start.elapsed());
        }
        if let Some(audited) = audited {
            audited.is(
                response.status(),
                problem.map(|problem| problem.shown().error_code),
            );
        }
        self.close_after_unread_body(&mut response).await;
        response
    }

    /// A response before its request was read to its end is the last on its connection.
    async fn close_after_unread_body(&self, response: &mut Response<Body>) {
        let Some(connection) = &self.connection else {
            return;
        };
        connection.answered();
        if connection.body_unread() && !connection.read_rest().await {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// The request with its body as handlers read it, in time and known to its connection.
    fn with_body(&self, request: hyper::Request<Incoming>, has_body: bool) -> Request {
        match &self.connection {
            Some(connection) if has_body => {
                let awaits_continue = request.headers().contains_key(EXPECT);
                request.map(|incoming| {
                    Body::new(RequestBody::new(
                        incoming,
                        Arc::clone(connection),
                        awaits_continue,
                    ))
                })
            }
            _ if has_body => request.map(Body::new),
            _ => request.map(|_| Body::empty()),
        }
    }

    /// The answer, or a problem in its place where it is to fail because it breaks the contract.
    async fn checked(
        &self,
        checks: &AnswerChecks,
        method: &Method,
        path: &str,
        response: Response<Body>,
        id: &HeaderValue,
    ) -> (Response<Body>, Option<Problem>) {
        let (mut response, broken) = checks.pass(method, path, response).await;
        if let Some(problem) = &broken {
            *response.status_mut() = problem.shown().status;
            self.show(problem, id, None, &mut response);
        }
        (response, broken)
    }

    async fn route(&self, request: Request) -> Response<Body> {
        if let Err(problem) = head::check(request.version(), request.headers()) {
            return problem.into_response();
        }
        if self.hosts == Hosts::Loopback && !host::is_loopback(request.headers()) {
            return ELSEWHERE.into_response();
        }
        let routed = self.router.clone().oneshot(hold_body(request)).await;
        routed.unwrap_or_else(|never| match never {})
    }

    /// Fills the answer that a problem began, and tells the log what the caller is not told.
    fn show(
        &self,
        problem: &Problem,
        id: &HeaderValue,
        host: Option<&HeaderValue>,
        response: &mut Response<Body>,
    ) {
        let shown = problem.shown();
        if shown.status.is_server_error() {
            let cause = match (problem, problem.cause()) {
                (_, Some(error)) => causes::all(error),
                (Problem::AnswerBroken(how), None) => how.clone(),
                (_, None) => "panicked".to_owned(),
            };
            // What was shed is no fault, and a flood of it would fill the log.
            match problem.is_shed() {
                true => tracing::debug!(request_id = ?id, cause, "too busy"),
                false => {
                    tracing::error!(request_id = ?id, error_code = shown.error_code, cause, "could not answer")
                }
            }
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Said of the empty body that the router saw.
        headers.remove(CONTENT_LENGTH);
        match shown.status {
            StatusCode::UNAUTHORIZED => {
                drop(headers.insert(WWW_AUTHENTICATE, self.challenge.header(host)));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                drop(headers.insert(RETRY_AFTER, problem.retry_after().into()));
            }
            _ => {}
        }
        let body = types::Error {
            error_code: shown.error_code,
            error_msg: &shown.error_msg,
            request_id: id.to_str().unwrap_or_default(),
        };
        *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default().into();
    }
}

impl hyper::service::Service<hyper::Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let has_body = !request.body().is_end_stream();
        if self
            .connection
            .as_ref()
            .is_some_and(|connection| !connection.head_read(has_body))
        {
            // The task that serves it is being ended.
            return Box::pin(pending());
        }
        Box::pin(
            self.clone()
                .answer(self.with_body(request, has_body))
                .map(Ok),
        )
    }
}

/// The caller's id for this request where it is a sane one, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:-".contains(byte);
        (1..=128).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    headers
        .get(&REQUEST_ID)
        .filter(sane)
        .cloned()
        .unwrap_or_else(new_request_id)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes request ids"
)]
fn new_request_id() -> HeaderValue {
    let mut text = [0; 32];
    let id = Uuid::new_v4().simple().encode_lower(&mut text);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use axum::{
        Json, Router,
        body::Body,
        extract::Request,
        http::{Response, StatusCode},
        routing::get,
    };
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::{Challenge, Front, Problem};
    use crate::{
        config::{AnswerMode, CheckAnswers},
        model::Error,
    };

    /// A server whose `list_members` breaks the contract, and whose `show_member` keeps it.
    fn front(mode: AnswerMode) -> Front {
        let member = || {
            json!({"id": "7c4e3c9e-3a2d-4c26-92b9-c1a12cb0bd4e", "status": "pending",
            "created_at": "2020-02-05T10:38:34.209782", "dest_project_id": "p",
            "backup_id": "a5200268-74a5-4806-acc6-95793ab0228b"})
        };
        let mut unknown = member();
        unknown["status"] = "gone".into();
        let router = Router::new()
            .route(
                "/v3/{p}/backups/{b}/members",
                get(move || async move { Json(json!({ "members": [unknown] })) }),
            )
            .route(
                "/v3/{p}/backups/{b}/members/{m}",
                get(move || async move { Json(json!({"member": member()})) }),
            )
            .route("/livez", get(|| async { StatusCode::IM_A_TEAPOT }));
        Front::new(router, Challenge::fixed("http://127.0.0.1/v3"))
            .checking_answers(&CheckAnswers { mode, one_in: 1 })
    }

    async fn answer(mode: AnswerMode, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path)
            .header("host", "x")
            .header("x-request-id", "r-1")
            .body(Body::empty())
            .expect("a request");
        let response: Response<Body> = front(mode).answer(request).await;
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
    async fn an_answer_that_breaks_the_contract_fails_where_it_is_to_fail() {
        let (status, body) = answer(AnswerMode::Fail, "/v3/p/backups/b/members").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let shown = json!({"error_code": "BackupService.9910", "error_msg": "Unknown error.", "request_id": "r-1"});
        assert_eq!(body, shown, "what is broken is told to the log alone");
    }

    #[tokio::test]
    async fn an_answer_that_breaks_the_contract_goes_out_where_that_is_only_logged() {
        for mode in [AnswerMode::Log, AnswerMode::Off] {
            let (status, body) = answer(mode, "/v3/p/backups/b/members").await;
            assert_eq!(
                (status, &body["members"][0]["status"]),
                (StatusCode::OK, &json!("gone"))
            );
        }
    }

    /// What is logged, line by line in JSON.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log says of the answer to one request.
    async fn logged(mode: AnswerMode, path: &str) -> Vec<Value> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let listening = tracing::subscriber::set_default(subscriber);
        answer(mode, path).await;
        drop(listening);
        let bytes = log.0.lock().expect("nobody panicked");
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).expect("JSON"))
            .collect()
    }

    #[tokio::test]
    async fn the_log_says_once_what_an_answer_breaks_and_where_and_for_which_request() {
        let lines = logged(AnswerMode::Log, "/v3/p/backups/b/members").await;
        let [line] = lines.as_slice() else {
            panic!("one line and not {lines:?}")
        };
        assert_eq!(line["level"], "ERROR");
        let told = json!({
            "message": "an answer breaks the contract",
            "request_id": "r-1",
            "operation": "list_members",
            "place": "/members/0/status",
            "rule": "/components/schemas/MemberStatus/enum",
            "reason": "one of pending, accepted, rejected",
        });
        assert_eq!(line["fields"], told);
        assert!(
            !line.to_string().contains("gone"),
            "what was answered may be secret: {line}"
        );
        for (mode, path) in [
            (AnswerMode::Off, "/v3/p/backups/b/members"),
            (AnswerMode::Log, "/v3/p/backups/b/members/m"),
            (AnswerMode::Log, "/livez"),
        ] {
            assert_eq!(
                logged(mode, path).await,
                Vec::<Value>::new(),
                "{mode:?} {path}"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_that_keeps_the_contract_or_is_none_of_its_passes() {
        assert_eq!(
            answer(AnswerMode::Fail, "/v3/p/backups/b/members/m")
                .await
                .0,
            StatusCode::OK
        );
        assert_eq!(
            answer(AnswerMode::Fail, "/livez").await.0,
            StatusCode::IM_A_TEAPOT
        );
    }

    #[tokio::test]
    async fn who_tried_too_many_passwords_is_told_when_the_next_may_be_tried() {
        let login = || async { Problem::from(Error::TooManyGuesses { seconds: 6 }) };
        let router = Router::new().route("/v3/auth/tokens", get(login));
        let front = Front::new(router, Challenge::fixed("http://127.0.0.1/v3"));
        let request = Request::get("/v3/auth/tokens")
            .header("host", "x")
            .body(Body::empty())
            .expect("a request");
        let response = front.answer(request).await;
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
        let told = "The throttling threshold has been reached. Too many wrong passwords: try again in 6 seconds.";
        assert_eq!(body["error_msg"], told);
    }
}
