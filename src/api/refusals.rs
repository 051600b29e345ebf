//! The errors as the derived document has them: what every operation can answer, and what one with
//! a body can. Which error is which status is decided in `problem`; what they are for stands in the
//! contract alone.

use utoipa::IntoResponses;

use super::{schemas, types::Error};

/// Of every operation.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum Refusals {
    #[response(status = 400)]
    BadRequest(Error<'static>),
    #[response(status = 401, headers(("WWW-Authenticate" = inline(schemas::Challenge))))]
    Unauthorized(Error<'static>),
    #[response(status = 403)]
    Forbidden(Error<'static>),
    #[response(status = 404)]
    NotFound(Error<'static>),
    #[response(status = 405, headers(("Allow" = String)))]
    MethodNotAllowed(Error<'static>),
    #[response(status = 408)]
    RequestTimeout(Error<'static>),
    #[response(status = 413)]
    ContentTooLarge(Error<'static>),
    #[response(status = 429, headers(("Retry-After" = inline(schemas::Seconds))))]
    TooManyRequests(Error<'static>),
    #[response(status = 500)]
    InternalServerError(Error<'static>),
    #[response(status = 503, headers(("Retry-After" = inline(schemas::Seconds))))]
    ServiceUnavailable(Error<'static>),
}

/// Of an operation that takes a body, in addition.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum BodyRefusals {
    #[response(status = 415)]
    UnsupportedMediaType(Error<'static>),
}
