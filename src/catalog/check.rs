//! The first reading of a data file: whether its records go together, with each other and with what
//! is in the store. It writes nothing, and has nothing but ids in memory.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    Environment, file,
    mistake::{Wrong, did_you_mean, quoted},
    seen::{ANY, Seen},
    source::FileBatch,
    stream::{FileRecord, List},
};
use crate::{
    model::{ProjectId, Result},
    store::Lookup,
};

/// How many questions the store is asked at a time.
const AT_ONCE: usize = 16;

/// A check that is under way. Lists come in the order in which they refer to each other.
pub(super) struct FileCheck<'a> {
    store: &'a dyn Lookup,
    environment: &'a Environment,
    pub seen: Seen<'a>,
}

/// What the store says to a batch: of vaults and backups that the file does not have.
#[derive(Default)]
struct StoreState {
    /// Each with its project.
    vaults: HashMap<Uuid, u32>,
    backups: HashMap<Uuid, u32>,
    /// Vaults and backups of the batch that the store has with another value of this key.
    changed: HashMap<Uuid, &'static str>,
}

impl<'a> FileCheck<'a> {
    pub(super) fn new(store: &'a dyn Lookup, environment: &'a Environment) -> Self {
        Self {
            store,
            environment,
            seen: Seen::new(environment),
        }
    }

    /// Checks some records.
    pub(super) async fn look(&mut self, batch: FileBatch) -> Result<()> {
        let batch = self.seen.look(batch);
        self.ask_projects(&batch).await?;
        let state = StoreState {
            vaults: self.ask_vaults(&batch).await?,
            backups: self.ask_backups(&batch).await?,
            changed: self.ask_changed(&batch).await?,
        };
        for (at, record) in &batch {
            self.references(*at, record, &state);
        }
        Ok(())
    }

    async fn ask_projects(&mut self, batch: &FileBatch) -> Result<()> {
        if self.environment.foreign_projects {
            return Ok(());
        }
        let named: HashSet<_> = batch
            .iter()
            .filter_map(|(_, record)| project(record))
            .collect();
        let open: Vec<_> = named
            .into_iter()
            .filter(|id| self.seen.projects.is_open(id))
            .collect();
        let store = self.store;
        for (id, known) in ask(open, |id| store.knows_project(id)).await? {
            self.seen.projects.answered(id, known);
        }
        Ok(())
    }

    async fn ask_vaults(&mut self, batch: &FileBatch) -> Result<HashMap<Uuid, u32>> {
        let named: HashSet<_> = batch
            .iter()
            .filter_map(|(_, record)| vault(record))
            .collect();
        let open = named
            .into_iter()
            .filter(|id| !self.seen.vaults.contains_key(id))
            .collect();
        let store = self.store;
        let owners = ask(open, |id: Uuid| store.vault_owner(id.into())).await?;
        let mut known =
            |(id, owner): (Uuid, Option<ProjectId>)| Some((id, self.seen.projects.number(&owner?)));
        Ok(owners.into_iter().filter_map(&mut known).collect())
    }

    /// The backups of members.
    async fn ask_backups(&mut self, batch: &FileBatch) -> Result<HashMap<Uuid, u32>> {
        let of_member = |record: &FileRecord| match record {
            FileRecord::Member(member) => Some(member.backup_id.0),
            _ => None,
        };
        let named: HashSet<_> = batch
            .iter()
            .filter_map(|(_, record)| of_member(record))
            .collect();
        let open = named
            .into_iter()
            .filter(|id| !self.seen.backups.contains_key(id))
            .collect();
        let store = self.store;
        let found = ask(open, |id: Uuid| store.backup(id.into())).await?;
        let projects = &mut self.seen.projects;
        let known = found
            .into_iter()
            .filter_map(|(id, found)| Some((id, projects.number(&found?.owner))));
        Ok(known.collect())
    }

    /// A backup is a picture of one moment: its size cannot change. Nor can owners, whom shares and
    /// capacity depend on.
    async fn ask_changed(&self, batch: &FileBatch) -> Result<HashMap<Uuid, &'static str>> {
        if !self.store.is_store() {
            return Ok(HashMap::new());
        }
        let of = |record: &FileRecord| match record {
            FileRecord::Backup(backup) => Some((
                backup.id.0,
                Some(backup.resource_size),
                backup.project_id.0.clone(),
            )),
            FileRecord::Vault(vault) => Some((vault.id.0, None, vault.project_id.0.clone())),
            _ => None,
        };
        let asked =
            batch
                .iter()
                .filter_map(|(_, record)| of(record))
                .map(|(id, size, owner)| async move {
                    let standing = match size {
                        Some(_) => self
                            .store
                            .backup(id.into())
                            .await?
                            .map(|backup| (Some(backup.size), backup.owner)),
                        None => self
                            .store
                            .vault_owner(id.into())
                            .await?
                            .map(|owner| (None, owner)),
                    };
                    Ok(standing.and_then(|(known_size, known_owner)| match () {
                        () if known_size != size => Some((id, "resource_size")),
                        () if known_owner != owner => Some((id, "project_id")),
                        () => None,
                    }))
                });
        stream::iter(asked)
            .buffered(AT_ONCE)
            .try_filter_map(async |changed| Ok(changed))
            .try_collect()
            .await
    }

    /// Whether what a record refers to is there.
    fn references(&mut self, at: usize, record: &FileRecord, state: &StoreState) {
        match record {
            FileRecord::Vault(vault) => {
                self.project(List::Vaults, at, "project_id", &vault.project_id.0);
                self.unchanged(List::Vaults, at, vault.id.0, state);
            }
            FileRecord::Backup(backup) => {
                self.project(List::Backups, at, "project_id", &backup.project_id.0);
                self.vault(
                    List::Backups,
                    at,
                    backup.vault_id.0,
                    &backup.project_id.0,
                    state,
                );
                self.unchanged(List::Backups, at, backup.id.0, state);
            }
            FileRecord::Member(member) => self.member(at, member, state),
            FileRecord::Project(_) | FileRecord::User(_) | FileRecord::Invalid(_) => {}
        }
    }

    fn member(&mut self, at: usize, member: &file::MemberEntry, state: &StoreState) {
        let project = &member.dest_project_id.0;
        self.project(List::Members, at, "dest_project_id", project);
        let backup = member.backup_id.0;
        let owner = self
            .seen
            .backups
            .get(&backup)
            .or_else(|| state.backups.get(&backup));
        if owner == Some(&self.seen.projects.number(project)) {
            let reason = "this project owns the backup, which is shared with others only";
            self.seen
                .found
                .add(|| Wrong::at(List::Members.place(at).key("dest_project_id"), reason));
        }
        if owner.is_none() && self.seen.is_whole(List::Backups) {
            let reason = || {
                format!(
                    "{}: {}",
                    quoted(&backup.to_string()),
                    nowhere(self.store, "backup")
                )
            };
            self.seen
                .found
                .add(|| Wrong::at(List::Members.place(at).key("backup_id"), reason()));
        }
        if let Some(id) = &member.vault_id {
            self.vault(List::Members, at, id.0, project, state);
        }
    }

    fn unchanged(&mut self, list: List, at: usize, id: Uuid, state: &StoreState) {
        if let Some(key) = state.changed.get(&id) {
            let reason = match *key {
                "resource_size" => {
                    "the size of a backup cannot change, and the store has it with another"
                }
                _ => "the owner cannot change, and the store has it with another",
            };
            self.seen
                .found
                .add(|| Wrong::at(list.place(at).key(key), reason));
        }
    }

    fn project(&mut self, list: List, at: usize, key: &str, id: &ProjectId) {
        let required = !self.environment.foreign_projects && self.seen.is_whole(List::Projects);
        if required && !self.seen.projects.is_known(id) {
            let projects = &self.seen.projects;
            self.seen.found.add(|| {
                let hint = did_you_mean(id.as_str(), projects.known().map(ProjectId::as_str));
                let reason = format!(
                    "{}: {}{hint}",
                    quoted(id.as_str()),
                    nowhere(self.store, "project")
                );
                Wrong::at(list.place(at).key(key), reason)
            });
        }
    }

    /// Whether there is such a vault, and it is of the project.
    fn vault(&mut self, list: List, at: usize, id: Uuid, project: &ProjectId, state: &StoreState) {
        let number = self.seen.projects.number(project);
        let owner = self
            .seen
            .vaults
            .get(&id)
            .or_else(|| state.vaults.get(&id))
            .copied();
        let sound = match owner {
            None => !self.seen.is_whole(List::Vaults),
            Some(owner) => owner == number || owner == ANY,
        };
        if !sound {
            let owner = owner.map(|owner| {
                self.seen
                    .projects
                    .name(owner)
                    .map_or("another project", ProjectId::as_str)
            });
            let reason = || match owner {
                None => nowhere(self.store, "vault"),
                Some(owner) => format!("this vault is of {owner}, and not of {project}"),
            };
            let reason = || format!("{}: {}", quoted(&id.to_string()), reason());
            self.seen
                .found
                .add(|| Wrong::at(list.place(at).key("vault_id"), reason()));
        }
    }
}

fn nowhere(store: &dyn Lookup, what: &str) -> String {
    let or_store = if store.is_store() {
        " or in the store"
    } else {
        ""
    };
    format!("there is no such {what} in this file{or_store}")
}

/// The project that a record names, and does not make known.
fn project(record: &FileRecord) -> Option<&ProjectId> {
    match record {
        FileRecord::Vault(vault) => Some(&vault.project_id.0),
        FileRecord::Backup(backup) => Some(&backup.project_id.0),
        FileRecord::Member(member) => Some(&member.dest_project_id.0),
        FileRecord::Project(_) | FileRecord::User(_) | FileRecord::Invalid(_) => None,
    }
}

/// The vault that a record names.
fn vault(record: &FileRecord) -> Option<Uuid> {
    match record {
        FileRecord::Backup(backup) => Some(backup.vault_id.0),
        FileRecord::Member(member) => member.vault_id.as_ref().map(|id| id.0),
        _ => None,
    }
}

/// Asks the store about each of these.
async fn ask<K, V, F>(about: Vec<K>, question: impl Fn(K) -> F) -> Result<Vec<(K, V)>>
where
    K: Copy,
    F: Future<Output = Result<V>>,
{
    let asked = about.into_iter().map(|key| {
        let answer = question(key);
        async move { Ok((key, answer.await?)) }
    });
    stream::iter(asked).buffered(AT_ONCE).try_collect().await
}
