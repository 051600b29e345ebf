//! Requests that are signed with an access key: reads the body, which the signature covers, before anybody decides who
//! calls. A request with a token is left as it is: the token decides.

use axum::{body::Body, extract::Request, http::header::AUTHORIZATION};

use super::{extract::read, problem::Problem};
use crate::identity::signature::{SignedRequest, body_hash};

/// The same request, with what its signature covers among its extensions, where it has a signature and no token.
pub(super) async fn with_signature(request: Request, body_limit: usize) -> Result<Request, Problem> {
    let headers = request.headers();
    if headers.contains_key("x-auth-token") || !headers.contains_key(AUTHORIZATION) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let body = read(body, body_limit).await?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    parts.extensions.insert(SignedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body_hash: body_hash(&body),
    });
    Ok(Request::from_parts(parts, Body::from(body)))
}
