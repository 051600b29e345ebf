//! `backup-share store`: looks after a store, which may be one that a server is running on. It opens the store itself
//! and calls nobody.

use std::{
    io::{IsTerminal, stderr},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, Outcome, output};
use crate::{
    config::{self, Config},
    serve,
    store::{
        check::{self, Finding},
        sqlite,
    },
};

/// Check a store, or make a copy of it, while a server is running on it
#[derive(Args)]
pub(super) struct Store {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that what a store keeps holds together
    ///
    /// Prints one line for each kind of invariant. Exit codes: 0 all hold, 1 one is violated, 2 could not look.
    Check {
        #[command(flatten)]
        database: Database,
    },
    /// Copy a SQLite store into a new file, whole, checked, and readable by its owner alone
    Backup {
        /// The new file
        file: PathBuf,
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Args)]
struct Database {
    /// The store: sqlite:FILE [default: sqlite:backup-share.db] [env: BACKUP_SHARE_DATABASE]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

impl Store {
    pub(super) fn run(self) -> Outcome {
        match self.command {
            Command::Check { database } => check(&database.address()?),
            Command::Backup { file, database } => backup(&database.address()?, &file),
        }
    }
}

impl Database {
    fn address(self) -> Result<config::Database, Failure> {
        let config = Config::read(self.config.as_deref(), std::env::vars());
        let config = config.map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(self.database.map_or(config.database, Into::into))
    }
}

fn check(database: &config::Database) -> Outcome {
    // Whoever asks whether a store is sound must be able to tell "no" from "I could not look".
    let could_not_look = |why: String| Failure::Usage(format!("could not look: {why}"));
    let store = serve::find_store(database).map_err(|error| could_not_look(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let findings = runtime.block_on(check::check(store.as_ref()));
    let findings = findings.map_err(|error| could_not_look(cause(&error)))?;
    output::print(&findings.iter().map(line).collect::<String>())?;
    for example in findings.iter().flat_map(|finding| &finding.examples) {
        eprintln!("{example}");
    }
    match findings.iter().map(|finding| finding.wrong).sum() {
        0 => Ok(()),
        wrong => Err(Failure::Refused(format!("{database}: {wrong} violations"))),
    }
}

/// What the store says of its failure: this is the operator's own machine.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn line(finding: &Finding) -> String {
    let Finding { kind, looked_at, what, wrong, .. } = finding;
    let verdict = if *wrong == 0 { "ok".to_owned() } else { format!("{wrong} wrong") };
    format!("{kind:<9}  {looked_at} {what}: {verdict}\n")
}

fn backup(database: &config::Database, file: &Path) -> Outcome {
    let from = serve::sqlite_file(database).map_err(|error| Failure::Usage(error.to_string()))?;
    let bar = if stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent} %, {eta} to go").map_err(Failure::failed)?);
    let copied = sqlite::backup(&from, file, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    copied.map_err(Failure::failed)?;
    output::print(&format!("{}: a copy of {database}\n", file.display()))
}
