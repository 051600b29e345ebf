//! What Keystone is asked, and what its answers mean: whose a token is, a token for ourselves,
//! whether a project exists. Caches nothing, and decides nothing about callers.

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
    Account,
    lanes::{Lane, Lanes},
    transport::{Transport, Unreachable},
};
use crate::{identity::Caller, model::ProjectId, timestamp::Timestamp};

const OWN_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// A Keystone, and the way there.
pub(super) struct Questions {
    /// The address, with `/v3` at its end.
    base: String,
    lanes: Lanes,
}

/// The questions of one request, all of which have ended at a moment.
pub(super) struct Asking<'a> {
    questions: &'a Questions,
    by: Instant,
}

/// What Keystone says to a question that is asked with a token.
pub(super) enum Reply<T> {
    /// This.
    Found(T),
    /// It knows no such thing.
    Unknown,
    /// It does not take the token that the question was asked with.
    TokenRefused,
}

/// A token for ourselves.
pub(super) struct Issued {
    pub(super) token: SecretString,
    pub(super) ends: Timestamp,
}

/// Keystone gave no answer that helps.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error("no answer from Keystone within {0:?}")]
    Late(Duration),
    #[error("too many questions to Keystone are under way")]
    Crowded,
    #[error("too many questions to Keystone are under way for one network")]
    ShareSpent,
    #[error("a question to Keystone broke off: {0}")]
    BrokeOff(#[from] JoinError),
    #[error("Keystone answers with status {0}")]
    Status(StatusCode),
    #[error("the answer is not one of a Keystone: {0}")]
    Unreadable(&'static str),
    #[error("Keystone does not let the service account {0}: it needs a role for that")]
    NotTrusted(&'static str),
    #[error("Keystone refuses the service account's credentials")]
    AccountRefused,
    #[error("Keystone refuses a token that it has just issued to the service account")]
    OwnTokenRefused,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Token,
}

/// A token as Keystone describes it. One without a project is good for other services, and not
/// here.
#[derive(Deserialize)]
struct Token {
    user: Named,
    project: Option<Project>,
    #[serde(default)]
    roles: Vec<Named>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Project {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct ProjectAnswer {
    project: ProjectState,
}

#[derive(Deserialize)]
struct ProjectState {
    enabled: bool,
}

impl Questions {
    /// `address` may end in `/v3` or not: Keystones are named in both ways.
    pub(super) fn new(address: &str, transport: Arc<dyn Transport>, deadline: Duration) -> Self {
        let address = address.trim_end_matches('/');
        Self {
            base: format!("{}/v3", address.strip_suffix("/v3").unwrap_or(address)),
            lanes: Lanes::new(transport, deadline),
        }
    }

    /// Questions that end by then.
    pub(super) fn by(&self, by: Instant) -> Asking<'_> {
        Asking {
            questions: self,
            by,
        }
    }
}

impl Asking<'_> {
    /// Whose token this is. `own` is the token to ask with; `lane`: by what is known of it.
    pub(super) async fn validate(
        &self,
        own: &str,
        subject: &str,
        lane: Lane,
    ) -> Result<Reply<Caller>, Fault> {
        // GET: the role `service` may not ask by HEAD.
        let mut request = self.request(Method::GET, "/auth/tokens?nocatalog", Some(own))?;
        request
            .headers_mut()
            .insert(SUBJECT_TOKEN, secret_value(subject)?);
        let answer = self.ask(request, lane).await?;
        reply(answer, "look at tokens of others", |body| {
            let TokenAnswer { token } = read(body, "whose a token is")?;
            Ok(token.caller().map_or(Reply::Unknown, Reply::Found))
        })
    }

    /// Whether a project exists and is enabled.
    pub(super) async fn project(&self, own: &str, id: &ProjectId) -> Result<Reply<bool>, Fault> {
        let request = self.request(Method::GET, &format!("/projects/{id}"), Some(own))?;
        let answer = self.ask(request, Lane::Known).await?;
        reply(answer, "look at projects", |body| {
            let ProjectAnswer { project } = read(body, "what a project is")?;
            Ok(Reply::Found(project.enabled))
        })
    }

    /// A token for the service account.
    pub(super) async fn log_in(&self, account: &Account) -> Result<Issued, Fault> {
        let mut request = self.request(Method::POST, "/auth/tokens?nocatalog", None)?;
        *request.body_mut() = account.log_in().to_string().into();
        let answer = self.ask(request, Lane::Known).await?;
        match answer.status() {
            StatusCode::CREATED => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(Fault::AccountRefused),
            other => return Err(Fault::Status(other)),
        }
        let token = answer
            .headers()
            .get(&SUBJECT_TOKEN)
            .and_then(|value| value.to_str().ok());
        let token = token
            .ok_or(Fault::Unreadable("it issued a token, and shows none"))?
            .into();
        let TokenAnswer {
            token: Token { expires_at, .. },
        } = read(answer.body(), "how long a token is good")?;
        Ok(Issued {
            token,
            ends: expires_at,
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        own: Option<&str>,
    ) -> Result<Request<Bytes>, Fault> {
        let json = HeaderValue::from_static("application/json");
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.questions.base));
        let request = request
            .header(ACCEPT, json.clone())
            .header(CONTENT_TYPE, json)
            .body(Bytes::new());
        let mut request = request.map_err(|_| Fault::Unreadable("its address is none"))?;
        if let Some(own) = own {
            request.headers_mut().insert(OWN_TOKEN, secret_value(own)?);
        }
        Ok(request)
    }

    async fn ask(&self, request: Request<Bytes>, lane: Lane) -> Result<Response<Bytes>, Fault> {
        self.questions.lanes.exchange(request, self.by, lane).await
    }
}

impl Token {
    fn caller(self) -> Option<Caller> {
        let project = self.project?;
        Some(Caller {
            user_name: self.user.name,
            // An id that no path can carry is of no project that anybody could call for.
            project_id: project.id.parse().ok()?,
            project_name: project.name,
            roles: self.roles.into_iter().map(|role| role.name).collect(),
            issued_at: self.issued_at,
            expires_at: Some(self.expires_at),
        })
    }
}

impl Account {
    /// The body of a request for a token.
    fn log_in(&self) -> Value {
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
fn secret_value(token: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(token)
        .map_err(|_| Fault::Unreadable("a token that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The table of what a status means. `wish`: what the token's owner must be trusted with.
fn reply<T>(
    answer: Response<Bytes>,
    wish: &'static str,
    found: impl FnOnce(&Bytes) -> Result<Reply<T>, Fault>,
) -> Result<Reply<T>, Fault> {
    match answer.status() {
        StatusCode::OK => found(answer.body()),
        StatusCode::NOT_FOUND => Ok(Reply::Unknown),
        StatusCode::UNAUTHORIZED => Ok(Reply::TokenRefused),
        StatusCode::FORBIDDEN => Err(Fault::NotTrusted(wish)),
        other => Err(Fault::Status(other)),
    }
}

/// The parser's own message may quote what it read, which is not for logs.
fn read<'a, T: Deserialize<'a>>(body: &'a Bytes, what: &'static str) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|_| Fault::Unreadable(what))
}
