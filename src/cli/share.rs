//! `backup-share share`: the owner shares a backup with other projects.

use clap::Args;

use super::{
    ClientCommand, CommandResult, output::OutputArgs, refusal, session::ClientSession, words,
};
use crate::client::types::{BackupId, ProjectId};

/// Share a backup of yours with other projects
///
/// All of them are added, or none. Prints the members that were added; json and yaml are a list.
#[derive(Args, Clone)]
pub(super) struct ShareArgs {
    /// The backup
    #[arg(value_parser = words::backup)]
    backup: BackupId,
    /// A project to share it with; may take several, and be given more than once
    #[arg(long, value_name = "PROJECT", value_parser = words::project, required = true, num_args = 1..)]
    with: Vec<ProjectId>,
}

impl ClientCommand for ShareArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let ClientSession { client, project } = session;
        let call = client
            .add_member()
            .project_id(project)
            .backup_id(self.backup);
        let added = call.body_map(|body| body.members(self.with)).send().await;
        match added {
            Ok(added) => output.members(&added.members),
            Err(error) => Err(refusal(error).await),
        }
    }
}
