//! `/v3/auth/tokens` of the embedded identity, in Keystone's wire form: log in with a password or
//! a token, look at a token, end it. Keystone's contract, not ours: it is not part of `openapi/`.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, HeaderName, StatusCode, header::CACHE_CONTROL},
    response::IntoResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{
    app::App,
    caller::{authenticate, from, token},
    extract::QueryText,
    log_in::{LogIn, PASSWORD, Proof},
    problem::Problem,
    throttle::network,
};
use crate::{
    identity::{Caller, DOMAIN_ID, DOMAIN_NAME, Embedded, Issued, LoginScope},
    model::{Error, Result},
    timestamp::Timestamp,
};

/// Roles that may look at, and end, tokens of others.
const TRUSTED: [&str; 2] = ["admin", "service"];

/// `POST`: a token for a password, or for a token, in `X-Subject-Token`.
pub(super) async fn issue(
    State(app): State<App>,
    extensions: Extensions,
    query: QueryText,
    headers: HeaderMap,
    LogIn { proof, scope }: LogIn,
) -> std::result::Result<impl IntoResponse, Problem> {
    let from = from(&extensions);
    let method = proof.method();
    let (token, caller) = prove(&app, from, proof, &scope).await?;
    let shown = Shown::of(&app, &query, &headers).token(&caller, method);
    let token = subject_token(token.expose_secret());
    Ok((StatusCode::CREATED, token, Json(shown)))
}

/// A token for who proves to be a user, and who that is.
async fn prove(
    app: &App,
    from: Option<IpAddr>,
    proof: Proof,
    scope: &LoginScope,
) -> Result<(SecretString, Arc<Caller>)> {
    match proof {
        Proof::Password { user, password } => {
            let issue = embedded(app)?.issue(&user, password, from.map(network), scope);
            let Issued { token, caller } = app.throttle.authenticate_at_cost(from, issue).await?;
            Ok((token, Arc::new(caller)))
        }
        Proof::Token(token) => {
            let caller = again(app, from, &token, scope).await?;
            Ok((token, caller))
        }
    }
}

/// Who has the token that a login is by, where it is for what is asked for. A user has one project,
/// so there is no other token to give: the same one goes back, which neither outlives itself nor
/// takes space.
async fn again(
    app: &App,
    from: Option<IpAddr>,
    token: &SecretString,
    scope: &LoginScope,
) -> Result<Arc<Caller>> {
    let found = async {
        let caller = app.identity.authenticate(token.expose_secret()).await?;
        match scope.covers(&caller.project_id, &caller.project_name) {
            true => Ok(caller),
            false => Err(Error::UnknownCredentials),
        }
    };
    let caller = app.throttle.look_up(from, found).await?;
    app.throttle.admit(&caller.project_id)?;
    Ok(caller)
}

/// `GET`: what a token is, to its holder and to trusted roles.
pub(super) async fn validate(
    State(app): State<App>,
    extensions: Extensions,
    query: QueryText,
    headers: HeaderMap,
) -> std::result::Result<impl IntoResponse, Problem> {
    let subject = subject(&app, &extensions, &headers).await?;
    let caller = app
        .identity
        .authenticate(subject)
        .await
        .map_err(not_found)?;
    let shown = Shown::of(&app, &query, &headers).token(&caller, PASSWORD);
    Ok((subject_token(subject), Json(shown)))
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
        false => Err(Problem::NoSuchToken),
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
        Error::UnknownCredentials | Error::ExpiredCredentials => Problem::NoSuchToken,
        other => other.into(),
    }
}

fn embedded(app: &App) -> Result<&Arc<Embedded>> {
    app.embedded
        .as_ref()
        .ok_or_else(|| Error::store("routed without an embedded identity"))
}

/// How tokens are shown to a caller.
struct Shown<'r> {
    app: &'r App,
    headers: &'r HeaderMap,
    catalog: bool,
}

impl<'r> Shown<'r> {
    /// With a catalog, unless the query says without.
    fn of(app: &'r App, query: &QueryText, headers: &'r HeaderMap) -> Self {
        Self {
            app,
            headers,
            catalog: !query.has("nocatalog"),
        }
    }

    /// A token's body. There is one domain, and names of users and roles are their ids.
    fn token(&self, caller: &Caller, method: &str) -> Value {
        let domain = json!({"id": DOMAIN_ID, "name": DOMAIN_NAME});
        let roles = caller.roles.iter();
        let roles: Vec<_> = roles
            .map(|role| json!({"id": role, "name": role}))
            .collect();
        let project = json!({
            "id": caller.project_id.as_str(),
            "name": caller.project_name,
            "domain": domain,
        });
        let mut token = json!({
            "methods": [method],
            "user": {"id": caller.user_name, "name": caller.user_name, "domain": domain},
            "project": project,
            "roles": roles,
            "issued_at": zoned(caller.issued_at),
            "expires_at": zoned(caller.expires_at.unwrap_or(Timestamp::MAX)),
            "audit_ids": [],
        });
        if self.catalog {
            let endpoints = &self.app.endpoints;
            token["catalog"] = endpoints.catalog(self.headers, &caller.project_id);
        }
        json!({ "token": token })
    }
}

/// Keystone's notation of times: ours with a `Z`.
fn zoned(time: Timestamp) -> String {
    format!("{time}Z")
}
