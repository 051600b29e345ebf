//! The settings of authentication: the embedded identity, or a Keystone. Plain values; how they are
//! used is not known here.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// How callers are authenticated.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct IdentityConfig {
    /// Which identity service authenticates callers.
    pub mode: IdentityMode,
    /// Where clients are sent for a token, by refusals and by catalogs; empty for the address that
    /// the server listens on, or Keystone's.
    pub address: String,
    /// The region that the catalogs of the embedded identity put this server in.
    pub region: String,
    /// The lifetime of tokens that the embedded identity issues, in seconds.
    pub token_seconds: u64,
}

/// Which identity service authenticates callers.
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
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct KeystoneConfig {
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
    /// How long a valid token is cached (its TTL), in seconds; 0 for not at all.
    pub cache_seconds: u64,
    /// How long a rejected token is cached (the TTL of the negative cache), in seconds; 5 at most.
    pub negative_cache_seconds: u64,
    /// How many tokens are cached.
    pub cache_tokens: u64,
    /// Whether a project to share with must exist in Keystone. The account needs a role that may
    /// look at projects.
    pub check_projects: bool,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            mode: IdentityMode::Embedded,
            address: String::new(),
            region: "RegionOne".into(),
            token_seconds: 24 * 60 * 60,
        }
    }
}

impl Default for KeystoneConfig {
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
            negative_cache_seconds: 5,
            cache_tokens: 100_000,
            check_projects: false,
        }
    }
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
