//! The first reading of a data file: whether its records go together, with each other and with what stands in the store.
//! It writes nothing, and keeps nothing but ids.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    file,
    source::Batch,
    stream::{Record, Wrong},
};
use crate::{
    model::{Facts, MemberStatus, ProjectId, Result, Selection, VaultSelection, facts::MemberSelection},
    store::{Store, TokenHash},
};

/// How many questions the store is asked at a time.
const AT_ONCE: usize = 16;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Seen {
    /// The projects that the file lists.
    pub projects: HashSet<ProjectId>,
    users: HashSet<String>,
    tokens: HashSet<[u8; 32]>,
    vaults: HashSet<Uuid>,
    backups: HashSet<Uuid>,
    /// Members whose backup has not been seen: their number, and the backup.
    without_backup: Vec<(usize, Uuid)>,
    /// Members that are accepted into a vault that has not been seen: their number, the backup, and the vault.
    without_vault: Vec<(usize, Uuid, Uuid)>,
}

impl Seen {
    /// Looks at some records by themselves.
    pub(super) fn look(&mut self, batch: &Batch) -> std::result::Result<(), Wrong> {
        batch.iter().try_for_each(|(at, record)| match record {
            Record::Project(project) => {
                self.projects.insert(project.id.0.clone());
                Ok(())
            }
            Record::User(user) => self.user(*at, user),
            Record::Vault(vault) => new(&mut self.vaults, vault.id.0, || format!("/vaults/{at}/id"), "id"),
            Record::Backup(backup) => new(&mut self.backups, backup.id.0, || format!("/backups/{at}/id"), "id"),
            Record::Member(member) => self.member(*at, member),
        })
    }

    fn user(&mut self, at: usize, user: &file::User) -> std::result::Result<(), Wrong> {
        if !self.users.insert(user.name.clone()) {
            return Err(Wrong::at(format!("/users/{at}/name"), "a user of this name stands above"));
        }
        user.tokens.iter().enumerate().try_for_each(|(token_at, token)| {
            let place = || format!("/users/{at}/tokens/{token_at}");
            new(&mut self.tokens, *TokenHash::of(token).as_bytes(), place, "token")
        })
    }

    fn member(&mut self, at: usize, member: &file::Member) -> std::result::Result<(), Wrong> {
        let accepted = MemberStatus::from(member.status) == MemberStatus::Accepted;
        if accepted != member.vault_id.is_some() {
            let reason = "an accepted member has a vault, and no other has";
            return Err(Wrong::at(format!("/members/{at}/vault_id"), reason));
        }
        let backup = member.backup_id.0;
        if !self.backups.contains(&backup) {
            self.without_backup.push((at, backup));
        }
        let vault = member.vault_id.as_ref().map(|id| id.0).filter(|id| !self.vaults.contains(id));
        self.without_vault.extend(vault.map(|vault| (at, backup, vault)));
        Ok(())
    }

    /// Looks at what can be known at the end only. The store is asked for the vaults that the file does not have.
    pub(super) async fn end(&mut self, store: &dyn Store) -> Result<std::result::Result<(), Wrong>> {
        if let Some((at, _)) = self.without_backup.iter().find(|(_, backup)| !self.backups.contains(backup)) {
            return Ok(Err(Wrong::at(format!("/members/{at}/backup_id"), "no backup of this file")));
        }
        for (at, backup, vault) in std::mem::take(&mut self.without_vault) {
            let known = self.vaults.contains(&vault)
                || facts(store, backup, VaultSelection::Named(vault.into())).await?.vault.is_some();
            if !known {
                return Ok(Err(Wrong::at(format!("/members/{at}/vault_id"), "no vault of this file or of the store")));
            }
        }
        Ok(Ok(()))
    }
}

fn new<T: Eq + std::hash::Hash>(
    seen: &mut HashSet<T>,
    id: T,
    place: impl Fn() -> String,
    what: &str,
) -> std::result::Result<(), Wrong> {
    seen.insert(id).then_some(()).ok_or_else(|| Wrong::at(place(), format!("the same {what} stands above")))
}

/// Whether the store has one of these backups with another size: a backup is a picture of one moment.
pub(super) async fn sizes(store: &dyn Store, batch: &Batch) -> Result<std::result::Result<(), Wrong>> {
    let backups = batch.iter().filter_map(|(at, record)| match record {
        Record::Backup(backup) => Some((*at, backup.id.0, backup.resource_size)),
        _ => None,
    });
    let asked = backups.map(|(at, id, size)| async move {
        let standing = facts(store, id, VaultSelection::None).await?.backup;
        Ok::<_, crate::model::Error>(standing.is_some_and(|backup| backup.resource_size != size).then_some(at))
    });
    let other: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_filter_map(async |at| Ok(at)).try_collect().await?;
    let reason = "the size of a backup cannot change, and it is there with another";
    Ok(other.first().map_or(Ok(()), |at| Err(Wrong::at(format!("/backups/{at}/resource_size"), reason))))
}

async fn facts(store: &dyn Store, backup: Uuid, vault: VaultSelection) -> Result<Facts> {
    store.load(&Selection { backup_id: backup.into(), members: MemberSelection::All, vault }).await
}
