//! Logs in: a token for a name and a password, in Keystone's wire form (`POST /v3/auth/tokens`), which this server, a
//! Keystone and the vendor's identity service speak alike. Keystone's contract, not ours: the typed client has no part
//! in it beyond the connection.

use reqwest::{Response, StatusCode, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Failure;
use crate::client::{self, Client, ClientInfo, FailureKind, types::ProjectId};

/// Who wants a token, and for which project; without one, for the user's own.
pub(super) struct LogIn {
    pub(super) user: String,
    /// By name; without one, the domain whose id is `default`.
    pub(super) user_domain: Option<String>,
    pub(super) password: SecretString,
    pub(super) project: Option<ProjectId>,
}

/// What logging in gave.
pub(super) struct LoggedIn {
    pub(super) token: SecretString,
    pub(super) project: ProjectId,
}

/// The part of the answer that matters here.
#[derive(Deserialize)]
struct Answer {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: ProjectId,
}

/// An error in the form of the contract, or in Keystone's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error_code: Option<String>,
    error_msg: Option<String>,
    error: KeystoneError,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeystoneError {
    message: Option<String>,
}

impl LogIn {
    /// Asks an identity service, whose address may end in `/v3` or not: Keystones are named in both ways.
    pub(super) async fn at(&self, identity: &Client) -> Result<LoggedIn, Failure> {
        let base = identity.baseurl();
        let url = format!("{}/v3/auth/tokens", base.strip_suffix("/v3").unwrap_or(base));
        let response = identity.client().post(url).json(&self.body()).send().await.map_err(lost)?;
        if response.status() == StatusCode::CREATED {
            self.read(response).await
        } else {
            Err(self.refused(response).await)
        }
    }

    fn body(&self) -> Value {
        let domain = self.user_domain.as_ref().map_or_else(|| json!({"id": "default"}), |name| json!({"name": name}));
        let user = json!({"name": self.user, "domain": domain, "password": self.password.expose_secret()});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        match &self.project {
            Some(project) => json!({"auth": {"identity": identity, "scope": {"project": {"id": project}}}}),
            None => json!({"auth": {"identity": identity}}),
        }
    }

    async fn read(&self, response: Response) -> Result<LoggedIn, Failure> {
        let token = header(response.headers(), "x-subject-token").map(SecretString::from);
        let (Some(token), Ok(answer)) = (token, response.json::<Answer>().await) else {
            return Err(Failure::OutOfReach("The identity service does not answer as a Keystone does.".to_owned()));
        };
        match answer.token.project {
            Some(Project { id: project }) => Ok(LoggedIn { token, project }),
            None => Err(Failure::Usage(format!("{} has no project of its own: say --project.", self.user))),
        }
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let request_id =
            ["x-request-id", "x-openstack-request-id"].iter().find_map(|id| header(response.headers(), id));
        let refusal: Refusal = response.json().await.unwrap_or_default();
        let said = refusal.error_msg.or(refusal.error.message);
        let gateway = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        let kind = match said {
            None if gateway.contains(&status) => FailureKind::OutOfReach,
            _ => FailureKind::Refused,
        };
        let said = said.unwrap_or_else(|| format!("the answer was {status}."));
        let message = format!("{} cannot log in: {said}", self.user);
        client::Failure { kind, message, code: refusal.error_code, status: Some(status), request_id }.into()
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn lost(fault: reqwest::Error) -> Failure {
    client::Failure::from(client::Error::CommunicationError(fault)).into()
}
