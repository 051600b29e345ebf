//! The outermost service of the HTTP side: the request id, panics, the one shape of errors, the
//! check of responses, audit, metrics and log.
//!
//! One service and not a stack of layers (tower-http has some for ids, panics and traces): each
//! step needs what others learned, such as the id for the body of an error, the problem for audit
//! and log, or the connection for the last header, and their order is part of the behaviour. Here
//! it is read from top to bottom, without a boxed future for each layer.

use std::{
    convert::Infallible, future::pending, net::IpAddr, panic::AssertUnwindSafe, pin::Pin,
    sync::Arc, time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderValue, Method, Response, StatusCode, Uri,
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

use super::{
    audit::{Audit, RequestNote},
    body::RequestBody,
    connection::Connection,
    head,
    host::{self, Challenge},
    keystone::{self, KeystoneErrorBody},
    metrics::Metrics,
    problem::Problem,
    request_id::{REQUEST_ID, request_id},
    response_check::ResponseChecks,
    signed::hold_body,
    types,
};
use crate::{
    config::{CheckResponses, Hosts},
    deadline, error_chain,
    model::Operation,
};

/// A page of another host would read the demo's data through the browser of its user.
const FOREIGN_HOST: Problem = Problem::BadHeader {
    name: "Host",
    reason: "the demo answers to localhost and loopback addresses alone, \
             unless it is started with --demo-anywhere",
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
    note: Option<RequestNote>,
    /// Where it is the turn of its response.
    checks: Option<Arc<ResponseChecks>>,
    /// Where requests are logged.
    logged: Option<(Method, Uri)>,
    /// Whether a client of Keystone asks.
    keystone: bool,
}

/// The whole HTTP side, as the service of a connection.
#[derive(Clone)]
pub struct HttpService {
    router: Router,
    challenge: Challenge,
    hosts: Hosts,
    response_checks: Option<Arc<ResponseChecks>>,
    audit: Option<Arc<Audit>>,
    metrics: Option<Arc<Metrics>>,
    /// Which connection this serves.
    connection: Option<Arc<Connection>>,
}

impl HttpService {
    /// `challenge`: what callers without a good token get, which says where to get one.
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

    /// Writes the audit.
    pub fn auditing(self, audit: Option<Arc<Audit>>) -> Self {
        Self { audit, ..self }
    }

    /// Counts requests.
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
        let routed = AssertUnwindSafe(deadline::scope(self.route(request)))
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
        let checks = self.response_checks.as_ref();
        let checks = checks.filter(|checks| checks.due() && !is_head).cloned();
        let noted = self.audit.is_some() || self.metrics.is_some() || checks.is_some();
        let note = noted.then(|| RequestNote::new(self.audit.clone()));
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
            keystone: keystone::is_route(request.uri().path()),
        }
    }

    /// The problem to show where the response breaks the contract and is to fail for it.
    async fn check(&self, arrival: &Arrival, response: &mut Response<Body>) -> Option<Problem> {
        let of_route = response.extensions_mut().remove::<Operation>();
        let of_request = arrival.note.as_ref().and_then(RequestNote::operation);
        let operation = of_request.or(of_route)?;
        arrival.checks.as_ref()?.check(operation, response).await
    }

    /// Counts and logs a request with its response.
    fn record(&self, arrival: &Arrival, status: StatusCode) {
        if let Some((method, uri)) = &arrival.logged {
            tracing::debug!(
                request_id = ?arrival.id,
                %method,
                path = uri.path(),
                status = status.as_u16(),
                "responded"
            );
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
        connection.responded();
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
            return FOREIGN_HOST.into_response();
        }
        let routed = self.router.clone().oneshot(hold_body(request)).await;
        routed.unwrap_or_else(|never| match never {})
    }

    /// Fills the response that a problem began, and logs what is not sent.
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
                    let error_code = shown.error_code;
                    tracing::error!(request_id = ?id, error_code, cause, "could not respond");
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
        let body = types::ErrorBody {
            error_code: shown.error_code,
            error_msg: &shown.error_msg,
            request_id: id.to_str().unwrap_or_default(),
        };
        let json = match arrival.keystone {
            true => serde_json::to_vec(&KeystoneErrorBody::new(shown.status, body)),
            false => serde_json::to_vec(&body),
        };
        *response.body_mut() = json.unwrap_or_default().into();
    }
}

impl hyper::service::Service<hyper::Request<Incoming>> for HttpService {
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

#[cfg(test)]
mod tests;
