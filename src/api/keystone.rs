//! The routes of the embedded identity, which are Keystone's, and the form that its errors have
//! there. None of them is part of our contract.

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use serde::Serialize;

use super::{app::App, discovery, projects, tokens, types::ErrorBody};

/// The routes, for a server that is its own identity.
pub(super) fn router() -> Router<App> {
    let tokens = post(tokens::issue)
        .get(tokens::validate)
        .delete(tokens::revoke);
    Router::new()
        .route("/v3", get(discovery::version))
        .route("/v3/", get(discovery::version))
        .route("/v3/auth/tokens", tokens)
        .route("/v3/auth/projects", get(projects::projects))
        .route("/v3/auth/domains", get(projects::domains))
        .route("/v3/auth/catalog", get(projects::catalog))
        .route("/v3/projects", get(projects::projects))
}

/// Whether a path is one of them, or looks like one to a client of Keystone. By the path and not by
/// the route: some requests are refused before they are routed.
pub(super) fn is_route(path: &str) -> bool {
    path.strip_prefix("/v3")
        .is_some_and(|rest| matches!(rest, "" | "/" | "/projects") || rest.starts_with("/auth/"))
}

/// The body of an error here: ours, and what Keystone's clients read.
#[derive(Serialize)]
pub(super) struct KeystoneErrorBody<'a> {
    #[serde(flatten)]
    ours: ErrorBody<'a>,
    error: KeystoneError<'a>,
}

#[derive(Serialize)]
struct KeystoneError<'a> {
    code: u16,
    message: &'a str,
    title: &'static str,
}

impl<'a> KeystoneErrorBody<'a> {
    pub(super) fn new(status: StatusCode, ours: ErrorBody<'a>) -> Self {
        let error = KeystoneError {
            code: status.as_u16(),
            message: ours.error_msg,
            title: status.canonical_reason().unwrap_or_default(),
        };
        Self { ours, error }
    }
}
