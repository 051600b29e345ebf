//! Requests that are signed with an access key. The signature covers the body, so that it has to be
//! read before it is known who calls; and no body is read until the route, the key and the date
//! were checked. A request with a token is left as it is: the token decides.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap,
        header::{AUTHORIZATION, CONTENT_LENGTH},
        request::Parts,
    },
};

use super::{app::App, body::read, caller::from, problem::Problem};
use crate::identity::{
    Caller,
    signature::{SignedRequest, body_hash},
};

/// The body of a request that has a signature, until it is read.
#[derive(Clone)]
pub(super) struct HeldBody(Arc<Mutex<Option<Body>>>);

/// What was signed, read.
#[derive(Clone)]
struct VerifiedBody(Bytes);

/// The same request, with its body aside where it has a signature and no token.
pub(super) fn hold_body(request: Request) -> Request {
    if !is_signed(request.headers()) {
        return request;
    }
    let (mut parts, body) = request.into_parts();
    parts
        .extensions
        .insert(HeldBody(Arc::new(Mutex::new(Some(body)))));
    Request::from_parts(parts, Body::empty())
}

fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) && !headers.contains_key("x-auth-token")
}

impl HeldBody {
    /// Once; empty after that.
    fn take(&self) -> Body {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_default()
    }
}

/// Who signed the request. Its body is read, and is there for [`body`].
pub(super) async fn identify(
    held: HeldBody,
    parts: &mut Parts,
    app: &App,
) -> Result<Arc<Caller>, Problem> {
    let from = from(&parts.extensions);
    let request = covered(parts);
    let signer = app
        .throttle
        .look_up(from, app.identity.find_signer(&request))
        .await?;
    let body = within(held.take(), &parts.headers, app).await?;
    let verified = async { app.identity.verify(signer, &request, &body_hash(&body)) };
    let caller = app.throttle.look_up(from, verified).await?;
    parts.extensions.insert(VerifiedBody(body));
    Ok(caller)
}

/// The body of any request, signed or not.
pub(super) async fn body(mut request: Request, app: &App) -> Result<Bytes, Problem> {
    if let Some(VerifiedBody(body)) = request.extensions_mut().remove() {
        return Ok(body);
    }
    let held = request.extensions_mut().remove::<HeldBody>();
    let (parts, body) = request.into_parts();
    within(held.map_or(body, |held| held.take()), &parts.headers, app).await
}

/// Not read at all where it says that it is too large.
async fn within(body: Body, headers: &HeaderMap, app: &App) -> Result<Bytes, Problem> {
    let limit = app.body_bytes;
    if announced(headers).is_some_and(|length| length > limit) {
        return Err(Problem::BodyTooLarge(limit));
    }
    read(body, limit).await
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn covered(parts: &Parts) -> SignedRequest {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    SignedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
    }
}
