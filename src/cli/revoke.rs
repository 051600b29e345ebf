//! `backup-share revoke`: the owner stops sharing a backup with projects, one after the other, or
//! all that a filter chooses.

use clap::Args;

use super::{
    CliError, ClientCommand, CommandResult,
    bulk::{self, Done, Failed, Item, Outcome},
    output::OutputArgs,
    session::ClientSession,
    shares::ShareFilter,
    words::{self, IdOrName},
};
use crate::client::{
    Failure,
    types::{BackupId, Member, ProjectId},
};

/// What the service says of a member or a backup that is not there any more.
const GONE: [&str; 2] = ["BackupService.6200", "BackupService.6705"];

/// Stop sharing backups of yours with projects
///
/// One backup: goes on after a project that the service refuses, and says which it was. Prints the
/// projects that the backup is no longer shared with; json and yaml are the list of their ids.
///
/// With --all: every share of your project, or of the backup, that the filters choose. Prints a
/// line for each backup; json and yaml are a list of them. The command can be repeated. Exits with
/// 1 if any failed.
#[derive(Args, Clone)]
pub(super) struct RevokeArgs {
    /// The backup, by its id or name
    #[arg(value_parser = words::backup, required_unless_present = "all")]
    backup: Option<IdOrName<BackupId>>,
    /// The projects, by their ids
    #[arg(value_name = "PROJECT", value_parser = words::project, required_unless_present = "all")]
    projects: Vec<ProjectId>,
    /// All shares, or those of the backup
    #[arg(long, conflicts_with = "projects")]
    all: bool,
    #[command(flatten)]
    filter: ShareFilter,
    /// With --all: print what would be revoked, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl ClientCommand for RevokeArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        if self.all {
            return self.revoke_all(&session, output).await;
        }
        if self.filter.is_given() {
            let flags = "--status, --with and --name choose what --all revokes";
            return Err(CliError::Usage(format!("{flags}: say --all.")));
        }
        if self.dry_run {
            return Err(bulk::dry_run_of_all());
        }
        let Some(backup) = &self.backup else {
            return Err(CliError::Usage("No backup is given.".to_owned()));
        };
        let backup = session.own(backup).await?;
        revoke_each(&session, &backup, self.projects, output).await
    }
}

impl RevokeArgs {
    async fn revoke_all(self, session: &ClientSession, output: OutputArgs) -> CommandResult {
        let items = match &self.backup {
            Some(_) if self.filter.names_backups() => {
                let why = "--name chooses among all backups: name one, or say --name.";
                return Err(CliError::Usage(why.to_owned()));
            }
            Some(backup) => {
                let backup_id = session.own(backup).await?;
                vec![Item {
                    backup_id,
                    name: backup.name(),
                    task: (),
                }]
            }
            None => {
                let backups = self.filter.backups(session).await?;
                backups
                    .into_iter()
                    .map(|backup| Item::new(backup, ()))
                    .collect()
            }
        };
        let (filter, dry_run) = (&self.filter, self.dry_run);
        bulk::run(items, output, |backup, ()| {
            clear(session, backup, filter, dry_run)
        })
        .await
    }
}

/// Revokes the shares of a backup that a filter chooses.
async fn clear(
    session: &ClientSession,
    backup: BackupId,
    filter: &ShareFilter,
    dry_run: bool,
) -> Result<Done, Failed> {
    let members = filter.members(session, backup.clone()).await?;
    if members.is_empty() {
        return Ok(Done::of_projects(Outcome::NothingToDo, vec![]));
    }
    let (mut projects, mut failures) = (vec![], vec![]);
    for Member {
        dest_project_id: member,
        ..
    } in members
    {
        if dry_run {
            projects.push(member);
            continue;
        }
        match delete(session, &backup, &member).await {
            Ok(()) => projects.push(member),
            Err(failure) if is_gone(&failure) => projects.push(member),
            Err(failure) => failures.push((member, failure.into())),
        }
        if is_hopeless(&failures) {
            break;
        }
    }
    let result = if dry_run {
        Outcome::WouldBeRevoked
    } else {
        Outcome::Revoked
    };
    match together(&failures) {
        Some(why) => Err(Failed { why, projects }),
        None => Ok(Done::of_projects(result, projects)),
    }
}

fn is_gone(failure: &Failure) -> bool {
    failure
        .code
        .as_deref()
        .is_some_and(|code| GONE.contains(&code))
}

async fn revoke_each(
    session: &ClientSession,
    backup: &BackupId,
    projects: Vec<ProjectId>,
    output: OutputArgs,
) -> CommandResult {
    let (mut revoked, mut failures) = (vec![], vec![]);
    for member in projects {
        match delete(session, backup, &member)
            .await
            .map_err(CliError::from)
        {
            Ok(()) => revoked.push(member),
            // Nothing was done yet: it may be tried again with another token.
            Err(failure @ CliError::Unauthorized(_)) if revoked.is_empty() => {
                return Err(failure);
            }
            Err(failure) => failures.push((member, failure)),
        }
        if is_hopeless(&failures) {
            break;
        }
    }
    output.revoked(&revoked)?;
    together(&failures).map_or(Ok(()), Err)
}

/// A service that is out of reach for one project is so for all: do not wait for each of them.
fn is_hopeless(failures: &[(ProjectId, CliError)]) -> bool {
    let last = failures.last();
    last.is_some_and(|(_, failure)| !matches!(failure, CliError::Refused(_)))
}

async fn delete(
    session: &ClientSession,
    backup: &BackupId,
    member: &ProjectId,
) -> Result<(), Failure> {
    let call = session
        .client
        .delete_member()
        .project_id(session.project.clone());
    match call
        .backup_id(backup.clone())
        .member_id(member.clone())
        .send()
        .await
    {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::read(error).await),
    }
}

/// One failure out of several, a line for each. Only the last can be more than a refusal.
fn together(failures: &[(ProjectId, CliError)]) -> Option<CliError> {
    let (_, last) = failures.last()?;
    let lines: Vec<_> = failures
        .iter()
        .map(|(member, failure)| format!("{member}: {failure}"))
        .collect();
    Some(last.saying(lines.join("\n")))
}
