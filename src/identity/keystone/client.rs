//! The calls to Keystone that this service makes, and what the responses mean: validate a token, log
//! in, look a project up. Caches nothing, and decides nothing about callers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{task::JoinError, time::Instant};

use super::{
    ServiceCredentials,
    lanes::{Lane, Lanes},
    transport::{Transport, Unreachable},
};
use crate::{identity::Caller, model::ProjectId, timestamp::Timestamp};

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// A client of a Keystone.
pub(super) struct KeystoneClient {
    /// The address, with `/v3` at its end.
    base: String,
    lanes: Lanes,
}

/// The client for the calls of one request: all of them share its deadline.
pub(super) struct DeadlineClient<'a> {
    client: &'a KeystoneClient,
    deadline: Instant,
}

/// What Keystone replies to an authenticated call.
pub(super) enum KeystoneReply<T> {
    /// This.
    Found(T),
    /// There is no such thing.
    NotFound,
    /// It does not accept the token that authenticates the call.
    TokenRejected,
}

/// A token of the service account.
pub(super) struct ServiceToken {
    pub(super) token: SecretString,
    pub(super) expires_at: Timestamp,
}

/// A call to Keystone without a usable response.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeystoneError {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error("no response from Keystone within {0:?}")]
    DeadlineExceeded(Duration),
    #[error("too many calls to Keystone are in flight")]
    QueueFull,
    #[error("too many calls to Keystone are in flight for one network")]
    NetworkLimit,
    #[error("a call to Keystone was aborted: {0}")]
    Aborted(#[from] JoinError),
    #[error("Keystone responds with status {0}")]
    Status(StatusCode),
    #[error("the response is not one of a Keystone: {0}")]
    Unreadable(&'static str),
    #[error("Keystone does not let the service account {0}: it needs a role for that")]
    Forbidden(&'static str),
    #[error("Keystone refuses the service account's credentials")]
    CredentialsRejected,
    #[error("Keystone refuses a token that it has just issued to the service account")]
    ServiceTokenRejected,
}

#[derive(Deserialize)]
struct TokenResponse {
    token: TokenBody,
}

/// A token as Keystone describes it. One without a project (unscoped) is of no use here.
#[derive(Deserialize)]
struct TokenBody {
    user: NameBody,
    project: Option<TokenProject>,
    #[serde(default)]
    roles: Vec<NameBody>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct NameBody {
    name: String,
}

#[derive(Deserialize)]
struct TokenProject {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct ProjectResponse {
    project: ProjectBody,
}

#[derive(Deserialize)]
struct ProjectBody {
    enabled: bool,
}

impl KeystoneClient {
    /// `address` may end in `/v3` or not: Keystones are named in both ways.
    pub(super) fn new(address: &str, transport: Arc<dyn Transport>, deadline: Duration) -> Self {
        let address = address.trim_end_matches('/');
        Self {
            base: format!("{}/v3", address.strip_suffix("/v3").unwrap_or(address)),
            lanes: Lanes::new(transport, deadline),
        }
    }

    /// The same, for calls that end by a deadline.
    pub(super) fn until(&self, deadline: Instant) -> DeadlineClient<'_> {
        DeadlineClient {
            client: self,
            deadline,
        }
    }
}

impl DeadlineClient<'_> {
    /// Whose token `subject` is. `auth` authenticates the call.
    pub(super) async fn validate(
        &self,
        auth: &str,
        subject: &str,
        lane: Lane,
    ) -> Result<KeystoneReply<Caller>, KeystoneError> {
        // GET: the role `service` may not ask by HEAD.
        let mut request = self.request(Method::GET, "/auth/tokens?nocatalog", Some(auth))?;
        request
            .headers_mut()
            .insert(SUBJECT_TOKEN, secret_value(subject)?);
        let response = self.send(request, lane).await?;
        reply(response, "look at tokens of others", |body| {
            let TokenResponse { token } = parse(body, "whose a token is")?;
            Ok(token
                .caller()
                .map_or(KeystoneReply::NotFound, KeystoneReply::Found))
        })
    }

    /// Whether a project exists and is enabled.
    pub(super) async fn project(
        &self,
        auth: &str,
        id: &ProjectId,
    ) -> Result<KeystoneReply<bool>, KeystoneError> {
        let request = self.request(Method::GET, &format!("/projects/{id}"), Some(auth))?;
        let response = self.send(request, Lane::Known).await?;
        reply(response, "look at projects", |body| {
            let ProjectResponse { project } = parse(body, "what a project is")?;
            Ok(KeystoneReply::Found(project.enabled))
        })
    }

    /// A token for the service account.
    pub(super) async fn log_in(
        &self,
        credentials: &ServiceCredentials,
    ) -> Result<ServiceToken, KeystoneError> {
        let mut request = self.request(Method::POST, "/auth/tokens?nocatalog", None)?;
        *request.body_mut() = credentials.body().to_string().into();
        let response = self.send(request, Lane::Known).await?;
        match response.status() {
            StatusCode::CREATED => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(KeystoneError::CredentialsRejected);
            }
            other => return Err(KeystoneError::Status(other)),
        }
        let token = response
            .headers()
            .get(&SUBJECT_TOKEN)
            .and_then(|value| value.to_str().ok());
        let token = token
            .ok_or(KeystoneError::Unreadable(
                "it issued a token, and shows none",
            ))?
            .into();
        let TokenResponse {
            token: TokenBody { expires_at, .. },
        } = parse(response.body(), "how long a token is good")?;
        Ok(ServiceToken { token, expires_at })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        auth: Option<&str>,
    ) -> Result<Request<Bytes>, KeystoneError> {
        let json = HeaderValue::from_static("application/json");
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.client.base));
        let request = request
            .header(ACCEPT, json.clone())
            .header(CONTENT_TYPE, json)
            .body(Bytes::new());
        let mut request = request.map_err(|_| KeystoneError::Unreadable("its address is none"))?;
        if let Some(auth) = auth {
            request
                .headers_mut()
                .insert(AUTH_TOKEN, secret_value(auth)?);
        }
        Ok(request)
    }

    async fn send(
        &self,
        request: Request<Bytes>,
        lane: Lane,
    ) -> Result<Response<Bytes>, KeystoneError> {
        let Self { client, deadline } = self;
        client.lanes.exchange(request, *deadline, lane).await
    }
}

impl TokenBody {
    fn caller(self) -> Option<Caller> {
        let project = self.project?;
        Some(Caller {
            user_name: self.user.name,
            // An id that no path can carry is of no project that could be called for.
            project_id: project.id.parse().ok()?,
            project_name: project.name,
            roles: self.roles.into_iter().map(|role| role.name).collect(),
            issued_at: self.issued_at,
            expires_at: Some(self.expires_at),
        })
    }
}

impl ServiceCredentials {
    /// The body of a request for a token.
    fn body(&self) -> Value {
        match self {
            Self::Password {
                user,
                user_domain,
                password,
                project,
                project_domain,
            } => {
                let user = json!({"name": user, "domain": {"name": user_domain}, "password": password.expose_secret()});
                let scope =
                    json!({"project": {"name": project, "domain": {"name": project_domain}}});
                let identity = json!({"methods": ["password"], "password": {"user": user}});
                json!({"auth": {"identity": identity, "scope": scope}})
            }
            Self::ApplicationCredential { id, secret } => {
                let credential = json!({"id": id, "secret": secret.expose_secret()});
                let methods = json!(["application_credential"]);
                json!({"auth": {"identity": {"methods": methods, "application_credential": credential}}})
            }
        }
    }
}

/// Marked, so that nothing that prints headers prints this one.
fn secret_value(token: &str) -> Result<HeaderValue, KeystoneError> {
    let mut value = HeaderValue::from_str(token)
        .map_err(|_| KeystoneError::Unreadable("a token that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The table of what a status means. `permission`: what the token's owner must be permitted.
fn reply<T>(
    response: Response<Bytes>,
    permission: &'static str,
    found: impl FnOnce(&Bytes) -> Result<KeystoneReply<T>, KeystoneError>,
) -> Result<KeystoneReply<T>, KeystoneError> {
    match response.status() {
        StatusCode::OK => found(response.body()),
        StatusCode::NOT_FOUND => Ok(KeystoneReply::NotFound),
        StatusCode::UNAUTHORIZED => Ok(KeystoneReply::TokenRejected),
        StatusCode::FORBIDDEN => Err(KeystoneError::Forbidden(permission)),
        other => Err(KeystoneError::Status(other)),
    }
}

/// The parser's own message may quote what it read, which is not for logs.
fn parse<'a, T: Deserialize<'a>>(body: &'a Bytes, what: &'static str) -> Result<T, KeystoneError> {
    serde_json::from_slice(body).map_err(|_| KeystoneError::Unreadable(what))
}
