//! What can be checked before there is a store: that ports are free, files readable, settings valid.
//! A start that fails here leaves nothing behind.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{ServeError, descriptors, identity, listen::Listener};
use crate::{
    api::TrustedProxies,
    catalog::{self, CatalogError},
    config::{self, Config, ConfigError},
    model::policy::Policy,
    telemetry,
};

/// A server before it has its store: sockets that clients can connect to already, and valid settings.
pub struct PreparedServer {
    pub(super) service: Listener,
    pub(super) metrics: Option<Listener>,
    pub(super) policy: Policy,
    pub(super) proxies: TrustedProxies,
    pub(super) connections: usize,
}

/// Checks everything that a server needs besides its store, and binds its ports.
///
/// # Errors
/// [`ServeError`]: then nothing listens, and no file was made.
pub async fn prepare(config: &Config) -> Result<PreparedServer, ServeError> {
    config.check()?;
    let policy = config::policy(&config.roles)?;
    let proxies =
        TrustedProxies::parse(&config.trusted_proxies).map_err(|reason| ConfigError::Value {
            origin: "trusted_proxies".to_owned(),
            reason,
        })?;
    identity::check(config)?;
    config.data.iter().try_for_each(|file| check_data(file))?;
    check_audit(&config.audit)?;
    let service = listen(config).await?;
    let metrics = listen_for_metrics(config).await?;
    let connections = descriptors::connections(config);
    Ok(PreparedServer {
        service,
        metrics,
        policy,
        proxies,
        connections,
    })
}

async fn listen(config: &Config) -> Result<Listener, ServeError> {
    let address = &config.listen;
    Listener::bind(address)
        .await
        .map_err(|source| ServeError::Listen {
            address: address.clone(),
            source,
        })
}

async fn listen_for_metrics(config: &Config) -> Result<Option<Listener>, ServeError> {
    let address = &config.metrics;
    if address.is_empty() {
        return Ok(None);
    }
    let bound = Listener::bind(address).await;
    bound.map(Some).map_err(|source| ServeError::Metrics {
        address: address.clone(),
        source,
    })
}

/// Whether a data file can be read. A pipe can be read once only, and not now.
fn check_data(file: &Path) -> Result<(), ServeError> {
    if file == Path::new(catalog::STANDARD_STREAM) {
        return Ok(());
    }
    let checked = fs::metadata(file).and_then(|about| match about {
        about if about.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        about if about.is_file() => File::open(file).map(drop),
        _ => Ok(()),
    });
    let unreadable = |source| CatalogError::Read {
        file: file.display().to_string(),
        source,
    };
    checked.map_err(unreadable).map_err(ServeError::from)
}

/// Whether the audit can be written. Leaves no file where there was none.
fn check_audit(target: &str) -> Result<(), ServeError> {
    if target.is_empty() || target == "stderr" {
        return Ok(());
    }
    let is_new = fs::symlink_metadata(target).is_err();
    let opened = telemetry::append_to(Path::new(target));
    let removed = opened.and_then(|_| {
        if is_new {
            fs::remove_file(target)
        } else {
            Ok(())
        }
    });
    removed.map_err(|source| ServeError::Audit {
        file: target.to_owned(),
        source,
    })
}
