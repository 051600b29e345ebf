//! `backup-share catalog`: data files into a store, which may be one that a server is running on.
//! It opens the store itself and calls nobody.

use std::{
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle, style::TemplateError};
use tokio::runtime::Runtime;

use super::{Failure, Outcome, output, remove::Remove, serve::failure};
use crate::{
    catalog::{self, CatalogError, Checked, Data, Environment, Progress, Tell},
    clock::SystemClock,
    config::{Config, Database},
    serve,
    store::{Loaded, NoStore},
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
    Check(Check),
    Remove(Remove),
    /// Print the JSON Schema of data files
    Schema,
}

/// Load a data file (YAML), of any size, into a store
///
/// All of the file is checked before any of it is taken over. A server may be running on the store:
/// it goes on writing meanwhile, and sees what was loaded within seconds. What stands there already
/// is brought up to date; loading a file again changes nothing, and completes what was interrupted.
#[derive(Args)]
struct Load {
    /// The data file; `-` for standard input
    file: PathBuf,
    /// The store: sqlite:FILE, or postgres://… [default: sqlite:backup-share.db] [env:
    /// BACKUP_SHARE_DATABASE]
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

/// Check a data file (YAML), without loading it
///
/// What its records refer to must be in the file itself, or with --database in that store, which is
/// only read. Up to 20 mistakes are printed, each with its line and place.
///
/// Exit codes: 0 no mistakes, 1 mistakes, 2 could not look.
#[derive(Args)]
struct Check {
    /// The data file; `-` for standard input
    file: PathBuf,
    /// A store that is there, in which references may lead as well: sqlite:FILE, or postgres://…
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
            Command::Check(check) => check.run(),
            Command::Remove(remove) => remove.run(),
            Command::Schema => output::print(&output::json(&catalog::schema())?),
        }
    }
}

impl Load {
    fn run(self) -> Outcome {
        let config = settings(self.config.as_deref(), self.database)?;
        let is_absent = serve::is_absent(&config).map_err(failure)?;
        let data = Data::open(&self.file).map_err(Failure::failed)?;
        let bar = bar().map_err(Failure::failed)?;
        let loaded = runtime()?.block_on(load(data, &config, is_absent, &|progress| {
            show(&bar, progress)
        }));
        bar.finish_and_clear();
        let loaded = loaded?;
        let counts = format!(
            "{} added, {} changed, {} unchanged",
            loaded.added, loaded.changed, loaded.unchanged
        );
        output::print(&format!("{}: {counts}\n", self.file.display()))
    }
}

/// A store that is not there yet is not made for a file with mistakes.
async fn load(
    data: Data,
    config: &Config,
    is_absent: bool,
    tell: Tell<'_>,
) -> Result<Loaded, Failure> {
    let environment = environment(config)?;
    let open = async || {
        serve::open_store(config, &SystemClock)
            .await
            .map_err(failure)
    };
    let store = if is_absent { None } else { Some(open().await?) };
    let checked = match &store {
        Some(store) => data.check(store, &environment, tell).await,
        None => data.check(&NoStore, &environment, tell).await,
    };
    let checked = checked.map_err(Failure::failed)?;
    warn(&checked);
    let store = match store {
        Some(store) => store,
        None => open().await?,
    };
    checked
        .load(store.as_ref(), &SystemClock, tell)
        .await
        .map_err(Failure::failed)
}

impl Check {
    fn run(self) -> Outcome {
        let look_in_store = self.database.is_some();
        let config = settings(self.config.as_deref(), self.database)?;
        let environment = environment(&config)?;
        let could_not_look = |why: String| Failure::Usage(format!("could not look: {why}"));
        let data = Data::open(&self.file).map_err(|error| could_not_look(error.to_string()))?;
        let bar = bar().map_err(Failure::failed)?;
        let checked = runtime()?.block_on(async {
            let store = match look_in_store {
                true => serve::look_up(&config)
                    .await
                    .map_err(|error| could_not_look(error.to_string()))?,
                false => Box::new(NoStore),
            };
            data.check(store.as_ref(), &environment, &|progress| {
                show(&bar, progress)
            })
            .await
            .map_err(|error| match error {
                CatalogError::Mistakes(_) => Failure::failed(error),
                other => could_not_look(other.to_string()),
            })
        });
        bar.finish_and_clear();
        let checked = checked?;
        warn(&checked);
        output::print(&format!(
            "{}: {} records, no mistakes\n",
            self.file.display(),
            checked.records()
        ))
    }
}

fn settings(file: Option<&Path>, database: Option<Database>) -> Result<Config, Failure> {
    let config =
        Config::read(file, std::env::vars()).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Config {
        database: database.unwrap_or_else(|| config.database.clone()),
        ..config
    })
}

fn environment(config: &Config) -> Result<Environment, Failure> {
    serve::environment(config).map_err(|error| Failure::Usage(error.to_string()))
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)
}

fn warn(checked: &Checked) {
    for warning in checked.warnings() {
        eprintln!("warning: {warning}");
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_message(if progress.loading {
        "loading"
    } else {
        "checking"
    });
    bar.set_length(progress.all);
    bar.set_position(progress.done);
}

/// Seen by people only.
fn bar() -> Result<ProgressBar, TemplateError> {
    let bar = if stderr().is_terminal() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    Ok(bar.with_style(ProgressStyle::with_template(
        "{msg:8} {bar:40} {percent} %, {eta} to go",
    )?))
}
