//! `backup-share shares`: what a project shares, with whom, and how far each has come; and the
//! filters that choose among it, for `revoke --all` as well.

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::{
    CliError, ClientCommand, CommandResult,
    bulk::AT_A_TIME,
    output::{self, OutputArgs},
    progress, refusal,
    session::ClientSession,
    words,
};
use crate::{
    client::{
        Failure,
        types::{Backup, BackupId, Member, MemberStatus, OwnType, ProjectId, VaultId},
    },
    timestamp::Timestamp,
};

/// What the service says of a backup that was deleted since it was listed.
const GONE: &str = "BackupService.6200";
/// How progress is shown.
const BAR: &str = "{bar:40} {pos} of {len} backups, {eta} to go";

/// List what your project shares, with whom, and how far each has come
///
/// Asks for the members of each of your project's backups. json and yaml are a list of shares, each
/// with its backup.
#[derive(Args, Clone)]
pub(super) struct SharesArgs {
    #[command(flatten)]
    filter: ShareFilter,
}

/// Which of the shares of a project's own backups.
#[derive(Args, Clone, Default, PartialEq)]
pub(super) struct ShareFilter {
    /// Only shares in this status: pending, accepted or rejected; may be given more than once
    #[arg(long, value_parser = words::status)]
    status: Vec<MemberStatus>,
    /// Only shares with this project; may take several, and be given more than once
    #[arg(long, value_name = "PROJECT", value_parser = words::project, num_args = 1..)]
    with: Vec<ProjectId>,
    /// Only backups of exactly this name
    #[arg(long, value_parser = words::name)]
    name: Option<String>,
}

/// A share as programs get it.
#[derive(Serialize)]
struct ShareRow {
    backup_id: BackupId,
    name: Option<String>,
    size: Option<i64>,
    dest_project_id: ProjectId,
    status: MemberStatus,
    created_at: Timestamp,
    updated_at: Option<Timestamp>,
    vault_id: Option<VaultId>,
}

impl ShareFilter {
    /// Whether it chooses anything at all.
    pub(super) fn is_given(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it chooses among backups.
    pub(super) fn names_backups(&self) -> bool {
        self.name.is_some()
    }

    /// The project's backups that it chooses.
    pub(super) async fn backups(&self, session: &ClientSession) -> Result<Vec<Backup>, CliError> {
        let call = session
            .client
            .list_backups()
            .project_id(session.project.clone());
        let mut call = call.own_type(OwnType::Private);
        if let Some(name) = &self.name {
            call = call.name(name.clone());
        }
        match call.stream().try_collect().await {
            Ok(backups) => Ok(backups),
            Err(error) => Err(refusal(error).await),
        }
    }

    /// The members of a backup that it chooses.
    pub(super) async fn members(
        &self,
        session: &ClientSession,
        backup: BackupId,
    ) -> Result<Vec<Member>, CliError> {
        let call = session
            .client
            .list_members()
            .project_id(session.project.clone());
        let mut call = call.backup_id(backup);
        // The service filters by one.
        if let [status] = self.status.as_slice() {
            call = call.status(*status);
        }
        let is_meant = |member: &Member| {
            (self.status.is_empty() || self.status.contains(&member.status))
                && (self.with.is_empty() || self.with.contains(&member.dest_project_id))
        };
        let members = call
            .stream()
            .try_filter(|member| std::future::ready(is_meant(member)));
        let failure = match members.try_collect().await {
            Ok(members) => return Ok(members),
            Err(error) => Failure::read(error).await,
        };
        match failure.code.as_deref() {
            Some(GONE) => Ok(vec![]),
            _ => Err(failure.into()),
        }
    }
}

impl ClientCommand for SharesArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let backups = self.filter.backups(&session).await?;
        let bar = progress::bar(BAR)?;
        bar.set_length(backups.len() as u64);
        let (session, filter, bar) = (&session, &self.filter, &bar);
        let shares = stream::iter(backups).map(|backup| async move {
            let members = filter.members(session, backup.id.clone()).await?;
            bar.inc(1);
            let rows = members.into_iter().map(|member| row(&backup, member));
            Ok::<_, CliError>(rows.collect::<Vec<_>>())
        });
        let shares: Vec<_> = shares.buffered(AT_A_TIME).try_collect().await?;
        bar.finish_and_clear();
        let rows: Vec<_> = shares.into_iter().flatten().collect();
        output.print(&rows, |rows| match rows.as_slice() {
            [] if self.filter.is_given() => "No share of your project matches.\n".to_owned(),
            [] => "Your project shares nothing.\n".to_owned(),
            rows => table(rows),
        })
    }
}

fn row(backup: &Backup, member: Member) -> ShareRow {
    ShareRow {
        backup_id: member.backup_id,
        name: backup.name.clone(),
        size: backup.resource_size,
        dest_project_id: member.dest_project_id,
        status: member.status,
        created_at: member.created_at,
        updated_at: member.updated_at,
        vault_id: member.vault_id,
    }
}

fn table(rows: &[ShareRow]) -> String {
    let cells = rows.iter().map(|row| {
        [
            output::cell(row.name.as_ref()),
            output::cell(row.size.map(|size| format!("{size} GB"))),
            row.dest_project_id.to_string(),
            row.status.to_string(),
            output::seconds(row.created_at),
            output::cell(row.updated_at.map(output::seconds)),
            row.backup_id.to_string(),
        ]
    });
    let header = [
        "BACKUP",
        "SIZE",
        "PROJECT",
        "STATUS",
        "SHARED",
        "UPDATED",
        "BACKUP ID",
    ];
    output::columns(header, cells)
}
