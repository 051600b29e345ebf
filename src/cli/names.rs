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
            IdOrName::Name(name) => one(
                name,
                self.backups_named(name, OwnType::Private, None).await?,
            ),
        }
    }

    /// The id of a backup that is shared with this project, in whatever status.
    pub(super) async fn offered(&self, backup: &IdOrName<BackupId>) -> Result<BackupId, CliError> {
        match backup {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => one(name, self.shared_named(name).await?),
        }
    }

    /// The id of a backup that this project owns or that is shared with it.
    pub(super) async fn visible(&self, backup: &IdOrName<BackupId>) -> Result<BackupId, CliError> {
        match backup {
            IdOrName::Id(id) => Ok(id.clone()),
            IdOrName::Name(name) => {
                let mut found = self.backups_named(name, OwnType::Private, None).await?;
                found.extend(self.shared_named(name).await?);
                one(name, found)
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
                one(name, some(vaults, |vault| vault.name == *name).await?)
            }
        }
    }

    /// What is shared, and what this project rejected: it may change its mind.
    async fn shared_named(&self, name: &str) -> Result<Vec<Backup>, CliError> {
        let shared = OwnType::Shared;
        let mut found = self.backups_named(name, shared, None).await?;
        let rejected = Some(MemberStatus::Rejected);
        found.extend(self.backups_named(name, shared, rejected).await?);
        Ok(found)
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
fn one<T: Bearer<Id: Clone + PartialEq>>(name: &str, mut found: Vec<T>) -> Result<T::Id, CliError> {
    let mut seen: Vec<T::Id> = vec![];
    found.retain(|item| {
        let is_new = !seen.contains(item.id());
        seen.push(item.id().clone());
        is_new
    });
    let (shown, noun) = (output::printable(name), T::NOUN);
    match found.as_slice() {
        [] => Err(CliError::Refused(format!(
            "There is no {noun} named {shown}."
        ))),
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
