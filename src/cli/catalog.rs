//! `backup-share catalog`: data files into a store, which may be one that a server is running on. It opens the store
//! itself and calls nobody.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};

use super::{Failure, Outcome, output, serve::failure};
use crate::{
    catalog,
    clock::{Clock, SystemClock},
    config::{Config, Database},
    serve,
};

/// Load data files into a store, and say what they may hold
#[derive(Args)]
pub(super) struct Catalog {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Load(Load),
    /// Print the JSON Schema of data files
    Schema,
}

/// Load a data file (YAML) into a store, all of it or nothing
///
/// A server may be running on the store: it sees what was loaded within seconds. What stands there already is brought
/// up to date, and loading a file again changes nothing.
#[derive(Args)]
struct Load {
    /// The data file
    file: PathBuf,
    /// The store: sqlite:FILE, or postgres://… [default: sqlite:backup-share.db] [env: BACKUP_SHARE_DATABASE]
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

impl Catalog {
    pub(super) fn run(self) -> Outcome {
        match self.command {
            Command::Load(load) => load.run(),
            Command::Schema => output::print(&output::json(&catalog::schema())?),
        }
    }
}

impl Load {
    fn run(self) -> Outcome {
        let config = Config::read(self.config.as_deref(), std::env::vars());
        let mut config = config.map_err(|error| Failure::Usage(error.to_string()))?;
        config.database = self.database.unwrap_or(config.database);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
        let loaded = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let store = serve::open_store(&config, clock.as_ref()).await.map_err(failure)?;
            catalog::load(&self.file, store.as_ref(), &clock).await.map_err(Failure::failed)
        })?;
        let counts = format!("{} added, {} changed, {} unchanged", loaded.added, loaded.changed, loaded.unchanged);
        output::print(&format!("{}: {counts}\n", self.file.display()))
    }
}
