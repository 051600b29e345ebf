//! Names of backups and vaults, in the place of their ids. A name that is not unique is an error
//! that lists what bears it; an id is sent as it is, without a look-up.

use futures::{Stream, StreamExt, TryStreamExt};

use super::{CliError, output, refusal, session::ClientSession, words::IdOrName};
use crate::client::{
    Error,
    types::{self, Backup, BackupId, MemberStatus, OwnType, Vault, VaultId},
};

/// How many of the same name are listed at most.
const CANDIDATES: usize = 20;

impl ClientSession {
    /// The id of a backup that this project owns.
    pub(super) async fn own(&self, backup: &IdOrName<BackupId>) -> Result<BackupId, CliError> {
        match backup {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => {
                let found = self.backups_named(name, OwnType::Private, None).await?;
                let missing = |name: &str| format!("Your project owns no backup named {name}.");
                one(name, found, missing)
            }
        }
    }

    /// The id of a backup that is shared with this project, in whatever status.
    pub(super) async fn offered(&self, backup: &IdOrName<BackupId>) -> Result<BackupId, CliError> {
        match backup {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => {
                let missing =
                    |name: &str| format!("No backup named {name} is shared with your project.");
                one(name, self.granted(name, OwnType::Shared).await?, missing)
            }
        }
    }

    /// A backup that is shared with this project, as far as it is shown. What the project rejected
    /// is in lists alone.
    pub(super) async fn offer(
        &self,
        id: BackupId,
        status: MemberStatus,
    ) -> Result<Backup, CliError> {
        let project = self.project.clone();
        if status == MemberStatus::Rejected {
            let call = self.client.list_backups().project_id(project);
            let call = call.own_type(OwnType::Shared).member_status(status);
            let found = some(call.stream(), |backup| backup.id == id).await?;
            let gone = || CliError::Refused(format!("The backup {id} is no longer shared."));
            return found.into_iter().next().ok_or_else(gone);
        }
        let call = self.client.show_backup().project_id(project);
        match call.backup_id(id).send().await {
            Ok(response) => Ok(response.into_inner().backup),
            Err(error) => Err(refusal(error).await),
        }
    }

    /// The id of a backup that this project owns or that is shared with it.
    pub(super) async fn visible(&self, backup: &IdOrName<BackupId>) -> Result<BackupId, CliError> {
        match backup {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => {
                let found = self.granted(name, OwnType::AllGranted).await?;
                one(name, found, |name: &str| {
                    format!("You see no backup named {name}.")
                })
            }
        }
    }

    /// The id of a vault of this project.
    pub(super) async fn vault(&self, vault: &IdOrName<VaultId>) -> Result<VaultId, CliError> {
        match vault {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => {
                let call = self.client.list_vaults().project_id(self.project.clone());
                let vaults = call.name(name.clone()).stream();
                let found = some(vaults, |vault| vault.name == *name).await?;
                one(name, found, |name: &str| {
                    format!("Your project has no vault named {name}.")
                })
            }
        }
    }

    /// What is granted under this name; else what this project rejected, since it may change its
    /// mind.
    async fn granted(&self, name: &str, own_type: OwnType) -> Result<Vec<Backup>, CliError> {
        let found = self.backups_named(name, own_type, None).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        let rejected = Some(MemberStatus::Rejected);
        self.backups_named(name, OwnType::Shared, rejected).await
    }

    async fn backups_named(
        &self,
        name: &str,
        own_type: OwnType,
        status: Option<MemberStatus>,
    ) -> Result<Vec<Backup>, CliError> {
        let call = self.client.list_backups().project_id(self.project.clone());
        let mut call = call.own_type(own_type).name(name);
        if let Some(status) = status {
            call = call.member_status(status);
        }
        some(call.stream(), |backup| backup.name.as_deref() == Some(name)).await
    }
}

/// As many as are worth listing. A service may find parts of names as well: those do not count.
async fn some<T>(
    found: impl Stream<Item = Result<T, Error<types::Error>>>,
    is_meant: impl Fn(&T) -> bool,
) -> Result<Vec<T>, CliError> {
    let meant = found.try_filter(|item| std::future::ready(is_meant(item)));
    match meant.take(CANDIDATES + 1).try_collect().await {
        Ok(found) => Ok(found),
        Err(error) => Err(refusal(error).await),
    }
}

/// What may bear a name.
trait Bearer {
    type Id: ToString;
    const NOUN: &'static str;

    fn id(&self) -> &Self::Id;

    /// What tells it from another of the same name.
    fn told_apart(&self) -> [String; 4];
}

impl Bearer for Backup {
    type Id = BackupId;
    const NOUN: &'static str = "backup";

    fn id(&self) -> &BackupId {
        &self.id
    }

    fn told_apart(&self) -> [String; 4] {
        [
            self.id.to_string(),
            output::cell(self.resource_size.map(|size| format!("{size} GB"))),
            format!("owner {}", self.project_id),
            format!(
                "made {}",
                output::cell(self.created_at.map(output::seconds))
            ),
        ]
    }
}

impl Bearer for Vault {
    type Id = VaultId;
    const NOUN: &'static str = "vault";

    fn id(&self) -> &VaultId {
        &self.id
    }

    fn told_apart(&self) -> [String; 4] {
        [
            self.id.to_string(),
            format!("{} GB", self.billing.size),
            self.billing.object_type.clone(),
            format!(
                "made {}",
                output::cell(self.created_at.map(output::seconds))
            ),
        ]
    }
}

/// The one that is meant. A service that does not know every filter may list it twice.
fn one<T: Bearer<Id: Clone + PartialEq>>(
    name: &str,
    mut found: Vec<T>,
    missing: impl FnOnce(&str) -> String,
) -> Result<T::Id, CliError> {
    let mut seen: Vec<T::Id> = vec![];
    found.retain(|item| {
        let is_new = !seen.contains(item.id());
        seen.push(item.id().clone());
        is_new
    });
    let (shown, noun) = (output::printable(name), T::NOUN);
    match found.as_slice() {
        [] => Err(CliError::Refused(missing(&shown))),
        [one] => Ok(one.id().clone()),
        several => {
            let more = if several.len() > CANDIDATES {
                "More than "
            } else {
                ""
            };
            let count = several.len().min(CANDIDATES);
            let candidates = several.iter().take(CANDIDATES).map(Bearer::told_apart);
            let candidates = output::columns(["ID", "SIZE", "WHOSE", "SINCE"], candidates);
            let lines: Vec<_> = candidates
                .lines()
                .skip(1)
                .map(|line| format!("  {line}"))
                .collect();
            Err(CliError::Usage(format!(
                "{more}{count} {noun}s are named {shown}. Say which by its id:\n{}",
                lines.join("\n")
            )))
        }
    }
}
