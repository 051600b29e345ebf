//! `backup-share vaults`: the project's vaults, how much is free in each, and which of them a backup
//! fits into.

use clap::Args;
use futures::TryStreamExt;
use serde::Serialize;

use super::{
    CliError, ClientCommand, CommandResult,
    output::{self, MB_PER_GB, OutputArgs},
    refusal,
    session::ClientSession,
    words::{self, ResourceKind},
};
use crate::{
    client::types::{Backup, ObjectTypeFilter, ProjectId, Vault, VaultId},
    timestamp::Timestamp,
};

/// List your project's vaults, with what is free in them
///
/// Reads as many pages as there are; json and yaml are a list, with the size in GB, and what is
/// used and free in MB.
#[derive(Args, Clone)]
pub(super) struct VaultsArgs {
    /// Only vaults of exactly this name
    #[arg(long, value_parser = words::name)]
    name: Option<String>,
    /// Only vaults for this kind of resource, such as server or disk
    #[arg(long = "type", value_name = "TYPE", value_parser = words::object_type)]
    object_type: Option<ObjectTypeFilter>,
}

/// A vault as programs get it.
#[derive(Serialize)]
struct VaultRow<'v> {
    id: &'v VaultId,
    name: &'v str,
    project_id: &'v ProjectId,
    object_type: &'v str,
    protect_type: &'v str,
    status: &'v str,
    size: i64,
    used: i64,
    free: i64,
    created_at: Option<Timestamp>,
}

impl ClientCommand for VaultsArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let mut call = session.client.list_vaults().project_id(session.project);
        if let Some(name) = self.name {
            call = call.name(name);
        }
        if let Some(object_type) = self.object_type {
            call = call.object_type(object_type);
        }
        let vaults: Vec<Vault> = match call.stream().try_collect().await {
            Ok(vaults) => vaults,
            Err(error) => return Err(refusal(error).await),
        };
        let rows: Vec<_> = vaults.iter().map(row).collect();
        output.print(&rows, |_| match vaults.as_slice() {
            [] => "No vaults.\n".to_owned(),
            vaults => table(vaults),
        })
    }
}

/// All vaults of a session's project.
pub(super) async fn all(session: &ClientSession) -> Result<Vec<Vault>, CliError> {
    let call = session.client.list_vaults();
    let vaults = call.project_id(session.project.clone()).stream();
    match vaults.try_collect().await {
        Ok(vaults) => Ok(vaults),
        Err(error) => Err(refusal(error).await),
    }
}

/// What is free in a vault, in MB.
pub(super) fn free(vault: &Vault) -> i64 {
    let size = vault.billing.size.saturating_mul(MB_PER_GB);
    size.saturating_sub(vault.billing.used).max(0)
}

/// How much of a vault a backup takes, in MB; nothing where the service does not tell.
pub(super) fn needed(backup: &Backup) -> i64 {
    backup.resource_size.unwrap_or(0).saturating_mul(MB_PER_GB)
}

/// Whether a vault is one for such backups, and can be used, however full it is. Of other types than
/// those that can be shared nothing is known here: the service decides.
pub(super) fn suits(vault: &Vault, backup: &Backup) -> bool {
    let billing = &vault.billing;
    let kind = ResourceKind::of(&backup.resource_type);
    let is_of_type =
        kind.is_none() || billing.object_type == ResourceKind::short(&backup.resource_type);
    is_of_type && billing.protect_type == "backup" && billing.status == "available"
}

/// The kind of vault that a backup needs, in words.
pub(super) fn wanted(backup: &Backup) -> String {
    let kind = output::printable(ResourceKind::short(&backup.resource_type));
    let room = output::megabytes(needed(backup));
    format!("it needs an available backup vault for {kind}s with more than {room} free")
}

fn row(vault: &Vault) -> VaultRow<'_> {
    VaultRow {
        id: &vault.id,
        name: &vault.name,
        project_id: &vault.project_id,
        object_type: &vault.billing.object_type,
        protect_type: &vault.billing.protect_type,
        status: &vault.billing.status,
        size: vault.billing.size,
        used: vault.billing.used,
        free: free(vault),
        created_at: vault.created_at,
    }
}

/// Vaults for people.
pub(super) fn table<'v>(vaults: impl IntoIterator<Item = &'v Vault>) -> String {
    let rows = vaults.into_iter().map(|vault| {
        [
            vault.name.clone(),
            vault.billing.object_type.clone(),
            vault.billing.protect_type.clone(),
            vault.billing.status.clone(),
            format!("{} GB", vault.billing.size),
            output::megabytes(free(vault)),
            vault.id.to_string(),
        ]
    });
    let header = ["NAME", "TYPE", "PROTECTS", "STATUS", "SIZE", "FREE", "ID"];
    output::columns(header, rows)
}
