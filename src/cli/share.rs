//! `backup-share share`: the owner shares backups with other projects.

use clap::Args;
use futures::TryStreamExt;

use super::{
    CliError, ClientCommand, CommandResult,
    bulk::{self, Done, Failed, Item, Outcome},
    output::OutputArgs,
    refusal,
    session::ClientSession,
    words::{self, IdOrName},
};
use crate::client::{
    Failure,
    types::{BackupId, Member, ProjectId},
};

/// What the service says where one of the projects is a member.
const ALREADY_SHARED: &str = "BackupService.6703";

/// Share backups of yours with other projects
///
/// One backup: all projects are added, or none. Prints the members that were added; json and yaml
/// are a list.
///
/// Several: goes on after one that the service refuses, and prints a line for each; json and yaml
/// are a list of them. Projects that are members already count as done: the command can be
/// repeated. Exits with 1 if any failed.
#[derive(Args, Clone)]
pub(super) struct ShareArgs {
    /// The backups, by their ids or names
    #[arg(value_name = "BACKUP", value_parser = words::backup, required = true)]
    backups: Vec<IdOrName<BackupId>>,
    /// A project to share with; may take several, and be given more than once
    #[arg(long, value_name = "PROJECT", value_parser = words::project, required = true, num_args = 1..)]
    with: Vec<ProjectId>,
}

impl ClientCommand for ShareArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        if let [backup] = self.backups.as_slice() {
            let backup = session.own(backup).await?;
            return output.members(&add(&session, &backup, self.with).await?);
        }
        let mut with = self.with;
        with.sort();
        with.dedup();
        let mut items = vec![];
        for backup in self.backups {
            let backup_id = session.own(&backup).await?;
            let item = Item {
                backup_id,
                name: backup.name(),
                task: with.clone(),
            };
            bulk::add_once(&mut items, item);
        }
        bulk::run(items, output, |backup, with| share(&session, backup, with)).await
    }
}

/// Adds the projects that are no members yet.
async fn share(
    session: &ClientSession,
    backup: BackupId,
    with: Vec<ProjectId>,
) -> Result<Done, Failed> {
    let failure = match try_add(session, &backup, with.clone()).await {
        Ok(_) => return Ok(Done::of_projects(Outcome::Shared, with)),
        Err(failure) => failure,
    };
    if failure.code.as_deref() != Some(ALREADY_SHARED) {
        return Err(CliError::from(failure).into());
    }
    let there = members(session, &backup).await?;
    let is_there = |project: &ProjectId| {
        there
            .iter()
            .any(|member| member.dest_project_id == *project)
    };
    let left: Vec<_> = with
        .iter()
        .filter(|project| !is_there(project))
        .cloned()
        .collect();
    if left.is_empty() {
        return Ok(Done::of_projects(Outcome::AlreadyShared, with));
    }
    add(session, &backup, left.clone()).await?;
    Ok(Done::of_projects(Outcome::Shared, left))
}

async fn add(
    session: &ClientSession,
    backup: &BackupId,
    with: Vec<ProjectId>,
) -> Result<Vec<Member>, CliError> {
    Ok(try_add(session, backup, with).await?)
}

async fn try_add(
    session: &ClientSession,
    backup: &BackupId,
    with: Vec<ProjectId>,
) -> Result<Vec<Member>, Failure> {
    let call = session
        .client
        .add_member()
        .project_id(session.project.clone());
    let call = call
        .backup_id(backup.clone())
        .body_map(|body| body.members(with));
    match call.send().await {
        Ok(added) => Ok(added.into_inner().members),
        Err(error) => Err(Failure::read(error).await),
    }
}

/// All members of a backup.
pub(super) async fn members(
    session: &ClientSession,
    backup: &BackupId,
) -> Result<Vec<Member>, CliError> {
    let call = session
        .client
        .list_members()
        .project_id(session.project.clone());
    match call.backup_id(backup.clone()).stream().try_collect().await {
        Ok(members) => Ok(members),
        Err(error) => Err(refusal(error).await),
    }
}
