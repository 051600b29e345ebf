//! Logs in: a token for an account, in Keystone's wire form (`POST /v3/auth/tokens`), which this
//! server, a Keystone and the vendor's identity service speak alike. Keystone's contract, not ours:
//! the typed client has no part in it beyond the connection.

use reqwest::{Response, StatusCode, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Failure;
use crate::client::{self, Client, ClientInfo, FailureKind, types::ProjectId};

/// Who wants a token, and for which project.
pub(super) struct LogIn {
    pub(super) account: Account,
    pub(super) scope: Scope,
}

/// Who wants a token.
pub(super) enum Account {
    Password {
        user: Named,
        password: SecretString,
    },
    /// An application credential, by its id.
    Credential {
        id: String,
        secret: SecretString,
    },
    /// An application credential, by its user and name.
    CredentialOf {
        user: Named,
        name: String,
        secret: SecretString,
    },
}

/// What a token is to be for.
pub(super) enum Scope {
    Project(Named),
    /// The account's own project.
    Own,
}

/// A user or a project.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
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

/// What logging in gave.
pub(super) struct LoggedIn {
    pub(super) token: SecretString,
    pub(super) project: ProjectId,
    /// When the token ends, in the notation of the identity service.
    pub(super) expires_at: String,
    pub(super) catalog: Vec<Service>,
}

/// A service that the token is good for, and where it is.
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

/// The part of the answer that matters here.
#[derive(Deserialize)]
struct Answer {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    project: Option<Project>,
    #[serde(default)]
    expires_at: String,
    #[serde(default)]
    catalog: Vec<Service>,
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
    /// Asks an identity service, whose address may end in `/v3` or not: Keystones are named in both
    /// ways.
    pub(super) async fn at(&self, identity: &Client) -> Result<LoggedIn, Failure> {
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

    /// Who logs in for what, without any secret: two that say the same get tokens that do the same.
    pub(super) fn identity(&self) -> Value {
        json!([self.account.who(), self.scope.shown()])
    }

    fn body(&self) -> Value {
        let mut auth = json!({"identity": self.account.proof()});
        if let Some(scope) = self.scope.shown() {
            auth["scope"] = scope;
        }
        json!({ "auth": auth })
    }

    async fn read(&self, response: Response) -> Result<LoggedIn, Failure> {
        let token = header(response.headers(), "x-subject-token").map(SecretString::from);
        let (Some(token), Ok(answer)) = (token, response.json::<Answer>().await) else {
            return Err(Failure::OutOfReach(
                "The identity service does not answer as a Keystone does.".to_owned(),
            ));
        };
        let TokenBody {
            project,
            expires_at,
            catalog,
        } = answer.token;
        match project {
            Some(Project { id: project }) => Ok(LoggedIn {
                token,
                project,
                expires_at,
                catalog,
            }),
            None => Err(Failure::Usage(format!(
                "{} has no project of its own: name one.",
                self.account.name()
            ))),
        }
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let request_id = ["x-request-id", "x-openstack-request-id"]
            .iter()
            .find_map(|id| header(response.headers(), id));
        let refusal: Refusal = response.json().await.unwrap_or_default();
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
        let message = format!("{} cannot log in: {said}", self.account.name());
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

impl LoggedIn {
    /// Where the service is, as the catalog has it: without the `/v3` and the project that may
    /// stand at the end there.
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

impl Account {
    /// For people.
    fn name(&self) -> &str {
        match self {
            Self::Password {
                user: Named::Id(name) | Named::Name(name, _),
                ..
            } => name,
            Self::Credential { id: name, .. } | Self::CredentialOf { name, .. } => name,
        }
    }

    fn who(&self) -> Value {
        match self {
            Self::Password { user, .. } => json!({"user": user.shown()}),
            Self::Credential { id, .. } => json!({ "id": id }),
            Self::CredentialOf { user, name, .. } => json!({"user": user.shown(), "name": name}),
        }
    }

    /// The same, proven.
    fn proof(&self) -> Value {
        let mut proof = self.who();
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

impl Scope {
    fn shown(&self) -> Option<Value> {
        match self {
            Self::Project(project) => Some(json!({"project": project.shown()})),
            Self::Own => None,
        }
    }
}

impl Named {
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

fn lost(fault: reqwest::Error) -> Failure {
    client::Failure::from(client::Error::CommunicationError(fault)).into()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::LoggedIn;

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
            let logged_in = LoggedIn {
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
