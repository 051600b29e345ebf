//! `backup-share catalog`: data files into a store, which may be one that a server is running on. It opens the store
//! itself and calls nobody.

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle, style::TemplateError};

use super::{Failure, Outcome, output, remove::Remove, serve::failure};
use crate::{
    catalog::{self, Progress},
    clock::{Clock, SystemClock},
    config::{Config, Database},
    serve,
};

/// Load data files into a store, remove records from it, and say what data files may hold
#[derive(Args)]
pub(super) struct Catalog {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Load(Load),
    Remove(Remove),
    /// Print the JSON Schema of data files
    Schema,
}

/// Load a data file (YAML), of any size, into a store
///
/// All of the file is checked before any of it is taken over. A server may be running on the store: it goes on writing
/// meanwhile, and sees what was loaded within seconds. What stands there already is brought up to date; loading a file
/// again changes nothing, and completes what was interrupted.
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
            Command::Remove(remove) => remove.run(),
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
        let bar = bar().map_err(Failure::failed)?;
        let loaded = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let store = serve::open_store(&config, clock.as_ref()).await.map_err(failure)?;
            let tell = |progress: Progress| {
                bar.set_message(if progress.loading { "loading" } else { "checking" });
                bar.set_length(progress.all);
                bar.set_position(progress.done);
            };
            catalog::load_telling(&self.file, store.as_ref(), &clock, &tell).await.map_err(Failure::failed)
        });
        bar.finish_and_clear();
        let loaded = loaded?;
        let counts = format!("{} added, {} changed, {} unchanged", loaded.added, loaded.changed, loaded.unchanged);
        output::print(&format!("{}: {counts}\n", self.file.display()))
    }
}

/// Seen by people only.
fn bar() -> Result<ProgressBar, TemplateError> {
    let bar = if stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    Ok(bar.with_style(ProgressStyle::with_template("{msg:8} {bar:40} {percent} %, {eta} to go")?))
}
