//! `backup-share accept`: a member accepts a backup into a vault of its own.

use clap::Args;

use super::{ClientCommand, Outcome, output::Output, refusal, session::Session, words};
use crate::client::types::{BackupId, MemberStatus, VaultId};

/// Accept a backup that is shared with your project
///
/// Prints your project's member; json and yaml are that member by itself.
#[derive(Args, Clone)]
pub(super) struct Accept {
    /// The backup
    #[arg(value_parser = words::backup)]
    backup: BackupId,
    /// The vault of yours to accept it into
    #[arg(long, value_parser = words::vault)]
    vault: VaultId,
}

impl ClientCommand for Accept {
    async fn run(self, session: Session, output: Output) -> Outcome {
        let Session { client, project } = session;
        let call = client
            .update_member_status()
            .project_id(project.clone())
            .backup_id(self.backup)
            .member_id(project);
        let answer = call
            .body_map(|body| body.status(MemberStatus::Accepted).vault_id(self.vault))
            .send()
            .await;
        match answer {
            Ok(answer) => output.member(&answer.member),
            Err(error) => Err(refusal(error).await),
        }
    }
}
