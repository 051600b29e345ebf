//! A client that is ready to call for one project: what the flags and the environment come to. Says what is missing,
//! by flag and variable.

use secrecy::SecretString;

use super::{
    Failure,
    connection::Connection,
    login::{LogIn, LoggedIn},
};
use crate::client::{Client, types::ProjectId};

/// Where an endpoint comes from.
const ENDPOINT: &str = "--endpoint (BACKUP_SHARE_ENDPOINT)";

/// A client, and the project that it calls for.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) project: ProjectId,
}

impl Session {
    /// Logs in where there is no token yet; sends nothing to the service itself.
    pub(super) async fn open(flags: Connection) -> Result<Self, Failure> {
        let mut given = flags.or(Connection::from_environment()?);
        let endpoint =
            given.endpoint.take().ok_or_else(|| missing("endpoint", "--endpoint", "BACKUP_SHARE_ENDPOINT"))?;
        let (token, project) = match given.token.take() {
            Some(token) => {
                (token, given.project.ok_or_else(|| missing("project", "--project", "BACKUP_SHARE_PROJECT"))?)
            }
            None => log_in(given, &endpoint).await?,
        };
        Ok(Self { client: connect(ENDPOINT, &endpoint, token)?, project })
    }
}

/// A token for a name and a password, and the project that it is for.
async fn log_in(given: Connection, endpoint: &str) -> Result<(SecretString, ProjectId), Failure> {
    let user = given.user.ok_or_else(no_token)?;
    let password = given.password.ok_or_else(|| missing("password", "--password", "BACKUP_SHARE_PASSWORD"))?;
    let log_in = LogIn { user, user_domain: given.user_domain, password, project: given.project };
    let LoggedIn { token, project } = match &given.auth_url {
        Some(url) => log_in.at(&connect("--auth-url", url, SecretString::default())?).await?,
        None => log_in.at(&connect(ENDPOINT, endpoint, SecretString::default())?).await?,
    };
    Ok((token, project))
}

/// A client of an address; `origin` is where that was given.
fn connect(origin: &str, url: &str, token: SecretString) -> Result<Client, Failure> {
    Client::connect(url, token).map_err(|failure| Failure::Usage(format!("{origin}: {failure}")))
}

fn missing(what: &str, flag: &str, variable: &str) -> Failure {
    Failure::Usage(format!("No {what} is given: say {flag}, or set {variable}."))
}

fn no_token() -> Failure {
    let flags = "say --token, or set BACKUP_SHARE_TOKEN, or log in with --user and --password";
    Failure::Usage(format!("No token is given: {flags} (BACKUP_SHARE_USER, BACKUP_SHARE_PASSWORD)."))
}
