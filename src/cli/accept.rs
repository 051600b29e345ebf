//! `backup-share accept`: a member accepts backups into its vaults, one, several, or all that are
//! offered to it.

use clap::Args;

use super::{
    CliError, ClientCommand, CommandResult, accept_line,
    bulk::{self, Done, Failed, Item, Outcome},
    inbox::{self, InboxFilter, Offer},
    output::OutputArgs,
    refusal,
    rooms::Rooms,
    session::ClientSession,
    vaults,
    words::{self, IdOrName},
};
use crate::client::types::{Backup, BackupId, Member, MemberStatus, VaultId};

/// Accept backups that are shared with your project
///
/// One backup: prints your project's member; json and yaml are that member by itself. Without a
/// vault, lists those that the backup fits into.
///
/// Several, or --all that are pending and match the filters: goes on after one that is refused, and
/// prints a line for each; json and yaml are a list of them. What is accepted already counts as
/// done: the command can be repeated. Exits with 1 if any failed.
#[derive(Args, Clone)]
pub(super) struct AcceptArgs {
    /// The backups, by their ids or names
    #[arg(value_name = "BACKUP", value_parser = words::backup, required_unless_present = "all")]
    backups: Vec<IdOrName<BackupId>>,
    /// The vault to accept into, by its id or name. With --all it may be given more than once:
    /// each backup goes into the first that it fits into; without it, into the only suitable vault
    #[arg(long = "vault", value_name = "VAULT", value_parser = words::vault)]
    vaults: Vec<IdOrName<VaultId>>,
    /// All that are shared with your project, pending ones unless --status says otherwise
    #[arg(long, conflicts_with = "backups")]
    all: bool,
    #[command(flatten)]
    filter: InboxFilter,
    /// With --all: print what would be accepted, and where, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is to be done with a backup.
enum Task {
    Accept(VaultId),
    /// It is accepted.
    Nothing,
    /// There is no room for it: why.
    NoRoom(String),
}

impl ClientCommand for AcceptArgs {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult {
        if self.all {
            return self.accept_all(&session, output).await;
        }
        if self.filter.is_given() {
            let flags = "--status, --name, --owner and --type choose what --all accepts";
            return Err(CliError::Usage(format!("{flags}: say --all.")));
        }
        if self.dry_run {
            return Err(bulk::dry_run_of_all());
        }
        let vault = match self.vaults.as_slice() {
            [] => None,
            [vault] => Some(session.vault(vault).await?),
            _ => {
                return Err(CliError::Usage(
                    "Only --all takes several vaults.".to_owned(),
                ));
            }
        };
        match (self.backups.as_slice(), vault) {
            ([backup], Some(vault)) => {
                let backup = session.offered(backup).await?;
                output.member(&accept(&session, backup, vault).await?)
            }
            ([backup], None) => accept_into_none(&session, backup, output).await,
            (_, None) => Err(CliError::Usage(
                "Choose the vault to accept into: --vault VAULT.".to_owned(),
            )),
            (backups, Some(vault)) => accept_several(&session, backups, &vault, output).await,
        }
    }
}

impl AcceptArgs {
    async fn accept_all(self, session: &ClientSession, output: OutputArgs) -> CommandResult {
        let pending = [MemberStatus::Pending];
        let offers = self.filter.offers(session, &pending, usize::MAX).await?;
        let mut rooms = Rooms::of(session, &self.vaults).await?;
        let plan = |offer: Offer| {
            let task = match offer.status {
                MemberStatus::Accepted => Task::Nothing,
                _ => rooms
                    .assign(&offer.backup)
                    .map_or_else(Task::NoRoom, Task::Accept),
            };
            Item::new(offer.backup, task)
        };
        let items: Vec<_> = offers.into_iter().map(plan).collect();
        bulk::run(items, output, |backup, task| {
            carry_out(session, backup, task, self.dry_run)
        })
        .await
    }
}

async fn carry_out(
    session: &ClientSession,
    backup: BackupId,
    task: Task,
    dry_run: bool,
) -> Result<Done, Failed> {
    let (result, vault) = match task {
        Task::NoRoom(why) => return Err(CliError::Refused(why).into()),
        Task::Nothing => (Outcome::AlreadyAccepted, None),
        Task::Accept(vault) if dry_run => (Outcome::WouldBeAccepted, Some(vault)),
        Task::Accept(vault) => {
            let member = accept(session, backup, vault).await?;
            (Outcome::Accepted, member.vault_id)
        }
    };
    Ok(Done::of_vault(result, vault))
}

/// All names are looked up before anything is changed.
async fn accept_several(
    session: &ClientSession,
    backups: &[IdOrName<BackupId>],
    vault: &VaultId,
    output: OutputArgs,
) -> CommandResult {
    let mut items = vec![];
    for backup in backups {
        let backup_id = session.offered(backup).await?;
        let item = Item {
            backup_id,
            name: backup.name(),
            task: vault.clone(),
        };
        bulk::add_once(&mut items, item);
    }
    bulk::run(items, output, |backup, vault| {
        accept_once(session, backup, vault)
    })
    .await
}

async fn accept_once(
    session: &ClientSession,
    backup: BackupId,
    vault: VaultId,
) -> Result<Done, Failed> {
    let before = inbox::own_member(session, &backup).await?;
    let is_there = |member: Member| {
        member.status == MemberStatus::Accepted && member.vault_id.as_ref() == Some(&vault)
    };
    let result = if before.is_some_and(is_there) {
        Outcome::AlreadyAccepted
    } else {
        Outcome::Accepted
    };
    let member = accept(session, backup, vault).await?;
    Ok(Done::of_vault(result, member.vault_id))
}

async fn accept(
    session: &ClientSession,
    backup: BackupId,
    vault: VaultId,
) -> Result<Member, CliError> {
    let call = session
        .client
        .update_member_status()
        .project_id(session.project.clone());
    let call = call.backup_id(backup).member_id(session.project.clone());
    let call = call.body_map(|body| body.status(MemberStatus::Accepted).vault_id(vault));
    match call.send().await {
        Ok(response) => Ok(response.into_inner().member),
        Err(error) => Err(refusal(error).await),
    }
}

/// Without a vault: nothing is left to do for what is accepted already.
async fn accept_into_none(
    session: &ClientSession,
    named: &IdOrName<BackupId>,
    output: OutputArgs,
) -> CommandResult {
    let backup_id = session.offered(named).await?;
    match inbox::own_member(session, &backup_id).await? {
        Some(member) if member.status == MemberStatus::Accepted => output.member(&member),
        Some(member) => {
            let backup = session.offer(backup_id, member.status).await?;
            Err(which_vault(session, named, &backup).await?)
        }
        None => Err(CliError::Refused(format!(
            "The backup {backup_id} is not shared with your project: ask its owner."
        ))),
    }
}

/// The vaults that a backup fits into, as an error that says how to go on.
async fn which_vault(
    session: &ClientSession,
    named: &IdOrName<BackupId>,
    backup: &Backup,
) -> Result<CliError, CliError> {
    let all = vaults::all(session).await?;
    let fitting = accept_line::fitting(&all, backup);
    let Some(first) = fitting.first() else {
        let wanted = vaults::wanted(backup);
        return Ok(CliError::Refused(format!(
            "No vault of yours fits: {wanted}."
        )));
    };
    let line = format!(
        "backup-share accept {} --vault {}",
        shown(named),
        accept_line::vault_word(first, &all)
    );
    let listed = vaults::table(fitting.iter().copied());
    Ok(CliError::Usage(format!(
        "Choose the vault to accept into with --vault. It fits into:\n\n{listed}\n  {line}"
    )))
}

/// A name that a shell would change is given by its id elsewhere; here it was typed, and is quoted.
fn shown(named: &IdOrName<BackupId>) -> String {
    let text = named.to_string();
    match accept_line::is_plain(&text) {
        true => text,
        false => format!(
            "'{}'",
            super::output::printable(&text).replace('\'', r"'\''")
        ),
    }
}
