//! The settings of who is calling: the identity that is built in, or a Keystone. How either works
//! is not known here.

use std::{path::PathBuf, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::ConfigError;
use crate::identity::keystone::{self, Account};

/// Who is calling.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Who knows the callers.
    pub mode: IdentityMode,
    /// Where clients are told to get a token; empty for the address that the server listens on, or
    /// Keystone's.
    pub address: String,
    /// How long a token that the embedded identity issues is good, in seconds.
    pub token_seconds: u64,
}

/// Who knows the callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// This server: users, tokens and access keys of data files.
    Embedded,
    /// A Keystone.
    Keystone,
}

/// The Keystone to ask, in the mode `keystone`. With neither user nor application credential each
/// caller's own token asks about itself, and no account is needed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keystone {
    /// Its address, such as `https://keystone.example.com/v3`.
    pub address: String,
    /// The service account, with the role `service` in its project.
    pub user: String,
    /// Its domain.
    pub user_domain: String,
    /// Its password.
    #[serde(deserialize_with = "secret", serialize_with = "nothing")]
    pub password: SecretString,
    /// Its project.
    pub project: String,
    /// That project's domain.
    pub project_domain: String,
    /// An application credential in place of the user, by id.
    pub application_credential_id: String,
    /// Its secret.
    #[serde(deserialize_with = "secret", serialize_with = "nothing")]
    pub application_credential_secret: SecretString,
    /// Certificates (PEM) to trust beside those of the machine; empty for none.
    pub ca_file: PathBuf,
    /// The longest that a caller waits for Keystone, in seconds.
    pub deadline_seconds: u64,
    /// How long a good token is believed without asking again, in seconds; 0 for not at all.
    pub cache_seconds: u64,
    /// How long a refused token is refused without asking again, in seconds; 5 at most.
    pub refusal_seconds: u64,
    /// How many tokens are remembered.
    pub cache_tokens: u64,
    /// Whether a project to share with must exist in Keystone. The account needs a role that may
    /// look at projects.
    pub check_projects: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            mode: IdentityMode::Embedded,
            address: String::new(),
            token_seconds: 24 * 60 * 60,
        }
    }
}

impl Default for Keystone {
    fn default() -> Self {
        Self {
            address: String::new(),
            user: String::new(),
            user_domain: "Default".into(),
            password: SecretString::default(),
            project: "service".into(),
            project_domain: "Default".into(),
            application_credential_id: String::new(),
            application_credential_secret: SecretString::default(),
            ca_file: PathBuf::new(),
            deadline_seconds: 3,
            cache_seconds: 300,
            refusal_seconds: 5,
            cache_tokens: 100_000,
            check_projects: false,
        }
    }
}

impl Keystone {
    /// The same, checked.
    ///
    /// # Errors
    /// [`ConfigError::Value`], which names the key.
    pub fn settings(&self) -> Result<keystone::Settings, ConfigError> {
        let web = ["http://", "https://"]
            .iter()
            .any(|scheme| self.address.starts_with(scheme));
        must(
            web,
            "address",
            "it must be like https://keystone.example.com/v3",
        )?;
        let account = self.account()?;
        must(
            account.is_some() || !self.check_projects,
            "check_projects",
            "it needs an account to ask as",
        )?;
        Ok(keystone::Settings {
            address: self.address.clone(),
            account,
            deadline: Duration::from_secs(self.deadline_seconds),
            believed: Duration::from_secs(self.cache_seconds),
            refusals_believed: Duration::from_secs(self.refusal_seconds),
            remembered: self.cache_tokens,
            check_projects: self.check_projects,
        })
    }

    fn account(&self) -> Result<Option<Account>, ConfigError> {
        let id = &self.application_credential_id;
        must(
            id.is_empty() || self.user.is_empty(),
            "user",
            "there is an application credential already",
        )?;
        if !id.is_empty() {
            let secret = self.application_credential_secret.clone();
            must(
                !secret.expose_secret().is_empty(),
                "application_credential_secret",
                "it is missing",
            )?;
            return Ok(Some(Account::ApplicationCredential {
                id: id.clone(),
                secret,
            }));
        }
        if self.user.is_empty() {
            return Ok(None);
        }
        must(
            !self.password.expose_secret().is_empty(),
            "password",
            "it is missing",
        )?;
        Ok(Some(Account::Password {
            user: self.user.clone(),
            user_domain: self.user_domain.clone(),
            password: self.password.clone(),
            project: self.project.clone(),
            project_domain: self.project_domain.clone(),
        }))
    }
}

fn must(sound: bool, key: &str, reason: &str) -> Result<(), ConfigError> {
    let wrong = || ConfigError::Value {
        origin: format!("keystone.{key}"),
        reason: reason.to_owned(),
    };
    sound.then_some(()).ok_or_else(wrong)
}

/// The library's own message would quote what it found in place of a text.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match toml::Value::deserialize(from) {
        Ok(toml::Value::String(text)) => Ok(text.into()),
        _ => Err(D::Error::custom("a secret must be a text")),
    }
}

/// Settings are written to find out which there are: no secret is needed for that.
fn nothing<S: Serializer>(_: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("")
}

#[cfg(test)]
mod tests {
    use super::Keystone;

    fn keystone(change: impl FnOnce(&mut Keystone)) -> Result<bool, String> {
        let mut keystone = Keystone {
            address: "https://keystone.test/v3".into(),
            ..Keystone::default()
        };
        change(&mut keystone);
        keystone
            .settings()
            .map(|settings| settings.account.is_some())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_account_is_a_user_or_an_application_credential_or_nobody() {
        assert_eq!(keystone(|_| {}), Ok(false));
        assert_eq!(
            keystone(|k| (k.user, k.password) = ("cbr".into(), "secret".into())),
            Ok(true)
        );
        let credential = |k: &mut Keystone| {
            k.application_credential_id = "id".into();
            k.application_credential_secret = "secret".into();
        };
        assert_eq!(keystone(credential), Ok(true));
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key() {
        let refused = |key: &str, change: fn(&mut Keystone)| {
            let refused = keystone(change).expect_err(key);
            assert!(
                refused.starts_with(&format!("keystone.{key}: ")),
                "{refused}"
            );
        };
        refused("address", |k| k.address = String::new());
        refused("address", |k| k.address = "keystone:5000".into());
        refused("password", |k| k.user = "cbr".into());
        refused("application_credential_secret", |k| {
            k.application_credential_id = "id".into()
        });
        refused("user", |k| {
            (k.user, k.application_credential_id) = ("cbr".into(), "id".into())
        });
        refused("check_projects", |k| k.check_projects = true);
    }
}
