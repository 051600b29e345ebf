//! All routes.

use axum::{Extension, Router, routing::get};

use super::{App, Docs, derived, health, keystone, problem::Problem};
use crate::{contract::check, model::Operation};

/// All routes.
pub fn router(app: App, docs: Docs) -> Router {
    check::prepare();
    let operations = Router::from(derived::routes());
    let mut router = operations
        .method_not_allowed_fallback(other_method)
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz));
    if app.embedded.is_some() {
        router = router.merge(keystone::router());
    }
    router
        .merge(docs.router())
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .with_state(app)
}

/// A method that a path of the contract does not have. The response is of no operation, and of any:
/// all declare the same one.
async fn other_method() -> (Extension<Operation>, Problem) {
    (Extension(Operation::ALL[0]), Problem::MethodNotAllowed)
}
