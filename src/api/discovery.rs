//! What OpenStack's clients ask before they log in: which versions of the identity there are, and
//! where. At the root, people get a page instead. Keystone's documents, not of our contract.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, VARY},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{app::App, asset::Asset, problem::Problem};

/// `GET /v3`: the version of the identity.
pub(super) async fn version(State(app): State<App>, headers: HeaderMap) -> Json<Value> {
    Json(json!({"version": v3(&app, &headers)}))
}

/// `GET /`: a page for browsers, and the versions of the identity for everybody else. Where a
/// Keystone is the identity, there are none here.
pub(super) async fn root(
    app: &App,
    page: &Asset,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let mut response = if wants_page(headers) {
        page.response(headers).await?
    } else if app.embedded.is_some() {
        versions(app, headers)
    } else {
        return Err(Problem::NotFound);
    };
    let varies = HeaderValue::from_static("accept");
    response.headers_mut().append(VARY, varies);
    Ok(response)
}

fn versions(app: &App, headers: &HeaderMap) -> Response<Body> {
    let versions = json!({"versions": {"values": [v3(app, headers)]}});
    (StatusCode::MULTIPLE_CHOICES, Json(versions)).into_response()
}

/// The one version that there is. Its number is Keystone's own, of whose routes these are a part.
fn v3(app: &App, headers: &HeaderMap) -> Value {
    let media_type = json!({
        "base": "application/json",
        "type": "application/vnd.openstack.identity-v3+json",
    });
    json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{}/", app.endpoints.identity(headers))}],
        "media-types": [media_type],
    })
}

/// Whether HTML is asked for by its name: browsers do that, and clients of APIs do not.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter();
    let mut accepts = accepts
        .filter_map(|accept| accept.to_str().ok())
        .flat_map(|accept| accept.split(','));
    accepts.any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/html")
    })
}
