//! `backup-share inbox`: what other projects offer to this one, and the filters that choose among
//! it, for `accept --all` as well.

use clap::{Args, value_parser};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::{
    CliError, ClientCommand, CommandResult,
    accept_line::AcceptLines,
    bulk::AT_A_TIME,
    output::{self, OutputArgs},
    refusal,
    session::ClientSession,
    vaults,
    words::{self, ResourceKind},
};
use crate::{
    client::types::{Backup, BackupId, Member, MemberStatus, OwnType, ProjectId, VaultId},
    timestamp::Timestamp,
};

/// How many lines that accept a backup are printed to people.
const HINTS: usize = 3;
/// The codes of shares that were revoked since they were listed.
const GONE: [&str; 2] = ["BackupService.6200", "BackupService.6705"];

/// List what other projects share with yours, pending first
///
/// Prints the lines that accept what is pending, too; it says VAULT where several of your
/// vaults fit. json and yaml are a list, with the line of each one under `accept`, and with sizes
/// in GB.
#[derive(Args, Clone)]
pub(super) struct InboxArgs {
    #[command(flatten)]
    filter: InboxFilter,
    /// How many to list at most [default: all]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// Which of the backups that are shared with a project.
#[derive(Args, Clone, Default, PartialEq)]
pub(super) struct InboxFilter {
    /// Only shares in this status: pending, accepted or rejected; may be given more than once
    #[arg(long, value_parser = words::status)]
    status: Vec<MemberStatus>,
    /// Only backups of exactly this name
    #[arg(long, value_parser = words::name)]
    name: Option<String>,
    /// Only backups of this project; may be given more than once
    #[arg(long, value_name = "PROJECT", value_parser = words::project)]
    owner: Vec<ProjectId>,
    /// Only backups of this kind of resource
    #[arg(long = "type", value_name = "TYPE")]
    resource: Option<ResourceKind>,
}

/// A backup that is shared with the project, and how far that has come.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) backup: Backup,
    pub(super) status: MemberStatus,
}

/// An offer as programs get it.
#[derive(Serialize)]
struct InboxRow {
    backup_id: BackupId,
    name: Option<String>,
    owner: ProjectId,
    resource_type: String,
    size: Option<i64>,
    status: MemberStatus,
    since: Timestamp,
    vault_id: Option<VaultId>,
    accept: Option<String>,
    /// For people: what a vault must be for it.
    #[serde(skip)]
    wanted: String,
}

impl InboxFilter {
    /// Whether it chooses anything at all.
    pub(super) fn is_given(&self) -> bool {
        *self != Self::default()
    }

    /// The offers that it chooses, in the order of these statuses where it names none; at most so
    /// many.
    pub(super) async fn offers(
        &self,
        session: &ClientSession,
        by_default: &[MemberStatus],
        most: usize,
    ) -> Result<Vec<Offer>, CliError> {
        let order = [
            MemberStatus::Pending,
            MemberStatus::Accepted,
            MemberStatus::Rejected,
        ];
        let chosen = if self.status.is_empty() {
            by_default
        } else {
            &self.status
        };
        let mut offers = vec![];
        for status in order.into_iter().filter(|status| chosen.contains(status)) {
            let left = most - offers.len();
            let backups = self.call(session, status).stream();
            let of_owner =
                backups.try_filter(|backup| std::future::ready(self.is_of_owner(backup)));
            let found: Result<Vec<_>, _> = of_owner.take(left).try_collect().await;
            match found {
                Ok(found) => {
                    offers.extend(found.into_iter().map(|backup| Offer { backup, status }))
                }
                Err(error) => return Err(refusal(error).await),
            }
        }
        Ok(offers)
    }

    fn call<'c>(
        &self,
        session: &'c ClientSession,
        status: MemberStatus,
    ) -> crate::client::builder::ListBackups<'c> {
        let call = session
            .client
            .list_backups()
            .project_id(session.project.clone());
        let mut call = call.own_type(OwnType::Shared).member_status(status);
        if let Some(name) = &self.name {
            call = call.name(name.clone());
        }
        if let Some(resource) = self.resource {
            call = call.resource_type(resource.resource_type());
        }
        call
    }

    /// The service has no filter by owner.
    fn is_of_owner(&self, backup: &Backup) -> bool {
        self.owner.is_empty() || self.owner.contains(&backup.project_id)
    }
}

impl ClientCommand for InboxArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        let most = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let by_default = [MemberStatus::Pending, MemberStatus::Accepted];
        let offers = self.filter.offers(&session, &by_default, most).await?;
        let vaults = match offers
            .iter()
            .any(|offer| offer.status == MemberStatus::Pending)
        {
            true => vaults::all(&session).await?,
            false => vec![],
        };
        let is_everything = !self.filter.is_given() && self.limit.is_none();
        let lines = AcceptLines::new(&offers, &vaults, is_everything);
        let rows = stream::iter(&offers).map(|offer| row(&session, offer, &lines));
        let rows = rows.buffered(AT_A_TIME).try_collect::<Vec<_>>().await?;
        let rows: Vec<_> = rows.into_iter().flatten().collect();
        output.print(&rows, |rows| match rows.as_slice() {
            [] if is_everything => "Nothing is shared with your project.\n".to_owned(),
            [] => "Nothing that is shared with your project matches.\n".to_owned(),
            rows => table(rows) + &hints(rows, is_everything),
        })
    }
}

/// Since when it is shared stands in the project's own record alone. One that was revoked meanwhile
/// is left out.
async fn row(
    session: &ClientSession,
    offer: &Offer,
    lines: &AcceptLines<'_>,
) -> Result<Option<InboxRow>, CliError> {
    let Some(member) = own_member(session, &offer.backup.id).await? else {
        return Ok(None);
    };
    let backup = offer.backup.clone();
    let wanted = vaults::wanted(&backup);
    Ok(Some(InboxRow {
        backup_id: backup.id,
        name: backup.name,
        owner: backup.project_id,
        resource_type: backup.resource_type,
        size: backup.resource_size,
        status: member.status,
        since: member.created_at,
        vault_id: member.vault_id,
        accept: lines.line(offer),
        wanted,
    }))
}

/// The project's own record of a share; `None` where there is none.
pub(super) async fn own_member(
    session: &ClientSession,
    backup: &BackupId,
) -> Result<Option<Member>, CliError> {
    let call = session
        .client
        .show_member()
        .project_id(session.project.clone());
    let call = call
        .backup_id(backup.clone())
        .member_id(session.project.clone());
    let failure = match call.send().await {
        Ok(response) => return Ok(Some(response.into_inner().member)),
        Err(error) => crate::client::Failure::read(error).await,
    };
    match failure.code.as_deref() {
        Some(code) if GONE.contains(&code) => Ok(None),
        _ => Err(failure.into()),
    }
}

fn table(rows: &[InboxRow]) -> String {
    let cells = rows.iter().map(|row| {
        [
            output::cell(row.name.as_ref()),
            ResourceKind::short(&row.resource_type).to_owned(),
            output::cell(row.size.map(|size| format!("{size} GB"))),
            row.status.to_string(),
            output::seconds(row.since),
            row.owner.to_string(),
            row.backup_id.to_string(),
        ]
    });
    let header = ["NAME", "TYPE", "SIZE", "STATUS", "SINCE", "OWNER", "ID"];
    output::columns(header, cells)
}

/// How to accept what is pending. `--all` would accept what is not listed, too: that it is there
/// is said only where everything is.
fn hints(rows: &[InboxRow], is_everything: bool) -> String {
    let is_pending = |row: &&InboxRow| row.status == MemberStatus::Pending;
    let (mut lines, mut homeless) = (vec![], vec![]);
    for row in rows.iter().filter(is_pending) {
        match row.accept.as_deref() {
            Some(line) => lines.push(format!("  {line}\n")),
            None => {
                let name = row.name.as_deref().filter(|name| !name.is_empty());
                let name = name.map_or_else(|| row.backup_id.to_string(), output::printable);
                let wanted = &row.wanted;
                homeless.push(format!("{name} fits into no vault of yours: {wanted}.\n"));
            }
        }
    }
    let has_choice = lines.iter().any(|line| line.ends_with("--vault VAULT\n"));
    let mut hints = some_of(&lines, "\nTo accept:\n");
    if has_choice {
        hints += "Several vaults of yours fit there: `backup-share vaults` lists them.\n";
    } else if is_everything && lines.len() > 1 {
        hints += "Or all that fit: backup-share accept --all\n";
    }
    hints + &some_of(&homeless, "\n")
}

/// The first few lines, how many more there are, and what comes before them.
fn some_of(lines: &[String], before: &str) -> String {
    let shown: String = lines.iter().take(HINTS).map(String::as_str).collect();
    match lines.len().checked_sub(HINTS) {
        _ if lines.is_empty() => String::new(),
        None | Some(0) => format!("{before}{shown}"),
        Some(more) => format!("{before}{shown}  … and {more} more\n"),
    }
}
