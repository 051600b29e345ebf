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
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri,
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
    audit::{Audit, Note},
    body::RequestBody,
    connection::Connection,
    head,
    host::{self, Challenge},
    metrics::Metrics,
    problem::Problem,
    response_check::ResponseChecks,
    signed::hold_body,
    types,
};
use crate::{
    config::{CheckResponses, Hosts},
    error_chain,
    model::Operation,
    store::patience,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A page of another host would read the demo's data through the browser of somebody who tries it.
const ELSEWHERE: Problem = Problem::BadHeader {
    name: "Host",
    reason: "the demo answers to localhost and loopback addresses alone, unless it is started with --demo-anywhere",
};

/// The address that a request comes from, among its extensions.
#[derive(Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// A request on its arrival, and what its response will need of it.
struct Arrival {
    id: HeaderValue,
    host: Option<HeaderValue>,
    at: Instant,
    /// Where anything is to be learnt on the way.
    note: Option<Note>,
    /// Where it is the turn of its response.
    checks: Option<Arc<ResponseChecks>>,
    /// Where requests are logged.
    logged: Option<(Method, Uri)>,
}

/// The whole HTTP side as one service for a connection.
#[derive(Clone)]
pub struct Front {
    router: Router,
    challenge: Challenge,
    hosts: Hosts,
    response_checks: Option<Arc<ResponseChecks>>,
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
            response_checks: None,
            audit: None,
            metrics: None,
            connection: None,
        }
    }

    /// Serves requests to these hosts alone.
    pub fn serving(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Holds responses against the contract before they go out.
    pub fn checking_responses(self, settings: &CheckResponses) -> Self {
        Self {
            response_checks: Some(Arc::new(ResponseChecks::new(settings))),
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

    async fn respond(self, mut request: Request) -> Response<Body> {
        let arrival = self.arrive(&mut request);
        let audited = arrival
            .note
            .as_ref()
            .map(|note| note.open_line(&arrival.id));
        let routed = AssertUnwindSafe(patience::of_one_request(self.route(request)))
            .catch_unwind()
            .await;
        let mut response = routed.unwrap_or_else(|_| Problem::Panicked.into_response());
        let mut problem = response.extensions_mut().remove::<Problem>();
        if let Some(problem) = &problem {
            self.show(problem, &arrival, &mut response);
        }
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID.clone(), arrival.id.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(broken) = self.check(&arrival, &mut response).await {
            *response.status_mut() = broken.shown().status;
            self.show(&broken, &arrival, &mut response);
            problem = Some(broken);
        }
        self.record(&arrival, response.status());
        if let Some(line) = audited {
            let code = problem.map(|problem| problem.shown().error_code);
            line.close(response.status(), code);
        }
        self.close_after_unread_body(&mut response).await;
        response
    }

    fn arrive(&self, request: &mut Request) -> Arrival {
        let is_head = request.method() == Method::HEAD;
        // A response to HEAD has no body to check.
        let checks = self.response_checks.clone();
        let checks = checks.filter(|checks| checks.due() && !is_head);
        let noted = self.audit.is_some() || self.metrics.is_some() || checks.is_some();
        let note = noted.then(|| Note::new(self.audit.clone()));
        if let Some(note) = &note {
            request.extensions_mut().insert(note.clone());
        }
        if let Some(connection) = &self.connection {
            let address = ClientAddress(connection.client(request.headers()));
            request.extensions_mut().insert(address);
        }
        let logged = tracing::enabled!(Level::DEBUG);
        Arrival {
            id: request_id(request.headers()),
            host: self.challenge.host(request.headers()),
            at: Instant::now(),
            note,
            checks,
            logged: logged.then(|| (request.method().clone(), request.uri().clone())),
        }
    }

    /// The problem to show where the response breaks the contract and is to fail for it.
    async fn check(&self, arrival: &Arrival, response: &mut Response<Body>) -> Option<Problem> {
        let of_route = response.extensions_mut().remove::<Operation>();
        let of_request = arrival.note.as_ref().and_then(Note::operation);
        let operation = of_request.or(of_route)?;
        arrival.checks.as_ref()?.check(operation, response).await
    }

    /// Counts and logs a request with its response.
    fn record(&self, arrival: &Arrival, status: StatusCode) {
        if let Some((method, uri)) = &arrival.logged {
            tracing::debug!(request_id = ?arrival.id, %method, path = uri.path(), status = status.as_u16(), "responded");
        }
        if let (Some(metrics), Some(note)) = (&self.metrics, &arrival.note) {
            metrics.count(note.operation(), status, arrival.at.elapsed());
        }
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

    /// Fills the response that a problem began, and logs what the caller is not told.
    fn show(&self, problem: &Problem, arrival: &Arrival, response: &mut Response<Body>) {
        let (shown, id) = (problem.shown(), &arrival.id);
        if shown.status.is_server_error() {
            let cause = match (problem, problem.cause()) {
                (_, Some(error)) => error_chain::full(error),
                (Problem::ResponseBreaksContract(how), None) => how.clone(),
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
                let challenge = self.challenge.header(arrival.host.as_ref());
                drop(headers.insert(WWW_AUTHENTICATE, challenge));
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
                .respond(self.with_body(request, has_body))
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
        routing::{MethodRouter, get},
    };
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::{Challenge, Front, Note, Problem};
    use crate::{
        config::{CheckMode, CheckResponses},
        model::{Error, Operation},
    };

    /// A handler of an operation.
    fn operation(operation: Operation, response: Value) -> MethodRouter {
        get(move |request: Request| async move {
            if let Some(note) = request.extensions().get::<Note>() {
                note.begin(operation, None, None).await.expect("no audit");
            }
            Json(response)
        })
    }

    /// A server whose `list_members` breaks the contract, and whose `show_member` keeps it.
    fn front(mode: CheckMode) -> Front {
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
        Front::new(router, Challenge::fixed("http://127.0.0.1/v3"))
            .checking_responses(&CheckResponses { mode, one_in: 1 })
    }

    async fn answer(mode: CheckMode, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path)
            .header("host", "x")
            .header("x-request-id", "r-1")
            .body(Body::empty())
            .expect("a request");
        let response: Response<Body> = front(mode).respond(request).await;
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
        let (status, body) = answer(CheckMode::Fail, "/v3/p/backups/b/members").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let shown = json!({"error_code": "BackupService.9910", "error_msg": "Unknown error.", "request_id": "r-1"});
        assert_eq!(body, shown, "what is broken is told to the log alone");
    }

    #[tokio::test]
    async fn an_answer_that_breaks_the_contract_goes_out_where_that_is_only_logged() {
        for mode in [CheckMode::Log, CheckMode::Off] {
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
    async fn logged(mode: CheckMode, path: &str) -> Vec<Value> {
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
            "what was answered may be secret: {line}"
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
    async fn an_answer_that_keeps_the_contract_or_is_none_of_its_passes() {
        assert_eq!(
            answer(CheckMode::Fail, "/v3/p/backups/b/members/m").await.0,
            StatusCode::OK
        );
        assert_eq!(
            answer(CheckMode::Fail, "/livez").await.0,
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
        let response = front.respond(request).await;
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
