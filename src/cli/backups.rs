//! `backup-share backups`: the backups that a project owns, and those that are shared with it.

use clap::{Args, value_parser};
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;

use super::{
    ClientCommand, CommandResult,
    output::{self, OutputArgs},
    refusal,
    session::ClientSession,
    words,
};
use crate::{
    client::types::{Backup, BackupId, BackupStatusFilter, OwnType, ProjectId, VaultId},
    timestamp::Timestamp,
};

/// The largest page that the contract allows.
const PAGE: u32 = 1000;

/// List your project's backups, and those that are shared with it
///
/// Latest first; reads as many pages as there are. json and yaml are a list, with sizes in GB.
#[derive(Args, Clone)]
pub(super) struct BackupsArgs {
    /// Those that are shared with your project instead, pending and accepted ones
    #[arg(long, conflicts_with = "all")]
    shared: bool,
    /// Your own ones and those that are shared with your project
    #[arg(long)]
    all: bool,
    /// Only backups of exactly this name
    #[arg(long, value_parser = words::name)]
    name: Option<String>,
    /// Only backups in this status, such as available; may be given more than once
    #[arg(long, value_parser = words::backup_status)]
    status: Vec<BackupStatusFilter>,
    /// Only backups of this kind of resource: server or disk
    #[arg(long = "type", value_name = "TYPE")]
    resource: Option<words::ResourceKind>,
    /// How many to list at most [default: all]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// A backup as programs get it.
#[derive(Serialize)]
pub(super) struct BackupRow<'b> {
    id: &'b BackupId,
    name: Option<&'b str>,
    description: Option<&'b str>,
    project_id: &'b ProjectId,
    vault_id: Option<&'b VaultId>,
    status: &'b str,
    resource_type: &'b str,
    resource_id: Option<&'b str>,
    resource_name: Option<&'b str>,
    resource_size: Option<i64>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    protected_at: Option<Timestamp>,
    expired_at: Option<Timestamp>,
}

impl ClientCommand for BackupsArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let shows_owner = self.shared || self.all;
        let own_type = match (self.shared, self.all) {
            (true, _) => OwnType::Shared,
            (_, true) => OwnType::AllGranted,
            _ => OwnType::Private,
        };
        let page = self.limit.map_or(PAGE, |limit| limit.min(PAGE));
        let call = session.client.list_backups().project_id(session.project);
        let mut call = call.own_type(own_type).limit(page);
        if let Some(name) = self.name {
            call = call.name(name);
        }
        if let Some(resource) = self.resource {
            call = call.resource_type(resource.resource_type());
        }
        if !self.status.is_empty() {
            call = call.status(self.status);
        }
        let most = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let backups: Vec<Backup> = match call.stream().take(most).try_collect().await {
            Ok(backups) => backups,
            Err(error) => return Err(refusal(error).await),
        };
        let rows: Vec<_> = backups.iter().map(row).collect();
        output.print(&rows, |_| match backups.as_slice() {
            [] => "No backups.\n".to_owned(),
            backups => table(backups, shows_owner),
        })
    }
}

/// A backup for programs.
pub(super) fn row(backup: &Backup) -> BackupRow<'_> {
    BackupRow {
        id: &backup.id,
        name: backup.name.as_deref(),
        description: backup.description.as_deref(),
        project_id: &backup.project_id,
        vault_id: backup.vault_id.as_ref(),
        status: &backup.status,
        resource_type: &backup.resource_type,
        resource_id: backup.resource_id.as_deref(),
        resource_name: backup.resource_name.as_deref(),
        resource_size: backup.resource_size,
        created_at: backup.created_at,
        updated_at: backup.updated_at,
        protected_at: backup.protected_at,
        expired_at: backup.expired_at,
    }
}

/// Its size for people.
pub(super) fn size(backup: &Backup) -> String {
    output::cell(backup.resource_size.map(|size| format!("{size} GB")))
}

fn table(backups: &[Backup], shows_owner: bool) -> String {
    let cells = backups.iter().map(|backup| {
        [
            output::cell(backup.name.as_ref()),
            words::ResourceKind::short(&backup.resource_type).to_owned(),
            size(backup),
            backup.status.clone(),
            output::cell(backup.created_at.map(output::seconds)),
            backup.id.to_string(),
            backup.project_id.to_string(),
        ]
    });
    let header = ["NAME", "TYPE", "SIZE", "STATUS", "MADE", "ID", "OWNER"];
    if shows_owner {
        return output::columns(header, cells);
    }
    let [name, kind, size, status, made, id, _] = header;
    let own =
        cells.map(|[name, kind, size, status, made, id, _]| [name, kind, size, status, made, id]);
    output::columns([name, kind, size, status, made, id], own)
}
