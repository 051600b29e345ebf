//! `backup-share show`: one backup, or one of its members.

use clap::Args;

use super::{
    ClientCommand, CommandResult, backups,
    output::{self, OutputArgs},
    refusal,
    session::ClientSession,
    words::{self, IdOrName},
};
use crate::client::types::{Backup, BackupId, ProjectId};

/// Show a backup, or how far one of its members has come
///
/// The backup is one of your project's, or one that is shared with it. json and yaml are the backup
/// or the member by itself.
#[derive(Args, Clone)]
pub(super) struct ShowArgs {
    /// The backup, by its id or name
    #[arg(value_parser = words::backup)]
    backup: IdOrName<BackupId>,
    /// A project that it is shared with: shows that member
    #[arg(value_name = "MEMBER", value_parser = words::project)]
    member: Option<ProjectId>,
}

impl ClientCommand for ShowArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let backup = session.visible(&self.backup).await?;
        let ClientSession { client, project } = session;
        if let Some(member) = self.member {
            let call = client.show_member().project_id(project);
            return match call.backup_id(backup).member_id(member).send().await {
                Ok(response) => output.member(&response.member),
                Err(error) => Err(refusal(error).await),
            };
        }
        match client
            .show_backup()
            .project_id(project)
            .backup_id(backup)
            .send()
            .await
        {
            Ok(response) => {
                output.print(&backups::row(&response.backup), |_| lines(&response.backup))
            }
            Err(error) => Err(refusal(error).await),
        }
    }
}

/// A line for each thing that is known.
fn lines(backup: &Backup) -> String {
    let time = |time: Option<_>| time.map(output::seconds);
    let known = [
        ("name", backup.name.clone().filter(|name| !name.is_empty())),
        ("id", Some(backup.id.to_string())),
        ("owner", Some(backup.project_id.to_string())),
        ("status", Some(backup.status.clone())),
        ("type", Some(backup.resource_type.clone())),
        (
            "size",
            Some(backups::size(backup)).filter(|size| size != "-"),
        ),
        ("resource", backup.resource_name.clone()),
        ("vault", backup.vault_id.as_ref().map(ToString::to_string)),
        ("made", time(backup.created_at)),
        ("changed", time(backup.updated_at)),
        ("state of", time(backup.protected_at)),
        ("expires", time(backup.expired_at)),
        ("description", backup.description.clone()),
    ];
    let known = known
        .into_iter()
        .filter_map(|(what, value)| Some((what, value?)));
    known
        .map(|(what, value)| format!("{what:13}{}\n", output::printable(&value)))
        .collect()
}
