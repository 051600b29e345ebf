//! `backup-share revoke`: the owner stops sharing a backup with projects, one after the other.

use clap::Args;

use super::{
    CliError, ClientCommand, CommandResult, output::OutputArgs, refusal, session::ClientSession,
    words,
};
use crate::client::types::{BackupId, ProjectId};

/// Stop sharing a backup of yours with projects
///
/// Goes on after a project that the service refuses, and says which it was. Prints the projects
/// that the backup is no longer shared with; json and yaml are the list of their ids.
#[derive(Args, Clone)]
pub(super) struct RevokeArgs {
    /// The backup
    #[arg(value_parser = words::backup)]
    backup: BackupId,
    /// The projects, by their ids
    #[arg(value_name = "PROJECT", value_parser = words::project, required = true)]
    projects: Vec<ProjectId>,
}

impl ClientCommand for RevokeArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let (mut revoked, mut failures) = (vec![], vec![]);
        for member in self.projects {
            match revoke(&session, &self.backup, &member).await {
                Ok(()) => revoked.push(member),
                // Nothing was done yet: it may be tried again with another token.
                Err(failure @ CliError::Unauthorized(_)) if revoked.is_empty() => {
                    return Err(failure);
                }
                Err(failure) => failures.push((member, failure)),
            }
            // A service that is out of reach for one project is so for all: do not wait for each of
            // them.
            if failures
                .last()
                .is_some_and(|(_, failure)| !matches!(failure, CliError::Refused(_)))
            {
                break;
            }
        }
        output.revoked(&revoked)?;
        together(&failures).map_or(Ok(()), Err)
    }
}

async fn revoke(session: &ClientSession, backup: &BackupId, member: &ProjectId) -> CommandResult {
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
        Err(error) => Err(refusal(error).await),
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
