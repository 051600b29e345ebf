//! A session: a client for one project, made of the flags and the environment. Says what is missing,
//! by flag and variable.

use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::json;

use super::{
    CliError,
    clouds::Cloud,
    connection::ConnectionArgs,
    login::{Domain, IdOrName, Login, LoginCredentials, LoginRequest, TokenScope},
    token_cache::{CachedToken, TokenFile},
};
use crate::client::{Client, types::ProjectId};

/// Where an endpoint comes from.
const ENDPOINT: &str = "--endpoint (BACKUP_SHARE_ENDPOINT)";

/// A client, and the project that it calls for.
pub(super) struct ClientSession {
    pub(super) client: Client,
    pub(super) project: ProjectId,
}

/// How to get a session. The token of a login is cached, and may have been revoked since: then
/// [`Access::renewed`] gives another session.
pub(super) enum Access {
    /// A token that the user gave.
    Token {
        endpoint: String,
        token: SecretString,
        project: ProjectId,
    },
    /// An account to log in with.
    Login {
        endpoint: Option<String>,
        cloud: Box<Cloud>,
        token_file: TokenFile,
    },
}

impl Access {
    /// What the flags and the environment say; sends nothing.
    pub(super) fn given(flags: ConnectionArgs) -> Result<Self, CliError> {
        let mut given = flags.or(ConnectionArgs::from_environment()?);
        let endpoint = given.endpoint.take();
        if let Some(token) = given.token.take() {
            let endpoint = endpoint.ok_or_else(no_endpoint)?;
            let project = given
                .project
                .ok_or_else(|| missing("project", "--project", "BACKUP_SHARE_PROJECT"))?;
            return Ok(Self::Token {
                endpoint,
                token,
                project,
            });
        }
        let cloud = match (&given.user, &given.os_cloud) {
            (Some(_), _) => {
                // A password that is given is to be checked: no cached token.
                let cloud = Box::new(by_name(given, endpoint.as_deref())?);
                return Ok(Self::Login {
                    endpoint,
                    cloud,
                    token_file: TokenFile::disabled(),
                });
            }
            (None, Some(name)) => Cloud::named(name)?,
            (None, None) => Cloud::from_environment()?.ok_or_else(no_token)?,
        };
        let identity = json!([
            cloud.auth_url,
            cloud.region,
            cloud.interface,
            cloud.log_in.identity()
        ]);
        Ok(Self::Login {
            endpoint,
            cloud: Box::new(cloud),
            token_file: TokenFile::of(&identity.to_string()),
        })
    }

    /// A session; logs in where no token is cached.
    pub(super) async fn session(&self) -> Result<ClientSession, CliError> {
        match self {
            Self::Token {
                endpoint,
                token,
                project,
            } => {
                let client = connect(ENDPOINT, endpoint, token.clone(), None)?;
                Ok(ClientSession {
                    client,
                    project: project.clone(),
                })
            }
            Self::Login {
                endpoint,
                cloud,
                token_file,
            } => {
                let cached = match token_file.read() {
                    Some(cached) => cached,
                    None => log_in(cloud, token_file).await?,
                };
                let endpoint = endpoint
                    .as_ref()
                    .or(cached.endpoint.as_ref())
                    .ok_or_else(no_endpoint)?;
                let client = connect(ENDPOINT, endpoint, cached.token(), cloud.ca_file.as_ref())?;
                Ok(ClientSession {
                    client,
                    project: cached.project,
                })
            }
        }
    }

    /// Another session, by a new token, after a service has refused the present one; none where the
    /// user gave it.
    pub(super) async fn renewed(&self) -> Option<Result<ClientSession, CliError>> {
        match self {
            Self::Token { .. } => None,
            Self::Login { token_file, .. } => {
                token_file.remove();
                Some(self.session().await)
            }
        }
    }
}

/// An account by name and password, as the flags of the connection have it.
fn by_name(given: ConnectionArgs, endpoint: Option<&str>) -> Result<Cloud, CliError> {
    let password = given
        .password
        .ok_or_else(|| missing("password", "--password", "BACKUP_SHARE_PASSWORD"))?;
    let auth_url = given
        .auth_url
        .or(endpoint.map(str::to_owned))
        .ok_or_else(no_endpoint)?;
    let domain = given.user_domain.map_or_else(Domain::default, Domain::Name);
    let user = IdOrName::Name(given.user.unwrap_or_default(), domain);
    let scope = given.project.map_or(TokenScope::Own, |project| {
        TokenScope::Project(IdOrName::Id(project.to_string()))
    });
    let log_in = LoginRequest {
        credentials: LoginCredentials::Password { user, password },
        scope,
    };
    Ok(Cloud {
        auth_url,
        log_in,
        region: None,
        interface: "public".to_owned(),
        ca_file: None,
    })
}

async fn log_in(cloud: &Cloud, token_file: &TokenFile) -> Result<CachedToken, CliError> {
    let identity = connect(
        "--auth-url",
        &cloud.auth_url,
        SecretString::default(),
        cloud.ca_file.as_ref(),
    )?;
    let logged_in = cloud.log_in.at(&identity).await?;
    let endpoint = logged_in.endpoint(cloud.region.as_deref(), &cloud.interface);
    let Login {
        token,
        project,
        expires_at,
        ..
    } = logged_in;
    let cached = CachedToken::new(&token, project, endpoint, expires_at);
    token_file.write(&cached);
    Ok(cached)
}

/// A client of an address; `origin` is where that was given.
fn connect(
    origin: &str,
    url: &str,
    token: SecretString,
    ca_file: Option<&PathBuf>,
) -> Result<Client, CliError> {
    let connected = match ca_file {
        None => Client::connect(url, token),
        Some(file) => {
            let unreadable = |error| CliError::Usage(format!("{}: {error}", file.display()));
            Client::connect_trusting(url, token, &std::fs::read(file).map_err(unreadable)?)
        }
    };
    connected.map_err(|failure| CliError::Usage(format!("{origin}: {failure}")))
}

fn missing(what: &str, flag: &str, variable: &str) -> CliError {
    CliError::Usage(format!(
        "No {what} is given: say {flag}, or set {variable}."
    ))
}

fn no_endpoint() -> CliError {
    missing("endpoint", "--endpoint", "BACKUP_SHARE_ENDPOINT")
}

fn no_token() -> CliError {
    let flags = "say --token, or set BACKUP_SHARE_TOKEN, or log in with --user and --password";
    let clouds = "or as OpenStack's clients do, with --os-cloud or the variables OS_*";
    CliError::Usage(format!(
        "No token is given: {flags} (BACKUP_SHARE_USER, BACKUP_SHARE_PASSWORD), {clouds}."
    ))
}
