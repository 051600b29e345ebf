//! The contract, served as it is written, and Swagger UI on it. Everything comes out of this binary; no other host is
//! called.

use std::collections::BTreeMap;

use axum::{
    Router,
    http::{
        HeaderName, StatusCode,
        header::{self, CONTENT_TYPE},
    },
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{app::App, problem::Problem};
use crate::contract::document;

/// The documentation's pages.
#[derive(Clone, Debug, Default)]
pub struct Docs {
    /// Tokens that the page sends where its user entered none: project id to token. Empty except for demo data.
    pub tokens: BTreeMap<String, String>,
}

const JSON: &str = "/openapi.json";
const DEMO_PAGE: &str = include_str!("docs_demo.js");

impl Docs {
    pub(super) fn router(self) -> Router<App> {
        let config = Config::new([JSON])
            .validator_url("none")
            .try_it_out_enabled(true)
            .display_operation_id(true)
            .display_request_duration(true);
        let ui = SwaggerUi::new("/docs").external_url_unchecked(JSON, document::json().clone()).config(config);
        let ui = Router::from(ui).layer(map_response(in_our_shape));
        let router = ui.route("/openapi.yaml", get(|| async { typed("application/yaml", document::YAML) }));
        if self.tokens.is_empty() { router } else { self.with_demo_page(router) }
    }

    /// Takes the place of the page's own start, with one that knows the demo tokens.
    fn with_demo_page(self, router: Router<App>) -> Router<App> {
        let tokens = serde_json::json!(self.tokens).to_string();
        let page = DEMO_PAGE.replace("\"{{tokens}}\"", &tokens);
        router.route("/docs/swagger-initializer.js", get(|| async { typed("text/javascript", page) }))
    }
}

/// What the page's files do not have is as unknown as any other path.
async fn in_our_shape(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => Problem::NoSuchApi.into_response(),
        _ => response,
    }
}

fn typed<T>(content_type: &'static str, body: T) -> ([(HeaderName, &'static str); 2], T) {
    ([(CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], body)
}
