//! The contract, served as it is written, Swagger UI on it, and the page that leads to both. Everything comes out of this
//! binary; no other host is called, no page of another host may show it, and no script runs that is
//! not a file of ours.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS},
    },
    middleware::map_response,
    response::{Redirect, Response},
    routing::{MethodRouter, get},
};
use utoipa_swagger_ui::{Config, serve};

use super::{app::App, asset::Asset, discovery};
use crate::contract::document;

/// The documentation's pages.
#[derive(Clone, Debug, Default)]
pub struct Docs {
    /// Tokens that the page sends where its user entered none: project id to token. Empty except
    /// for demo data.
    pub tokens: BTreeMap<String, String>,
    /// Whether there is the contract alone, and no page to read it on.
    pub hidden: bool,
}

/// Of Swagger UI, what its page loads.
const FILES: [&str; 7] = [
    "index.html",
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
];
const START: &str = include_str!("docs_start.js");
/// The page at the root, with the line that only a server with pages has.
const ROOT: &str = include_str!("root.html");
const DOCS_LINE: &str = "<li><a href=\"/docs/\">Try every operation</a> (Swagger UI)</li>\n";

/// Pictures are in the style sheet. Styles that scripts set are no inline styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
static SECURITY: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    // For browsers that do not know `frame-ancestors`.
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

impl Docs {
    pub(super) fn router(self) -> Router<App> {
        static JSON: LazyLock<String> = LazyLock::new(|| document::json().to_string());
        let contract = Router::new()
            .route("/openapi.yaml", file("application/yaml", document::YAML))
            .route("/openapi.json", file("application/json", JSON.as_str()));
        let contract = contract.route("/", self.root());
        let router = if self.hidden {
            contract
        } else {
            self.with_pages(contract)
        };
        router.layer(map_response(secured))
    }

    fn root(&self) -> MethodRouter<App> {
        let page = match self.hidden {
            true => ROOT.replace(DOCS_LINE, ""),
            false => ROOT.to_owned(),
        };
        let page = Arc::new(Asset::new("text/html; charset=utf-8", page.into()));
        get(
            move |State(app): State<App>, headers: HeaderMap| async move {
                discovery::root(&app, &page, &headers).await
            },
        )
    }

    fn with_pages(self, router: Router<App>) -> Router<App> {
        let tokens = serde_json::json!(self.tokens).to_string();
        let start = file("text/javascript", START.replace("\"{{tokens}}\"", &tokens));
        let router = router
            .route("/docs", get(|| async { Redirect::to("/docs/") }))
            .route("/docs/", swagger_ui("index.html"))
            .route("/docs/swagger-initializer.js", start);
        FILES.into_iter().fold(router, |router, name| {
            router.route(&format!("/docs/{name}"), swagger_ui(name))
        })
    }
}

/// A file of Swagger UI, as it was released. One that it does not have is an empty one: a test
/// looks at each.
fn swagger_ui(name: &str) -> MethodRouter<App> {
    let found = serve(name, Arc::new(Config::default())).ok().flatten();
    let (bytes, content_type) = found
        .map(|file| (file.bytes, file.content_type))
        .unwrap_or_default();
    let bytes = match bytes {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    };
    file(&content_type, bytes)
}

fn file(content_type: &str, bytes: impl Into<Bytes>) -> MethodRouter<App> {
    let asset = Arc::new(Asset::new(content_type, bytes.into()));
    get(move |headers: HeaderMap| async move { asset.response(&headers).await })
}

async fn secured(mut response: Response) -> Response {
    response.headers_mut().extend(SECURITY.iter().cloned());
    response
}
