//! Lists of the embedded identity, in Keystone's wire form: the caller's project, the one domain,
//! and the catalog. Keystone's contract, not ours.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};
use serde_json::{Value, json};

use super::{app::App, caller::Authenticated, extract::QueryText, problem::Problem};
use crate::identity::{Caller, DOMAIN_ID, DOMAIN_NAME};

/// `GET /v3/auth/projects`: what the caller may have a token for, which is one project.
/// `GET /v3/projects`: the same, where its name and domain are those asked for.
pub(super) async fn projects(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    uri: Uri,
    query: QueryText,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let name: Option<String> = query.value("name")?;
    let domain: Option<String> = query.value("domain_id")?;
    let meant = name.is_none_or(|name| name == caller.project_name)
        && domain.is_none_or(|domain| domain == DOMAIN_ID);
    let projects: Vec<_> = meant.then(|| project(&caller)).into_iter().collect();
    let links = links(&app, &uri, &headers);
    Ok(Json(json!({"projects": projects, "links": links})))
}

/// `GET /v3/auth/domains`: the one domain.
pub(super) async fn domains(
    State(app): State<App>,
    _: Authenticated,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Value> {
    let domain = json!({
        "id": DOMAIN_ID,
        "name": DOMAIN_NAME,
        "description": "",
        "enabled": true,
        "tags": [],
    });
    Json(json!({"domains": [domain], "links": links(&app, &uri, &headers)}))
}

/// `GET /v3/auth/catalog`: what a token has as well, unless it is left out there.
pub(super) async fn catalog(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Value> {
    let catalog = app.endpoints.catalog(&headers, &caller.project_id);
    Json(json!({"catalog": catalog, "links": links(&app, &uri, &headers)}))
}

fn project(caller: &Caller) -> Value {
    json!({
        "id": caller.project_id.as_str(),
        "name": caller.project_name,
        "domain_id": DOMAIN_ID,
        "parent_id": DOMAIN_ID,
        "description": "",
        "enabled": true,
        "is_domain": false,
        "tags": [],
    })
}

/// There is one page.
fn links(app: &App, uri: &Uri, headers: &HeaderMap) -> Value {
    let below = uri.path().strip_prefix("/v3").unwrap_or_default();
    let own = format!("{}{below}", app.endpoints.identity(headers));
    json!({"self": own, "previous": null, "next": null})
}
