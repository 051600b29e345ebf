//! Logs in: a token for an account, in Keystone's wire form (`POST /v3/auth/tokens`), which this
//! server, a Keystone and the vendor's identity service speak alike. Keystone's contract, not ours:
//! the typed client has no part in it beyond the connection.

use reqwest::{Response, StatusCode, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::CliError;
use crate::client::{self, Client, ClientInfo, FailureKind, types::ProjectId};

/// Credentials, and the project that the token is for.
pub(super) struct LoginRequest {
    pub(super) credentials: LoginCredentials,
    pub(super) scope: TokenScope,
}

/// What to log in with.
pub(super) enum LoginCredentials {
    Password {
        user: IdOrName,
        password: SecretString,
    },
    /// An application credential, by its id.
    Credential { id: String, secret: SecretString },
    /// An application credential, by its user and name.
    CredentialOf {
        user: IdOrName,
        name: String,
        secret: SecretString,
    },
}

/// What the token is for.
pub(super) enum TokenScope {
    Project(IdOrName),
    /// The user's own project.
    Own,
}

/// Names a user or a project.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum IdOrName {
    Id(String),
    Name(String, Domain),
}

/// A domain.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Domain {
    Id(String),
    Name(String),
}

impl Default for Domain {
    /// The one that every Keystone has.
    fn default() -> Self {
        Self::Id("default".to_owned())
    }
}

/// A successful login.
pub(super) struct Login {
    pub(super) token: SecretString,
    pub(super) project: ProjectId,
    /// When the token expires, in the notation of the identity service.
    pub(super) expires_at: String,
    pub(super) catalog: Vec<Service>,
}

/// A service of the catalog, and its endpoints.
#[derive(Deserialize)]
pub(super) struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    interface: String,
    #[serde(default)]
    region: Option<String>,
    url: String,
}

/// The part of the response that is used.
#[derive(Deserialize)]
struct LoginResponse {
    token: LoginToken,
}

#[derive(Deserialize)]
struct LoginToken {
    project: Option<LoginProject>,
    #[serde(default)]
    expires_at: String,
    #[serde(default)]
    catalog: Vec<Service>,
}

#[derive(Deserialize)]
struct LoginProject {
    id: ProjectId,
}

/// An error in the form of the contract, or in Keystone's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct LoginErrorBody {
    error_code: Option<String>,
    error_msg: Option<String>,
    error: KeystoneErrorBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeystoneErrorBody {
    message: Option<String>,
}

impl LoginRequest {
    /// Asks an identity service, whose address may end in `/v3` or not: Keystones are named in both
    /// ways.
    pub(super) async fn at(&self, identity: &Client) -> Result<Login, CliError> {
        let base = identity.baseurl();
        let url = format!(
            "{}/v3/auth/tokens",
            base.strip_suffix("/v3").unwrap_or(base)
        );
        let response = identity
            .client()
            .post(url)
            .json(&self.body())
            .send()
            .await
            .map_err(lost)?;
        if response.status() == StatusCode::CREATED {
            self.read(response).await
        } else {
            Err(self.refused(response).await)
        }
    }

    /// The request without its secret: equal ones get equivalent tokens.
    pub(super) fn identity(&self) -> Value {
        json!([self.credentials.subject(), self.scope.shown()])
    }

    fn body(&self) -> Value {
        let mut auth = json!({"identity": self.credentials.proof()});
        if let Some(scope) = self.scope.shown() {
            auth["scope"] = scope;
        }
        json!({ "auth": auth })
    }

    async fn read(&self, response: Response) -> Result<Login, CliError> {
        let token = header(response.headers(), "x-subject-token").map(SecretString::from);
        let (Some(token), Ok(body)) = (token, response.json::<LoginResponse>().await) else {
            return Err(CliError::OutOfReach(
                "The identity service does not answer as a Keystone does.".to_owned(),
            ));
        };
        let LoginToken {
            project,
            expires_at,
            catalog,
        } = body.token;
        match project {
            Some(LoginProject { id: project }) => Ok(Login {
                token,
                project,
                expires_at,
                catalog,
            }),
            None => Err(CliError::Usage(format!(
                "{} has no project of its own: name one.",
                self.credentials.name()
            ))),
        }
    }

    async fn refused(&self, response: Response) -> CliError {
        let status = response.status();
        let request_id = ["x-request-id", "x-openstack-request-id"]
            .iter()
            .find_map(|id| header(response.headers(), id));
        let refusal: LoginErrorBody = response.json().await.unwrap_or_default();
        let said = refusal.error_msg.or(refusal.error.message);
        let gateway = [
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        let kind = match said {
            None if gateway.contains(&status) => FailureKind::OutOfReach,
            _ => FailureKind::Refused,
        };
        let said = said.unwrap_or_else(|| format!("the answer was {status}."));
        let message = format!("{} cannot log in: {said}", self.credentials.name());
        client::Failure {
            kind,
            message,
            code: refusal.error_code,
            status: Some(status),
            request_id,
        }
        .into()
    }
}

impl Login {
    /// Where the service is, as the catalog has it: without the `/v3` and the project that may
    /// be at its end.
    pub(super) fn endpoint(&self, region: Option<&str>, interface: &str) -> Option<String> {
        let ours = |service: &&Service| ["backup-share", "cbr"].contains(&service.kind.as_str());
        let meant = |endpoint: &&Endpoint| {
            endpoint.interface == interface
                && region.is_none_or(|region| endpoint.region.as_deref() == Some(region))
        };
        let found = self
            .catalog
            .iter()
            .filter(ours)
            .flat_map(|service| &service.endpoints)
            .find(meant)?;
        let url = found.url.trim_end_matches('/');
        let url = url
            .strip_suffix(self.project.as_str())
            .unwrap_or(url)
            .trim_end_matches('/');
        Some(url.strip_suffix("/v3").unwrap_or(url).to_owned())
    }
}

impl LoginCredentials {
    /// For people.
    fn name(&self) -> &str {
        match self {
            Self::Password {
                user: IdOrName::Id(name) | IdOrName::Name(name, _),
                ..
            } => name,
            Self::Credential { id: name, .. } | Self::CredentialOf { name, .. } => name,
        }
    }

    fn subject(&self) -> Value {
        match self {
            Self::Password { user, .. } => json!({"user": user.shown()}),
            Self::Credential { id, .. } => json!({ "id": id }),
            Self::CredentialOf { user, name, .. } => json!({"user": user.shown(), "name": name}),
        }
    }

    /// The same, with the secret.
    fn proof(&self) -> Value {
        let mut proof = self.subject();
        match self {
            Self::Password { password, .. } => {
                proof["user"]["password"] = password.expose_secret().into();
                json!({"methods": ["password"], "password": proof})
            }
            Self::Credential { secret, .. } | Self::CredentialOf { secret, .. } => {
                proof["secret"] = secret.expose_secret().into();
                json!({"methods": ["application_credential"], "application_credential": proof})
            }
        }
    }
}

impl TokenScope {
    fn shown(&self) -> Option<Value> {
        match self {
            Self::Project(project) => Some(json!({"project": project.shown()})),
            Self::Own => None,
        }
    }
}

impl IdOrName {
    fn shown(&self) -> Value {
        match self {
            Self::Id(id) => json!({ "id": id }),
            Self::Name(name, domain) => json!({"name": name, "domain": domain}),
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn lost(error: reqwest::Error) -> CliError {
    client::Failure::from(client::Error::CommunicationError(error)).into()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::Login;

    #[test]
    fn the_service_is_found_in_the_catalog_wherever_its_address_ends() {
        for url in [
            "https://b.test",
            "https://b.test/",
            "https://b.test/v3",
            "https://b.test/v3/p1",
            "https://b.test/v3/p1/",
        ] {
            let endpoints = json!([
                {"interface": "admin", "region": "r1", "url": "https://admin.test"},
                {"interface": "public", "region": "r2", "url": "https://elsewhere.test"},
                {"interface": "public", "region": "r1", "url": url},
            ]);
            let catalog = json!([{"type": "identity", "endpoints": []}, {"type": "cbr", "endpoints": endpoints}]);
            let catalog = from_value(catalog).expect("a catalog");
            let project = "p1".parse().expect("an id");
            let logged_in = Login {
                token: "t".into(),
                project,
                expires_at: String::new(),
                catalog,
            };
            assert_eq!(
                logged_in.endpoint(Some("r1"), "public").as_deref(),
                Some("https://b.test"),
                "{url}"
            );
            assert_eq!(
                logged_in.endpoint(None, "public").as_deref(),
                Some("https://elsewhere.test")
            );
            assert_eq!(logged_in.endpoint(Some("r3"), "public"), None);
        }
    }
}
