//! The id of a request: what the caller sent where it is a sane one, else a new one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, in requests and responses.
pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request with these headers.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
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
