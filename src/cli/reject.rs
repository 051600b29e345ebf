//! `backup-share reject`: a member rejects a backup, or gives one back that it had accepted.

use clap::Args;

use super::{
    ClientCommand, CommandResult,
    output::OutputArgs,
    refusal,
    session::ClientSession,
    words::{self, IdOrName},
};
use crate::client::types::{BackupId, MemberStatus};

/// Reject a backup that is shared with your project
///
/// An accepted one gives its room in the vault back. Prints your project's member; json and yaml
/// are that member by itself.
#[derive(Args, Clone)]
pub(super) struct RejectArgs {
    /// The backup, by its id or name
    #[arg(value_parser = words::backup)]
    backup: IdOrName<BackupId>,
}

impl ClientCommand for RejectArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let backup = session.offered(&self.backup).await?;
        let ClientSession { client, project } = session;
        let call = client
            .update_member_status()
            .project_id(project.clone())
            .backup_id(backup)
            .member_id(project);
        match call
            .body_map(|body| body.status(MemberStatus::Rejected))
            .send()
            .await
        {
            Ok(response) => output.member(&response.member),
            Err(error) => Err(refusal(error).await),
        }
    }
}
