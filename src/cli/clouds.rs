//! The login configuration of OpenStack's clients: a cloud of `clouds.yaml`, or the variables `OS_*`,
//! read as they read them. Logging in is not done here.

use std::{
    env,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{
    CliError,
    login::{Domain, IdOrName, LoginCredentials, LoginRequest, TokenScope},
};

/// Where to log in, as whom, and which of the services that are found there is meant.
pub(super) struct Cloud {
    pub(super) auth_url: String,
    pub(super) log_in: LoginRequest,
    /// The region of the service; any where there is none.
    pub(super) region: Option<String>,
    /// Which of the service's addresses: public, internal or admin.
    pub(super) interface: String,
    /// Certificates to trust beside those of the machine.
    pub(super) ca_file: Option<PathBuf>,
}

/// One entry of `clouds.yaml`. It has more, for other services, which is left alone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudEntry {
    auth: CloudAuth,
    #[serde(deserialize_with = "text")]
    auth_type: Option<String>,
    #[serde(deserialize_with = "text")]
    region_name: Option<String>,
    #[serde(deserialize_with = "text")]
    interface: Option<String>,
    #[serde(deserialize_with = "text")]
    cacert: Option<String>,
    verify: Option<bool>,
    #[serde(deserialize_with = "text")]
    profile: Option<String>,
}

macro_rules! auth {
    ($($field:ident: $variable:literal),* $(,)?) => {
        /// Who logs in. All of it is optional: what has to be there depends on the rest.
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct CloudAuth {
            $(#[serde(deserialize_with = "text")] $field: Option<String>,)*
            #[serde(deserialize_with = "secret")]
            password: Option<SecretString>,
            #[serde(deserialize_with = "secret")]
            application_credential_secret: Option<SecretString>,
        }

        impl CloudAuth {
            fn from_environment() -> Self {
                Self {
                    $($field: variable($variable),)*
                    password: variable("OS_PASSWORD").map(Into::into),
                    application_credential_secret: variable("OS_APPLICATION_CREDENTIAL_SECRET").map(Into::into),
                }
            }
        }
    };
}

auth! {
    auth_url: "OS_AUTH_URL",
    username: "OS_USERNAME",
    user_id: "OS_USER_ID",
    user_domain_name: "OS_USER_DOMAIN_NAME",
    user_domain_id: "OS_USER_DOMAIN_ID",
    project_name: "OS_PROJECT_NAME",
    project_id: "OS_PROJECT_ID",
    project_domain_name: "OS_PROJECT_DOMAIN_NAME",
    project_domain_id: "OS_PROJECT_DOMAIN_ID",
    application_credential_id: "OS_APPLICATION_CREDENTIAL_ID",
    application_credential_name: "OS_APPLICATION_CREDENTIAL_NAME",
}

impl Cloud {
    /// The cloud of this name in the `clouds.yaml` that is found first, with what `secure.yaml`
    /// adds to it.
    pub(super) fn named(name: &str) -> Result<Self, CliError> {
        let folders = folders();
        let explicit = variable("OS_CLIENT_CONFIG_FILE").map(PathBuf::from);
        let found = explicit.or_else(|| first(&folders, "clouds"));
        let found = found.ok_or_else(|| CliError::Usage("There is no clouds.yaml.".to_owned()))?;
        let mut clouds = read(&found)?;
        let secure = variable("OS_CLIENT_SECURE_FILE")
            .map(PathBuf::from)
            .or_else(|| first(&folders, "secure"));
        if let Some(secure) = secure {
            merge(&mut clouds, read(&secure)?);
        }
        let wrong =
            |reason: &str| CliError::Usage(format!("{}: cloud {name}: {reason}.", found.display()));
        let entry = clouds
            .get("clouds")
            .and_then(|clouds| clouds.get(name))
            .cloned();
        let entry = entry.ok_or_else(|| wrong("there is none of this name"))?;
        let entry: CloudEntry =
            serde_json::from_value(entry).map_err(|error| wrong(&error.to_string()))?;
        entry.cloud().map_err(|reason| wrong(&reason))
    }

    /// What the variables `OS_*` say, where they say where to log in.
    pub(super) fn from_environment() -> Result<Option<Self>, CliError> {
        let auth = CloudAuth::from_environment();
        if auth.auth_url.is_none() {
            return Ok(None);
        }
        let entry = CloudEntry {
            auth,
            auth_type: variable("OS_AUTH_TYPE"),
            region_name: variable("OS_REGION_NAME"),
            interface: variable("OS_INTERFACE").or_else(|| variable("OS_ENDPOINT_TYPE")),
            cacert: variable("OS_CACERT"),
            verify: None,
            profile: None,
        };
        let cloud = entry
            .cloud()
            .map_err(|reason| CliError::Usage(format!("The variables OS_*: {reason}.")))?;
        Ok(Some(cloud))
    }
}

impl CloudEntry {
    fn cloud(self) -> Result<Cloud, String> {
        let Self {
            auth,
            auth_type,
            region_name: region,
            interface,
            cacert,
            verify,
            profile,
        } = self;
        if let Some(profile) = profile {
            return Err(format!(
                "the profile {profile} is not looked up: say its auth_url"
            ));
        }
        if verify == Some(false) {
            return Err(
                "a certificate is verified in any case: name its authority in cacert".to_owned(),
            );
        }
        let auth_url = auth.auth_url.clone().ok_or("auth_url is missing")?;
        let interface = interface.unwrap_or_else(|| "public".to_owned());
        // Older files say publicURL.
        let interface = interface
            .strip_suffix("URL")
            .map(str::to_owned)
            .unwrap_or(interface);
        let ca_file = cacert.map(PathBuf::from);
        Ok(Cloud {
            auth_url,
            log_in: auth.log_in(auth_type.as_deref())?,
            region,
            interface,
            ca_file,
        })
    }
}

impl CloudAuth {
    fn log_in(self, auth_type: Option<&str>) -> Result<LoginRequest, String> {
        let by_credential = match auth_type {
            None => self.application_credential_secret.is_some(),
            Some("password" | "v3password") => false,
            Some("v3applicationcredential") => true,
            Some(other) => {
                return Err(format!(
                    "auth_type {other} is not offered: there are password and \
                     v3applicationcredential"
                ));
            }
        };
        let user = match (self.user_id, self.username) {
            (Some(id), _) => Some(IdOrName::Id(id)),
            (None, Some(name)) => Some(IdOrName::Name(
                name,
                domain(self.user_domain_id, self.user_domain_name),
            )),
            (None, None) => None,
        };
        if by_credential {
            let secret = self
                .application_credential_secret
                .ok_or("application_credential_secret is missing")?;
            let credential = match (
                self.application_credential_id,
                self.application_credential_name,
            ) {
                (Some(id), _) => LoginCredentials::Credential { id, secret },
                (None, Some(name)) => {
                    let user = user.ok_or("an application credential by name needs a user")?;
                    LoginCredentials::CredentialOf { user, name, secret }
                }
                (None, None) => return Err("application_credential_id is missing".to_owned()),
            };
            // It is for one project, and cannot be asked for another.
            return Ok(LoginRequest {
                credentials: credential,
                scope: TokenScope::Own,
            });
        }
        let user = user.ok_or("username is missing")?;
        let password = self.password.ok_or("password is missing")?;
        let scope = match (self.project_id, self.project_name) {
            (Some(id), _) => TokenScope::Project(IdOrName::Id(id)),
            (None, Some(name)) => TokenScope::Project(IdOrName::Name(
                name,
                domain(self.project_domain_id, self.project_domain_name),
            )),
            (None, None) => TokenScope::Own,
        };
        Ok(LoginRequest {
            credentials: LoginCredentials::Password { user, password },
            scope,
        })
    }
}

fn domain(id: Option<String>, name: Option<String>) -> Domain {
    match (id, name) {
        (Some(id), _) => Domain::Id(id),
        (None, Some(name)) => Domain::Name(name),
        (None, None) => Domain::default(),
    }
}

/// The folders in which OpenStack's clients look, in their order.
fn folders() -> Vec<PathBuf> {
    let home = env::home_dir().map(|home| home.join(".config"));
    let user = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or(home)
        .map(|config| config.join("openstack"));
    [
        Some(PathBuf::from(".")),
        user,
        Some("/etc/openstack".into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn first(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let files = folders.iter().flat_map(|folder| {
        ["yaml", "yml", "json"].map(|kind| folder.join(name).with_extension(kind))
    });
    files.into_iter().find(|file| file.is_file())
}

fn read(file: &Path) -> Result<Value, CliError> {
    let wrong = |reason: String| CliError::Usage(format!("{}: {reason}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    // The parser's own message shows the text around, which may be a password.
    serde_saphyr::from_str(&text).map_err(|_| wrong("this is no YAML.".to_owned()))
}

/// What `over` says wins; what it does not say stays.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => merge_objects(under, over),
        (under, over) => *under = over,
    }
}

fn merge_objects(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        merge(under.entry(key).or_insert(Value::Null), value);
    }
}

/// An empty variable is an unset one.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A text, or what YAML has made of one that looks like a number. Another value is not quoted in the
/// error: it may be secret.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("it must be a string")),
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(text(from)?.map(Into::into))
}

#[cfg(test)]
mod tests;
