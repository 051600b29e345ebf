//! The server's settings, for commands that work on a store themselves: from a file, the
//! environment, and flags.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::config::{Config, ConfigError, Database};

/// Flags of a command that works on a store.
#[derive(Args)]
pub(super) struct StoreFlags {
    /// The store: sqlite:FILE, or postgres://… [default: sqlite:backup-share.db] [env:
    /// BACKUP_SHARE_DATABASE]
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

impl StoreFlags {
    pub(super) fn settings(self) -> Result<Config, CliError> {
        settings(self.config.as_deref(), self.database)
    }
}

/// The settings, with another database where one is given.
pub(super) fn settings(
    file: Option<&Path>,
    database: Option<Database>,
) -> Result<Config, CliError> {
    let config = Config::read(file, std::env::vars())?;
    Ok(Config {
        database: database.unwrap_or_else(|| config.database.clone()),
        ..config
    })
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}
