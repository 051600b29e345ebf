//! Which service, as whom, for which project: the flags of every client command, and the environment
//! behind them. A `ClientSession` is made of them; nothing is sent from here.

use std::env::{self, VarError};

use clap::Args;
use secrecy::SecretString;

use super::{CliError, words};
use crate::client::types::ProjectId;

// The environment is not read by clap, for which it would win over a flag before the command's name.
#[derive(Args, Default)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArgs {
    /// Where the service is, such as https://cbr.example.com [env: BACKUP_SHARE_ENDPOINT]
    #[arg(long, value_name = "URL", value_parser = words::text)]
    pub(super) endpoint: Option<String>,
    /// Your project [default with --user: that of the token] [env: BACKUP_SHARE_PROJECT]
    #[arg(long, value_parser = words::project)]
    pub(super) project: Option<ProjectId>,
    /// A token for your project; other users of this machine see flags, not the environment [env:
    /// BACKUP_SHARE_TOKEN]
    #[arg(long, value_parser = words::secret, conflicts_with = "user")]
    pub(super) token: Option<SecretString>,
    /// Your name, to log in instead of showing a token [env: BACKUP_SHARE_USER]
    #[arg(long, value_name = "NAME", value_parser = words::text)]
    pub(super) user: Option<String>,
    /// Your password, to log in [env: BACKUP_SHARE_PASSWORD]
    #[arg(long, value_parser = words::secret)]
    pub(super) password: Option<SecretString>,
    /// The Keystone to log in at [default: the endpoint]
    #[arg(long, value_name = "URL", value_parser = words::text)]
    pub(super) auth_url: Option<String>,
    /// Your domain, by name, to log in [default: the domain whose id is default]
    #[arg(long, value_name = "NAME", value_parser = words::text)]
    pub(super) user_domain: Option<String>,
    /// A cloud of clouds.yaml to log in at, as OpenStack's clients do; without any of these, the
    /// variables OS_* say where and as whom [env: OS_CLOUD]
    #[arg(long, value_name = "NAME", value_parser = words::text, conflicts_with_all = ["token", "user"])]
    pub(super) os_cloud: Option<String>,
}

impl ConnectionArgs {
    /// A flag here wins over one of `before`. A token and a user name are alternatives: either
    /// replaces both of before, and so does a cloud.
    pub(super) fn or(self, before: Self) -> Self {
        let named = self.token.is_some() || self.user.is_some() || self.os_cloud.is_some();
        let said = (self.token, self.user, self.os_cloud);
        let (token, user, os_cloud) = if named {
            said
        } else {
            (before.token, before.user, before.os_cloud)
        };
        Self {
            endpoint: self.endpoint.or(before.endpoint),
            project: self.project.or(before.project),
            token,
            user,
            password: self.password.or(before.password),
            auth_url: self.auth_url.or(before.auth_url),
            user_domain: self.user_domain.or(before.user_domain),
            os_cloud,
        }
    }

    /// Whether there is any flag at all.
    #[cfg(feature = "server")]
    pub(super) fn is_given(&self) -> bool {
        let texts = [
            &self.endpoint,
            &self.user,
            &self.auth_url,
            &self.user_domain,
            &self.os_cloud,
        ];
        let secrets = [&self.token, &self.password];
        self.project.is_some()
            || texts.iter().any(|t| t.is_some())
            || secrets.iter().any(|s| s.is_some())
    }

    /// What the environment says.
    pub(super) fn from_environment() -> Result<Self, CliError> {
        Ok(Self {
            endpoint: variable("BACKUP_SHARE_ENDPOINT", words::text)?,
            project: variable("BACKUP_SHARE_PROJECT", words::project)?,
            token: variable("BACKUP_SHARE_TOKEN", words::secret)?,
            user: variable("BACKUP_SHARE_USER", words::text)?,
            password: variable("BACKUP_SHARE_PASSWORD", words::secret)?,
            auth_url: None,
            user_domain: None,
            os_cloud: variable("OS_CLOUD", words::text)?,
        })
    }
}

/// An empty variable is an unset one.
fn variable<T>(
    name: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, CliError> {
    let wrong = |reason: String| CliError::Usage(format!("{name}: {reason}."));
    match env::var(name) {
        Ok(text) if !text.is_empty() => read(&text).map(Some).map_err(wrong),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(wrong("it is no text".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::ConnectionArgs;

    fn with_token(token: &str) -> ConnectionArgs {
        ConnectionArgs {
            token: Some(token.into()),
            ..ConnectionArgs::default()
        }
    }

    #[test]
    fn a_name_replaces_a_token_that_was_given_before() {
        let login = ConnectionArgs {
            user: Some("alice".into()),
            ..ConnectionArgs::default()
        };
        let both = login.or(with_token("before"));
        assert!(both.token.is_none());
        assert_eq!(both.user.as_deref(), Some("alice"));
    }

    #[test]
    fn what_is_said_last_wins_and_the_rest_stays() {
        let before = ConnectionArgs {
            endpoint: Some("http://before".into()),
            ..with_token("before")
        };
        let both = with_token("now").or(before);
        assert_eq!(
            both.token
                .map(|token| token.expose_secret().to_owned())
                .as_deref(),
            Some("now")
        );
        assert_eq!(both.endpoint.as_deref(), Some("http://before"));
    }

    #[cfg(feature = "server")]
    #[test]
    fn a_token_alone_is_something_given() {
        assert!(!ConnectionArgs::default().is_given() && with_token("now").is_given());
    }
}
