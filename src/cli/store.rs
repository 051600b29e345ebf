//! `backup-share store`: looks after a store, which may be one that a server is running on. It
//! opens the store itself and calls no service.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};

use super::{
    CliError, CommandResult, block_on, output, progress,
    settings::{StoreFlags, settings},
};
use crate::{
    config::{Config, Database, IdentityMode},
    error_chain, hex, model, serve,
    store::{
        Export,
        check::{self, Finding, Projects},
        copy::{self, Compared},
        sqlite,
    },
};

/// How progress is shown.
const BAR: &str = "{bar:40} {percent} %, {eta} to go";

/// Check a store, make a copy of it, or move to another database
#[derive(Args)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Check that a store is consistent
    ///
    /// Prints the store, and one line for each kind of invariant. Nothing is created where there is
    /// no store. Exit codes: 0 all hold, 1 one is violated, 2 the check itself failed.
    Check {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Copy a SQLite store into a new file, whole, checked, and readable by its owner alone
    Backup {
        /// The new file
        file: PathBuf,
        #[command(flatten)]
        store: StoreFlags,
    },
    Copy(CopyArgs),
}

/// Copy every record of a store into another one, such as from SQLite into PostgreSQL
///
/// Stop the servers of both stores first. What is written to the source meanwhile is not copied for
/// certain: it is read as it was at one moment, and again at the end, when both stores are read to
/// compare them. The counts and checksums of that are printed; checksums are salted, so those of
/// two runs cannot be compared. Users and their passwords, tokens, access keys, vaults, backups and
/// shares are copied as they are, ids and times included.
///
/// The target is made where it is not there. One that holds records which the source does not have,
/// or has otherwise, is refused and left as it is. A copy that was broken off goes on when the same
/// command is run again; until it is whole, no server starts on the target.
///
/// Exit codes: 0 copied and both are equal, 1 failed or they differ, 2 wrong usage.
#[derive(Args)]
struct CopyArgs {
    /// The store to read: sqlite:FILE, or postgres://…
    #[arg(long, value_name = "URL")]
    from: Database,
    /// The store to write: sqlite:FILE, or postgres://…
    #[arg(long, value_name = "URL")]
    to: Database,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

impl StoreArgs {
    pub(super) fn run(self) -> CommandResult {
        match self.command {
            StoreCommand::Check { store } => check(&store.settings()?),
            StoreCommand::Backup { file, store } => backup(&store.settings()?.database, &file),
            StoreCommand::Copy(copy) => copy.run(),
        }
    }
}

fn check(config: &Config) -> CommandResult {
    // "It is not sound" and "it could not be checked" have different exit codes.
    let could_not_look = |why: String| CliError::Usage(format!("cannot check: {why}"));
    let projects = match config.identity.mode {
        IdentityMode::Embedded => Projects::InStore,
        IdentityMode::Keystone => Projects::Elsewhere,
    };
    let findings = block_on(async {
        let store = serve::find_store(config)
            .await
            .map_err(|error| could_not_look(error.to_string()))?;
        warn_if_newer(store.as_ref())
            .await
            .map_err(|error| could_not_look(error_chain::full(&error)))?;
        check::check(store.as_ref(), projects)
            .await
            .map_err(|error| could_not_look(error_chain::full(&error)))
    })?;
    let lines: String = findings.iter().map(line).collect();
    output::print(&format!("store      {}\n{lines}", config.database))?;
    for example in findings.iter().flat_map(|finding| &finding.examples) {
        eprintln!("{example}");
    }
    match findings.iter().map(|finding| finding.wrong).sum() {
        0 => Ok(()),
        wrong => Err(CliError::Refused(format!(
            "{}: {wrong} violations",
            config.database
        ))),
    }
}

/// What this version does not know of it is not checked.
async fn warn_if_newer(store: &dyn Export) -> model::Result<()> {
    if let Some(schema) = store.newer_schema().await? {
        eprintln!(
            "warning: the store has the schema {schema} of a newer version of backup-share: what \
             this one does not know of it is not checked"
        );
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let Finding {
        kind,
        looked_at,
        what,
        wrong,
        ..
    } = finding;
    let verdict = if *wrong == 0 {
        "ok".to_owned()
    } else {
        format!("{wrong} wrong")
    };
    format!("{kind:<9}  {looked_at} {what}: {verdict}\n")
}

fn backup(database: &Database, file: &Path) -> CommandResult {
    if serve::is_postgres(database) {
        let advice = "backups of PostgreSQL are made by its own tools, such as pg_dump; this \
            command copies SQLite";
        return Err(CliError::Usage(advice.to_owned()));
    }
    let from = serve::sqlite_file(database)?;
    let bar = progress::bar(BAR)?;
    let copied = sqlite::backup(&from, file, |done, all| progress::show(&bar, done, all));
    bar.finish_and_clear();
    copied.map_err(CliError::failed)?;
    output::print(&format!("{}: a copy of {database}\n", file.display()))
}

impl CopyArgs {
    fn run(self) -> CommandResult {
        if self.from == self.to || is_same_file(&self.from, &self.to) {
            return Err(CliError::Usage(
                "--from and --to are the same store".to_owned(),
            ));
        }
        let config = settings(self.config.as_deref(), None)?;
        let of = |database| Config {
            database,
            ..config.clone()
        };
        let (from, to) = (of(self.from), of(self.to));
        let bar = progress::bar(BAR)?;
        let compared = block_on(async {
            let source = serve::find_store(&from).await?;
            let target = serve::open_target(&to).await?;
            let copied = copy::copy(source.as_ref(), target.as_ref(), |done, all| {
                progress::show(&bar, done, all)
            })
            .await;
            copied.map_err(|error| {
                CliError::failed(format!("{} to {}: {error}", from.database, to.database))
            })
        });
        bar.finish_and_clear();
        let compared = compared?;
        output::print(&table(&compared))?;
        match compared.iter().all(Compared::is_equal) {
            true => Ok(()),
            false => Err(CliError::Refused(format!(
                "{} is not what {} is: make sure that nothing else writes to either, and run the \
                 same command again",
                to.database, from.database
            ))),
        }
    }
}

/// Whether both are the same SQLite file, under whatever names.
fn is_same_file(one: &Database, other: &Database) -> bool {
    let file = |database| {
        let about = serve::sqlite_file(database).ok()?.metadata().ok()?;
        Some((about.dev(), about.ino()))
    };
    file(one).is_some_and(|one| file(other) == Some(one))
}

fn table(compared: &[Compared]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "KIND",
        "SOURCE",
        "TARGET",
        "CHECKSUMS OF THIS RUN",
    ]);
    for Compared {
        kind,
        source,
        target,
    } in compared
    {
        let verdict = match (
            source.checksum == target.checksum,
            short(source.checksum),
            short(target.checksum),
        ) {
            (true, both, _) => format!("{both} equal"),
            (false, source, target) => format!("{source} {target} differ"),
        };
        table.add_row([
            kind.to_string(),
            source.count.to_string(),
            target.count.to_string(),
            verdict,
        ]);
    }
    table
        .lines()
        .map(|line| line.trim().to_owned() + "\n")
        .collect()
}

/// As much of a checksum as people compare.
fn short(checksum: [u8; 32]) -> String {
    hex::encode(&checksum[..8])
}
