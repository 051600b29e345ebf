//! `backup-share catalog`: data files into a store, which may be one that a server is running on, and
//! out of it.
//! It opens the store itself and calls no service.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::{
    CliError, CommandResult, block_on, output, progress,
    remove::RemoveArgs,
    settings::{StoreFlags, settings},
};
use crate::{
    catalog::{self, CatalogError, Checked, Data, Progress, Tell},
    clock::SystemClock,
    config::{Config, Database},
    serve,
    store::{Export, Loaded, NoStore, copy::CopyError},
};

/// How progress is shown: the phase, and how far it is.
const BAR: &str = "{msg:8} {bar:40} {percent} %, {eta} to go";

/// How the progress of an export is shown.
const EXPORTED: &str = "{bar:40} {percent} %, {eta} to go";

/// Load data files into a store, write a store as a data file, remove records from it, and say what data files may hold
#[derive(Args)]
pub(super) struct CatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Subcommand)]
enum CatalogCommand {
    Load(LoadArgs),
    Check(CheckArgs),
    Export(ExportArgs),
    Remove(RemoveArgs),
    /// Print the JSON Schema of data files
    Schema,
}

/// Load a data file (YAML), of any size, into a store
///
/// All of the file is checked before any of it is loaded. A server may be running on the store:
/// it goes on writing meanwhile, and sees what was loaded within seconds. Records that are there already
/// are updated; loading a file again changes nothing, and completes what was interrupted.
#[derive(Args)]
struct LoadArgs {
    /// The data file; `-` for standard input
    file: PathBuf,
    #[command(flatten)]
    store: StoreFlags,
}

/// Check a data file (YAML), without loading it
///
/// What its records refer to must be in the file itself, or with --database in that store, which is
/// only read. Up to 20 mistakes are printed, each with its line and place.
///
/// Exit codes: 0 no mistakes, 1 mistakes, 2 the check itself failed.
#[derive(Args)]
struct CheckArgs {
    /// The data file; `-` for standard input
    file: PathBuf,
    /// An existing store that references may point into: sqlite:FILE, or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

/// Write what a store holds as a data file (YAML)
///
/// It loads again into an empty store: projects, users, vaults, backups and shares, from one
/// snapshot; a server may be running on the store. Passwords, tokens and access keys are not
/// written: users are there, and cannot log in before a data file gives them a password. To move a
/// store with all of them, use `store copy`.
///
/// The file is readable by its owner alone; an existing file is not overwritten.
#[derive(Args)]
struct ExportArgs {
    /// The new file; `-` for standard output [default: -]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreFlags,
}

impl CatalogArgs {
    pub(super) fn run(self) -> CommandResult {
        match self.command {
            CatalogCommand::Load(load) => load.run(),
            CatalogCommand::Check(check) => check.run(),
            CatalogCommand::Export(export) => export.run(),
            CatalogCommand::Remove(remove) => remove.run(),
            CatalogCommand::Schema => output::print(&output::json(&catalog::schema())?),
        }
    }
}

impl LoadArgs {
    fn run(self) -> CommandResult {
        let config = self.store.settings()?;
        let is_absent = serve::is_absent(&config)?;
        let data = Data::open(&self.file).map_err(CliError::failed)?;
        let bar = progress::bar(BAR)?;
        let loaded = block_on(load(data, &config, is_absent, &|progress| {
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
) -> Result<Loaded, CliError> {
    let environment = serve::environment(config)?;
    let open = || serve::open_store(config, &SystemClock);
    let store = if is_absent { None } else { Some(open().await?) };
    let checked = match &store {
        Some(store) => data.check(store, &environment, tell).await,
        None => data.check(&NoStore, &environment, tell).await,
    };
    let checked = checked.map_err(CliError::failed)?;
    warn(&checked);
    let store = match store {
        Some(store) => store,
        None => open().await?,
    };
    checked
        .load(store.as_ref(), &SystemClock, tell)
        .await
        .map_err(CliError::failed)
}

/// A store of which this version knows everything: the others would come out with less than they
/// have.
async fn known_whole(config: &Config) -> Result<Box<dyn Export>, CliError> {
    let store = serve::find_store(config).await?;
    match store.newer_schema().await.map_err(CliError::failed)? {
        Some(schema) => Err(CliError::failed(CopyError::Newer("store", schema))),
        None => Ok(store),
    }
}

impl ExportArgs {
    fn run(self) -> CommandResult {
        let config = self.store.settings()?;
        let store = block_on(known_whole(&config))?;
        let file = self
            .file
            .filter(|file| file != Path::new(catalog::STANDARD_STREAM));
        let mut to: Box<dyn Write> = match &file {
            None => Box::new(BufWriter::new(io::stdout().lock())),
            Some(file) => {
                let mut options = OpenOptions::new();
                let opened = options.write(true).create_new(true).mode(0o600).open(file);
                let why = |error: io::Error| match error.kind() {
                    ErrorKind::AlreadyExists => {
                        "there is such a file already: choose another name, or remove it".to_owned()
                    }
                    _ => error.to_string(),
                };
                let why = |error| CliError::failed(format!("{}: {}", file.display(), why(error)));
                Box::new(BufWriter::new(opened.map_err(why)?))
            }
        };
        let bar = progress::bar(EXPORTED)?;
        let written = block_on(async {
            let all = store.count().await.map_err(CliError::failed)?;
            let wrote = |read| progress::show(&bar, read, all);
            catalog::export(store.as_ref(), to.as_mut(), &wrote)
                .await
                .map_err(CliError::failed)
        });
        bar.finish_and_clear();
        match (written, &file) {
            (Err(error), Some(file)) => {
                // Half a file looks like a whole one.
                let _ = std::fs::remove_file(file);
                Err(error)
            }
            (Ok(written), Some(file)) => {
                output::print(&format!("{}: {written} records\n", file.display()))
            }
            (written, None) => written.map(|_| ()),
        }
    }
}

impl CheckArgs {
    fn run(self) -> CommandResult {
        let look_in_store = self.database.is_some();
        let config = settings(self.config.as_deref(), self.database)?;
        let environment = serve::environment(&config)?;
        let could_not_look = |why: String| CliError::Usage(format!("cannot check: {why}"));
        let data = Data::open(&self.file).map_err(|error| could_not_look(error.to_string()))?;
        let bar = progress::bar(BAR)?;
        let checked = block_on(async {
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
                CatalogError::Mistakes(_) => CliError::failed(error),
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
    progress::show(bar, progress.done, progress.all);
}
