//! A client that is ready to call for one project: what the flags and the environment come to. Says
//! what is missing, by flag and variable.

use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::json;

use super::{
    Failure,
    clouds::Cloud,
    connection::Connection,
    login::{Account, Domain, LogIn, LoggedIn, Named, Scope},
    tokens::{Kept, Place},
};
use crate::client::{Client, types::ProjectId};

/// Where an endpoint comes from.
const ENDPOINT: &str = "--endpoint (BACKUP_SHARE_ENDPOINT)";

/// A client, and the project that it calls for.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) project: ProjectId,
}

/// How to come to a session. A log-in is remembered by its token, which may have been revoked
/// since: then [`Access::renewed`] gives another session.
pub(super) enum Access {
    /// A token that the user has given.
    Token {
        endpoint: String,
        token: SecretString,
        project: ProjectId,
    },
    /// An account to log in with.
    LogIn {
        endpoint: Option<String>,
        cloud: Box<Cloud>,
        place: Place,
    },
}

impl Access {
    /// What the flags and the environment say; sends nothing.
    pub(super) fn given(flags: Connection) -> Result<Self, Failure> {
        let mut given = flags.or(Connection::from_environment()?);
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
                // Whoever says a password wants it tried.
                let cloud = Box::new(by_name(given, endpoint.as_deref())?);
                return Ok(Self::LogIn {
                    endpoint,
                    cloud,
                    place: Place::nowhere(),
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
        Ok(Self::LogIn {
            endpoint,
            cloud: Box::new(cloud),
            place: Place::of(&identity.to_string()),
        })
    }

    /// A session; logs in where there is no token from before.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        match self {
            Self::Token {
                endpoint,
                token,
                project,
            } => {
                let client = connect(ENDPOINT, endpoint, token.clone(), None)?;
                Ok(Session {
                    client,
                    project: project.clone(),
                })
            }
            Self::LogIn {
                endpoint,
                cloud,
                place,
            } => {
                let kept = match place.read() {
                    Some(kept) => kept,
                    None => log_in(cloud, place).await?,
                };
                let endpoint = endpoint
                    .as_ref()
                    .or(kept.endpoint.as_ref())
                    .ok_or_else(no_endpoint)?;
                let client = connect(ENDPOINT, endpoint, kept.token(), cloud.ca_file.as_ref())?;
                Ok(Session {
                    client,
                    project: kept.project,
                })
            }
        }
    }

    /// Another session, by a new token, after a service has refused the present one; none where the
    /// user gave it.
    pub(super) async fn renewed(&self) -> Option<Result<Session, Failure>> {
        match self {
            Self::Token { .. } => None,
            Self::LogIn { place, .. } => {
                place.forget();
                Some(self.session().await)
            }
        }
    }
}

/// An account by name and password, as the flags of the connection have it.
fn by_name(given: Connection, endpoint: Option<&str>) -> Result<Cloud, Failure> {
    let password = given
        .password
        .ok_or_else(|| missing("password", "--password", "BACKUP_SHARE_PASSWORD"))?;
    let auth_url = given
        .auth_url
        .or(endpoint.map(str::to_owned))
        .ok_or_else(no_endpoint)?;
    let domain = given.user_domain.map_or_else(Domain::default, Domain::Name);
    let user = Named::Name(given.user.unwrap_or_default(), domain);
    let scope = given.project.map_or(Scope::Own, |project| {
        Scope::Project(Named::Id(project.to_string()))
    });
    let log_in = LogIn {
        account: Account::Password { user, password },
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

async fn log_in(cloud: &Cloud, place: &Place) -> Result<Kept, Failure> {
    let identity = connect(
        "--auth-url",
        &cloud.auth_url,
        SecretString::default(),
        cloud.ca_file.as_ref(),
    )?;
    let logged_in = cloud.log_in.at(&identity).await?;
    let endpoint = logged_in.endpoint(cloud.region.as_deref(), &cloud.interface);
    let LoggedIn {
        token,
        project,
        expires_at,
        ..
    } = logged_in;
    let kept = Kept::new(&token, project, endpoint, expires_at);
    place.write(&kept);
    Ok(kept)
}

/// A client of an address; `origin` is where that was given.
fn connect(
    origin: &str,
    url: &str,
    token: SecretString,
    ca_file: Option<&PathBuf>,
) -> Result<Client, Failure> {
    let connected = match ca_file {
        None => Client::connect(url, token),
        Some(file) => {
            let unreadable = |error| Failure::Usage(format!("{}: {error}", file.display()));
            Client::connect_trusting(url, token, &std::fs::read(file).map_err(unreadable)?)
        }
    };
    connected.map_err(|failure| Failure::Usage(format!("{origin}: {failure}")))
}

fn missing(what: &str, flag: &str, variable: &str) -> Failure {
    Failure::Usage(format!(
        "No {what} is given: say {flag}, or set {variable}."
    ))
}

fn no_endpoint() -> Failure {
    missing("endpoint", "--endpoint", "BACKUP_SHARE_ENDPOINT")
}

fn no_token() -> Failure {
    let flags = "say --token, or set BACKUP_SHARE_TOKEN, or log in with --user and --password";
    let clouds = "or as OpenStack's clients do, with --os-cloud or the variables OS_*";
    Failure::Usage(format!(
        "No token is given: {flags} (BACKUP_SHARE_USER, BACKUP_SHARE_PASSWORD), {clouds}."
    ))
}
