//! For whoever runs the service: is it alive, can it work.

use std::sync::Arc;

use axum::extract::State;

use super::{app::App, problem::Problem};

/// `GET /livez`: the process answers.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store reads and writes.
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.store.ready().await {
        Ok(()) => Ok("ok\n"),
        Err(error) => Err(Problem::NotReady(Arc::new(error))),
    }
}
