//! `backup-share catalog remove`: records out of a store, which may be one that a server is running
//! on. It opens the store itself and calls no service.

mod ids;
mod report;

use clap::Args;

use self::ids::RemovalKind;
use super::{
    CliError, CommandResult,
    audit_line::{CommandAudit, Ended},
    block_on, output,
    settings::StoreFlags,
    words,
};
use crate::{
    clock::SystemClock,
    config::{Config, Database},
    error_chain, model, serve,
    store::{Removal, RemovalOutcome, RemovalRefused, Removed},
};

/// Remove users, tokens, access keys, projects, vaults or backups from a store
///
/// All of them are removed, or none. A user goes with its tokens and access keys, a backup with its
/// shares, and the vaults that it was accepted into get the capacity back. A vault that holds a
/// backup, an accepted one included, and a project that has a user, a vault, a backup or a share is
/// refused with the list of what is in the way.
///
/// Servers may be running on the store. Each of them refuses removed users and tokens, and to share
/// with removed projects, within 5 seconds, for which it caches them; everything else takes effect
/// at once. A line about the command goes to where the setting `audit` says.
///
/// Records that are taken out of a data file stay in the store, and records that are removed come
/// back when a data file that has them is loaded again: take them out of the files that a server
/// loads at start too. To keep a user, a token or a key out for a time, say `enabled: false` in its
/// data file instead.
///
/// Exit codes: 0 removed, 1 refused, with nothing removed, or failed, 2 wrong usage.
#[derive(Args)]
pub(super) struct RemoveArgs {
    /// What they are
    kind: RemovalKind,
    /// Their ids: names of users; tokens, or sha256: and the hexadecimal SHA-256 of one; the public
    /// part of access keys; ids of projects, vaults and backups. `-` reads them from stdin, one in
    /// a line: other users of this machine can see a command line
    #[arg(value_name = "ID", required = true, value_parser = words::text)]
    ids: Vec<String>,
    /// Print what would go, and what with it, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreFlags,
}

impl RemoveArgs {
    pub(super) fn run(self) -> CommandResult {
        let config = self.store.settings()?;
        let removal = self.kind.removal(ids::given(&self.ids)?)?;
        must_exist(&config.database)?;
        block_on(async {
            match self.dry_run {
                true => show(&config, &removal).await,
                false => carry_out(&config, removal).await,
            }
        })
    }
}

async fn show(config: &Config, removal: &Removal) -> CommandResult {
    let planned = report::removed(plan(config, removal).await?)?;
    output::print(&report::lines(
        removal.kind(),
        &planned,
        "nothing was removed: this was a dry run",
    ))
}

async fn carry_out(config: &Config, removal: Removal) -> CommandResult {
    let (kind, ids) = (removal.kind(), removal.ids());
    // Before anything is done: what cannot be logged is not done.
    let audit = CommandAudit::open(&config.audit)?;
    let outcome = remove(config, removal).await;
    audit.write(
        &SystemClock,
        &format!("catalog:remove:{kind}"),
        &ids,
        ended(&outcome),
    )?;
    output::print(&report::lines(
        kind,
        &report::removed(outcome?)?,
        &format!("removed from {}", config.database),
    ))
}

/// A store to remove from is there: no file is made.
fn must_exist(database: &Database) -> CommandResult {
    match serve::sqlite_file(database) {
        Ok(file) if !file.exists() => Err(CliError::failed(format!(
            "there is no file {}",
            file.display()
        ))),
        _ => Ok(()),
    }
}

async fn plan(config: &Config, removal: &Removal) -> Result<RemovalOutcome, CliError> {
    let store = serve::find_store(config).await?;
    store
        .plan_removal(removal)
        .await
        .map_err(|error| failed(&error))
}

async fn remove(config: &Config, removal: Removal) -> Result<RemovalOutcome, CliError> {
    // Only read before: a refusal keeps no server from writing, and a store that an older
    // server is running on is not brought up to date under it.
    if let Err(refused) = plan(config, &removal).await? {
        return Ok(Err(refused));
    }
    let store = serve::open_store(config, &SystemClock).await?;
    store.remove(removal).await.map_err(|error| failed(&error))
}

fn failed(error: &model::Error) -> CliError {
    CliError::failed(error_chain::full(error))
}

fn ended(outcome: &Result<RemovalOutcome, CliError>) -> Ended {
    match outcome {
        Ok(Ok(_)) => Ended::Done,
        Ok(Err(_)) => Ended::Refused,
        Err(_) => Ended::Failed,
    }
}
