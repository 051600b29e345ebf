//! What every request passes on its way in and out: the request id, panics, and the one shape of errors.

use std::{convert::Infallible, error::Error as StdError, panic::AssertUnwindSafe, pin::Pin};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::IntoResponse,
};
use futures::FutureExt;
use hyper::body::Incoming;
use tower::ServiceExt;
use tracing::Level;
use uuid::Uuid;

use super::{problem::Problem, signed::with_signature, types};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Seconds to wait after a 429 or 503. The rates are per second, and an outage is looked at again soon.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The whole HTTP side as one service for a connection.
#[derive(Clone)]
pub struct Front {
    router: Router,
    /// `Keystone uri="…"`.
    authenticate: HeaderValue,
    /// The largest body, in bytes.
    body_limit: usize,
}

impl Front {
    /// `identity_address`: where callers without a good token are sent for one.
    /// `body_limit`: the largest body, in bytes.
    pub fn new(router: Router, identity_address: &str, body_limit: usize) -> Self {
        let authenticate = HeaderValue::try_from(format!("Keystone uri=\"{identity_address}\""))
            .unwrap_or(HeaderValue::from_static("Keystone"));
        Self { router, authenticate, body_limit }
    }

    async fn answer(self, request: Request) -> Response<Body> {
        let id = request_id(request.headers());
        let logged = tracing::enabled!(Level::DEBUG).then(|| (request.method().clone(), request.uri().clone()));
        let answered = AssertUnwindSafe(self.route(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|_| Problem::Panicked.into_response());
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            self.show(&problem, &id, &mut response);
        }
        if let Some((method, uri)) = logged {
            tracing::debug!(request_id = ?id, %method, path = uri.path(), status = response.status().as_u16(), "answered");
        }
        response.headers_mut().insert(REQUEST_ID.clone(), id);
        response
    }

    async fn route(&self, request: Request) -> Response<Body> {
        match with_signature(request, self.body_limit).await {
            Ok(request) => self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
            Err(problem) => problem.into_response(),
        }
    }

    /// Fills the answer that a problem began, and tells the log what the caller is not told.
    fn show(&self, problem: &Problem, id: &HeaderValue, response: &mut Response<Body>) {
        let shown = problem.shown();
        if shown.status.is_server_error() {
            let cause = problem.cause().map_or_else(|| "panicked".to_owned(), |error| chain(error));
            tracing::error!(request_id = ?id, error_code = shown.error_code, cause, "could not answer");
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Said of the empty body that the router saw.
        headers.remove(CONTENT_LENGTH);
        match shown.status {
            StatusCode::UNAUTHORIZED => drop(headers.insert(WWW_AUTHENTICATE, self.authenticate.clone())),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                drop(headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS));
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
        Box::pin(self.clone().answer(request.map(Body::new)).map(Ok))
    }
}

/// The caller's id for this request where it is a sane one, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:-".contains(byte);
        (1..=128).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    headers.get(&REQUEST_ID).filter(sane).cloned().unwrap_or_else(new_request_id)
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes request ids")]
fn new_request_id() -> HeaderValue {
    let mut text = [0; 32];
    let id = Uuid::new_v4().simple().encode_lower(&mut text);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
}

/// An error and everything that caused it, in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
