//! Data files at the start: checked against the settings, and loaded.

use std::path::Path;

use tokio::task::spawn_blocking;

use crate::{
    catalog::{CatalogError, Data, Environment},
    clock::Clock,
    config::{self, Config, ConfigError, IdentityMode},
    store::Store,
};

/// What the settings say that data is checked against.
///
/// # Errors
/// [`ConfigError`], of the policy.
pub fn environment(config: &Config) -> Result<Environment, ConfigError> {
    let foreign_projects = match config.identity.mode {
        IdentityMode::Embedded => false,
        IdentityMode::Keystone => true,
    };
    Ok(Environment {
        foreign_projects,
        policy: Some(config::policy(&config.roles)?),
    })
}

/// Loads a data file.
pub(super) async fn load(
    file: &Path,
    store: &dyn Store,
    environment: &Environment,
    clock: &dyn Clock,
) -> Result<(), CatalogError> {
    // A pipe is read to its end when it is opened.
    let path = file.to_owned();
    let unreadable = |source| CatalogError::Read {
        file: file.display().to_string(),
        source,
    };
    let opened = spawn_blocking(move || Data::open(&path))
        .await
        .map_err(|error| unreadable(error.into()))?;
    let checked = opened?.check(&store, environment, &|_| {}).await?;
    for warning in checked.warnings() {
        tracing::warn!("{warning}");
    }
    let loaded = checked.load(store, clock, &|_| {}).await?;
    tracing::info!(file = %file.display(), added = loaded.added, changed = loaded.changed, "data \
        loaded");
    Ok(())
}
