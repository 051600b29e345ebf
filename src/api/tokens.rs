//! `/v3/auth/tokens` of the embedded identity, in Keystone's wire form: log in with a password,
//! look at a token, end it. Keystone's contract, not ours: it is not part of `openapi/`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, HeaderName, StatusCode, header::CACHE_CONTROL},
    response::IntoResponse,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    app::App,
    caller::{authenticate, from, token},
    log_in::PasswordLogIn,
    problem::Problem,
    throttle::network,
};
use crate::{
    identity::{Caller, Embedded, Issued},
    model::{Error, Result},
    timestamp::Timestamp,
};

/// Roles that may look at, and end, tokens of others.
const TRUSTED: [&str; 2] = ["admin", "service"];

/// `POST`: a token for a password, in `X-Subject-Token`.
pub(super) async fn issue(
    State(app): State<App>,
    extensions: Extensions,
    login: PasswordLogIn,
) -> std::result::Result<impl IntoResponse, Problem> {
    let from = from(&extensions);
    let PasswordLogIn {
        user_name,
        password,
        scope,
    } = login;
    let issue = embedded(&app)?.issue(&user_name, password, from.map(network), &scope);
    let Issued { token, caller } = app.throttle.authenticate_at_cost(from, issue).await?;
    Ok((
        StatusCode::CREATED,
        subject_token(token.expose_secret()),
        Json(shown(&caller)),
    ))
}

/// `GET`: what a token is, to its holder and to trusted roles.
pub(super) async fn validate(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
) -> std::result::Result<impl IntoResponse, Problem> {
    let subject = subject(&app, &extensions, &headers).await?;
    let caller = app
        .identity
        .authenticate(subject)
        .await
        .map_err(not_found)?;
    Ok((subject_token(subject), Json(shown(&caller))))
}

/// `DELETE`: ends a token.
pub(super) async fn revoke(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
) -> std::result::Result<StatusCode, Problem> {
    let subject = subject(&app, &extensions, &headers).await?;
    match embedded(&app)?.revoke(subject).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::NotFound),
    }
}

/// The token that the request is about, where the caller may ask about it.
async fn subject<'h>(
    app: &App,
    extensions: &Extensions,
    headers: &'h HeaderMap,
) -> Result<&'h str> {
    let caller = authenticate(app, from(extensions), headers).await?;
    app.throttle.admit(&caller.project_id)?;
    let own = token(headers)?;
    let subject = headers
        .get("x-subject-token")
        .and_then(|value| value.to_str().ok());
    let subject =
        subject.ok_or_else(|| Error::malformed("header X-Subject-Token", "it is missing"))?;
    let trusted = caller
        .roles
        .iter()
        .any(|role| TRUSTED.contains(&role.as_str()));
    if subject == own || trusted {
        Ok(subject)
    } else {
        Err(Error::NotAuthorized)
    }
}

/// Headers of a response that shows a token, which no cache may keep.
fn subject_token(token: &str) -> [(HeaderName, String); 2] {
    [
        (HeaderName::from_static("x-subject-token"), token.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ]
}

/// Keystone says 404 of a token that is not good.
fn not_found(error: Error) -> Problem {
    match error {
        Error::UnknownCredentials | Error::ExpiredCredentials => Problem::NotFound,
        other => other.into(),
    }
}

fn embedded(app: &App) -> Result<&Arc<Embedded>> {
    app.embedded
        .as_ref()
        .ok_or_else(|| Error::store("routed without an embedded identity"))
}

/// A token's body. There is one domain, and names of users and roles are their ids.
fn shown(caller: &Caller) -> Value {
    let domain = json!({"id": "default", "name": "Default"});
    let roles = caller.roles.iter();
    let roles: Vec<_> = roles
        .map(|role| json!({"id": role, "name": role}))
        .collect();
    let project = json!({
        "id": caller.project_id.as_str(),
        "name": caller.project_name,
        "domain": domain,
    });
    json!({"token": {
        "methods": ["password"],
        "user": {"id": caller.user_name, "name": caller.user_name, "domain": domain},
        "project": project,
        "roles": roles,
        "issued_at": zoned(caller.issued_at),
        "expires_at": zoned(caller.expires_at.unwrap_or(Timestamp::MAX)),
        "audit_ids": [],
    }})
}

/// Keystone's notation of times: ours with a `Z`.
fn zoned(time: Timestamp) -> String {
    format!("{time}Z")
}
