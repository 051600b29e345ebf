//! `backup-share accept`: a member accepts a backup into one of its vaults.

use clap::Args;

use super::{
    ClientCommand, CommandResult, output::OutputArgs, refusal, session::ClientSession, words,
};
use crate::client::types::{BackupId, MemberStatus, VaultId};

/// Accept a backup that is shared with your project
///
/// Prints your project's member; json and yaml are that member by itself.
#[derive(Args, Clone)]
pub(super) struct AcceptArgs {
    /// The backup
    #[arg(value_parser = words::backup)]
    backup: BackupId,
    /// The vault of yours to accept it into
    #[arg(long, value_parser = words::vault)]
    vault: VaultId,
}

impl ClientCommand for AcceptArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let ClientSession { client, project } = session;
        let call = client
            .update_member_status()
            .project_id(project.clone())
            .backup_id(self.backup)
            .member_id(project);
        let response = call
            .body_map(|body| body.status(MemberStatus::Accepted).vault_id(self.vault))
            .send()
            .await;
        match response {
            Ok(response) => output.member(&response.member),
            Err(error) => Err(refusal(error).await),
        }
    }
}
