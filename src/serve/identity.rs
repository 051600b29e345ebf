//! Builds the identity service that the settings name, and checks them: the values of the
//! configuration become settings of a Keystone here.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use secrecy::ExposeSecret;

use super::{ServeError, http_service::public_url};
use crate::{
    clock::Clock,
    config::{Config, ConfigError, IdentityMode, KeystoneConfig},
    identity::{
        Embedded, Identity, Keystone,
        keystone::{self, Http, ServiceCredentials},
    },
    store::Store,
};

/// Who authenticates callers; and the same, where it issues tokens itself.
pub(super) type Identities = (Arc<dyn Identity>, Option<Arc<Embedded>>);

/// The identity service of the settings. `listening`: the address of this server.
pub(super) fn identity(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    listening: SocketAddr,
) -> Result<Identities, ServeError> {
    match config.identity.mode {
        IdentityMode::Embedded => {
            let embedded = Arc::new(embedded(config, store, clock, listening));
            Ok((embedded.clone(), Some(embedded)))
        }
        IdentityMode::Keystone => {
            let settings = settings(&config.keystone)?;
            let http = Arc::new(http(&settings, &config.keystone.ca_file)?);
            let address = &config.identity.address;
            let keystone = Keystone::new(settings, address, http, Arc::clone(clock));
            Ok((Arc::new(keystone), None))
        }
    }
}

fn embedded(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    listening: SocketAddr,
) -> Embedded {
    let address = match config.identity.address.as_str() {
        "" => format!("{}/v3", public_url(config, listening)),
        address => address.to_owned(),
    };
    let lifetime = Duration::from_secs(config.identity.token_seconds);
    Embedded::new(Arc::clone(store), Arc::clone(clock), address, lifetime).limiting_logins(
        config.limits.failed_logins_per_minute,
        config.limits.failed_logins_per_minute_of_user,
    )
}

/// Whether the identity's settings are valid, before anything is made that needs one.
pub(super) fn check(config: &Config) -> Result<(), ServeError> {
    match config.identity.mode {
        IdentityMode::Embedded => Ok(()),
        IdentityMode::Keystone => {
            http(&settings(&config.keystone)?, &config.keystone.ca_file).map(drop)
        }
    }
}

fn http(keystone: &keystone::Settings, ca_file: &Path) -> Result<Http, ServeError> {
    let ca_file = Some(ca_file).filter(|file| !file.as_os_str().is_empty());
    let encrypted = keystone.address.starts_with("https");
    Ok(Http::new(encrypted, ca_file, keystone.deadline)?)
}

/// What the configuration says about a Keystone, checked.
///
/// # Errors
/// [`ConfigError::Value`], which names the key.
fn settings(config: &KeystoneConfig) -> Result<keystone::Settings, ConfigError> {
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| config.address.starts_with(scheme));
    must(
        web,
        "address",
        "it must be like https://keystone.example.com/v3",
    )?;
    let credentials = credentials(config)?;
    must(
        credentials.is_some() || !config.check_projects,
        "check_projects",
        "it needs an account to ask as",
    )?;
    Ok(keystone::Settings {
        address: config.address.clone(),
        credentials,
        deadline: Duration::from_secs(config.deadline_seconds),
        cache_ttl: Duration::from_secs(config.cache_seconds),
        negative_cache_ttl: Duration::from_secs(config.negative_cache_seconds),
        cache_capacity: config.cache_tokens,
        check_projects: config.check_projects,
    })
}

fn credentials(config: &KeystoneConfig) -> Result<Option<ServiceCredentials>, ConfigError> {
    let id = &config.application_credential_id;
    must(
        id.is_empty() || config.user.is_empty(),
        "user",
        "there is an application credential already",
    )?;
    if !id.is_empty() {
        let secret = config.application_credential_secret.clone();
        let given = !secret.expose_secret().is_empty();
        must(given, "application_credential_secret", "it is missing")?;
        return Ok(Some(ServiceCredentials::ApplicationCredential {
            id: id.clone(),
            secret,
        }));
    }
    if config.user.is_empty() {
        return Ok(None);
    }
    let given = !config.password.expose_secret().is_empty();
    must(given, "password", "it is missing")?;
    Ok(Some(ServiceCredentials::Password {
        user: config.user.clone(),
        user_domain: config.user_domain.clone(),
        password: config.password.clone(),
        project: config.project.clone(),
        project_domain: config.project_domain.clone(),
    }))
}

fn must(sound: bool, key: &str, reason: &str) -> Result<(), ConfigError> {
    let wrong = || ConfigError::Value {
        origin: format!("keystone.{key}"),
        reason: reason.to_owned(),
    };
    sound.then_some(()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::settings;
    use crate::config::KeystoneConfig;

    fn has_credentials(change: impl FnOnce(&mut KeystoneConfig)) -> Result<bool, String> {
        let mut config = KeystoneConfig {
            address: "https://keystone.test/v3".into(),
            ..KeystoneConfig::default()
        };
        change(&mut config);
        settings(&config)
            .map(|settings| settings.credentials.is_some())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_account_is_a_user_or_an_application_credential_or_none() {
        assert_eq!(has_credentials(|_| {}), Ok(false));
        assert_eq!(
            has_credentials(|k| (k.user, k.password) = ("cbr".into(), "secret".into())),
            Ok(true)
        );
        let credential = |k: &mut KeystoneConfig| {
            k.application_credential_id = "id".into();
            k.application_credential_secret = "secret".into();
        };
        assert_eq!(has_credentials(credential), Ok(true));
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key() {
        let refused = |key: &str, change: fn(&mut KeystoneConfig)| {
            let refused = has_credentials(change).expect_err(key);
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
