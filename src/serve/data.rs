//! Data files at the start: held against what the settings say, and taken over.

use std::path::Path;

use crate::{
    catalog::{CatalogError, Data, Environment},
    clock::Clock,
    config::{self, Config, ConfigError, IdentityMode},
    store::Store,
};

/// What the settings say that data has to be held against.
///
/// # Errors
/// [`ConfigError`], of the policy.
pub fn environment(config: &Config) -> Result<Environment, ConfigError> {
    let foreign_projects = match config.identity.mode {
        IdentityMode::Embedded => false,
        IdentityMode::Keystone => true,
    };
    Ok(Environment { foreign_projects, policy: Some(config::policy(&config.roles)?) })
}

/// Takes over a data file.
pub(super) async fn load(
    file: &Path,
    store: &dyn Store,
    environment: &Environment,
    clock: &dyn Clock,
) -> Result<(), CatalogError> {
    let checked = Data::open(file)?.check(&store, environment, &|_| {}).await?;
    for warning in checked.warnings() {
        tracing::warn!("{warning}");
    }
    let loaded = checked.load(store, clock, &|_| {}).await?;
    tracing::info!(file = %file.display(), added = loaded.added, changed = loaded.changed, "data loaded");
    Ok(())
}
