//! `backup-share members`: who a backup is shared with, over all pages.

use clap::{Args, value_parser};
use futures::{StreamExt, TryStreamExt};

use super::{
    ClientCommand, CommandResult,
    output::OutputArgs,
    refusal,
    session::ClientSession,
    words::{self, IdOrName},
};
use crate::client::types::{BackupId, ListMembersSort, MemberStatus};

/// The largest page that the contract allows.
const PAGE: u32 = 1000;

/// List the members of a backup
///
/// Its owner sees all of them, a member only itself. Reads as many pages as there are; json and
/// yaml are a list.
#[derive(Args, Clone)]
pub(super) struct MembersArgs {
    /// The backup, by its id or name
    #[arg(value_parser = words::backup)]
    backup: IdOrName<BackupId>,
    /// Only members in this status: pending, accepted or rejected
    #[arg(long, value_parser = words::status)]
    status: Option<MemberStatus>,
    /// Keys to order by, such as status:asc,created_at:desc [default: created_at:desc]
    #[arg(long, value_name = "KEYS", value_parser = words::sort)]
    sort: Option<ListMembersSort>,
    /// How many to list at most [default: all]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

impl ClientCommand for MembersArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let backup = session.visible(&self.backup).await?;
        let ClientSession { client, project } = session;
        let page = self.limit.map_or(PAGE, |limit| limit.min(PAGE));
        let mut call = client
            .list_members()
            .project_id(project)
            .backup_id(backup)
            .limit(page);
        if let Some(status) = self.status {
            call = call.status(status);
        }
        if let Some(sort) = self.sort {
            call = call.sort(sort);
        }
        let most = self
            .limit
            .and_then(|limit| limit.try_into().ok())
            .unwrap_or(usize::MAX);
        let members = call.stream().take(most).try_collect::<Vec<_>>().await;
        match members {
            Ok(members) => output.members(&members),
            Err(error) => Err(refusal(error).await),
        }
    }
}
