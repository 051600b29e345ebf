//! The error responses as the derived document has them: those of every operation, and those of one
//! with a body. Which error has which status is decided in `problem`; what they are for is said in
//! the contract alone.

use utoipa::IntoResponses;

use super::{schemas, types::ErrorBody};

/// Of every operation.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum Refusals {
    #[response(status = 400)]
    BadRequest(ErrorBody<'static>),
    #[response(status = 401, headers(("WWW-Authenticate" = inline(schemas::ChallengeHeader))))]
    Unauthorized(ErrorBody<'static>),
    #[response(status = 403)]
    Forbidden(ErrorBody<'static>),
    #[response(status = 404)]
    NotFound(ErrorBody<'static>),
    #[response(status = 405, headers(("Allow" = String)))]
    MethodNotAllowed(ErrorBody<'static>),
    #[response(status = 408)]
    RequestTimeout(ErrorBody<'static>),
    #[response(status = 413)]
    ContentTooLarge(ErrorBody<'static>),
    #[response(status = 429, headers(("Retry-After" = inline(schemas::RetryAfter))))]
    TooManyRequests(ErrorBody<'static>),
    #[response(status = 500)]
    InternalServerError(ErrorBody<'static>),
    #[response(status = 503, headers(("Retry-After" = inline(schemas::RetryAfter))))]
    ServiceUnavailable(ErrorBody<'static>),
}

/// Of an operation with a body, in addition.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum BodyRefusals {
    #[response(status = 415)]
    UnsupportedMediaType(ErrorBody<'static>),
}
