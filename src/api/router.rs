//! All routes in one place.

use axum::{
    Router,
    routing::{get, post},
};

use super::{App, Docs, derived, health, problem::Problem, tokens};
use crate::contract::check;

/// All routes.
pub fn router(app: App, docs: Docs) -> Router {
    check::prepare();
    let operations = Router::from(derived::routes());
    let mut router = operations
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz));
    if app.embedded.is_some() {
        let tokens = post(tokens::issue)
            .get(tokens::validate)
            .delete(tokens::revoke);
        router = router.route("/v3/auth/tokens", tokens);
    }
    router
        .merge(docs.router())
        .fallback(|| async { Problem::NoSuchApi })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .with_state(app)
}
