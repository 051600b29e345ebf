//! What was seen of a data file so far: ids, and of vaults their projects. Finds what is in a
//! file twice, and what is wrong with a record whose parts are each as they may be. Asks no store.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    Environment, file,
    mistake::{MistakeList, ValuePath, Wrong, did_you_mean, quoted},
    projects::KnownProjects,
    source::FileBatch,
    stream::{FileRecord, Invalid, List},
};
use crate::{
    model::{MemberStatus, vault::megabytes},
    store::TokenHash,
};

/// The number of no project: that of a record whose own cannot be read.
pub(super) const ANY: u32 = u32::MAX;

pub(super) struct Seen<'a> {
    environment: &'a Environment,
    pub projects: KnownProjects,
    users: HashSet<String>,
    tokens: HashSet<[u8; 32]>,
    access_keys: HashSet<String>,
    /// Each with its project.
    pub vaults: HashMap<Uuid, u32>,
    /// Each with its project.
    pub backups: HashMap<Uuid, u32>,
    members: HashSet<Uuid>,
    /// A backup, and the project that it is shared with.
    shares: HashSet<(Uuid, u32)>,
    /// Lists with a record whose id cannot be read. What refers to them is not judged: it may mean
    /// that one.
    unreadable: HashSet<List>,
    roles: HashSet<String>,
    pub found: MistakeList,
    /// What is no mistake for certain.
    pub warnings: MistakeList,
}

impl<'a> Seen<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            projects: KnownProjects::default(),
            users: HashSet::new(),
            tokens: HashSet::new(),
            access_keys: HashSet::new(),
            vaults: HashMap::new(),
            backups: HashMap::new(),
            members: HashSet::new(),
            shares: HashSet::new(),
            unreadable: HashSet::new(),
            roles: HashSet::new(),
            found: MistakeList::default(),
            warnings: MistakeList::default(),
        }
    }

    /// Whether every record of a list has an id that could be read.
    pub(super) fn is_whole(&self, list: List) -> bool {
        !self.unreadable.contains(&list)
    }

    /// Checks some records by themselves.
    pub(super) fn look(&mut self, batch: FileBatch) -> FileBatch {
        let sound =
            |(at, record): (usize, FileRecord)| self.record(at, record).map(|record| (at, record));
        batch.into_iter().filter_map(sound).collect()
    }

    /// The record, where it may be held against others.
    fn record(&mut self, at: usize, record: FileRecord) -> Option<FileRecord> {
        match &record {
            FileRecord::Project(project) => {
                let is_new = self.projects.list(&project.id.0);
                self.unique(is_new, || List::Projects.place(at).key("id"), "id");
            }
            FileRecord::User(user) => self.user(at, user),
            FileRecord::Vault(vault) => self.vault(at, vault),
            FileRecord::Backup(backup) => {
                let owner = self.projects.number(&backup.project_id.0);
                let is_new = self.backups.insert(backup.id.0, owner).is_none();
                self.unique(is_new, || List::Backups.place(at).key("id"), "id");
            }
            FileRecord::Member(member) => self.member(at, member),
            FileRecord::Invalid(_) => {}
        }
        match record {
            FileRecord::Invalid(invalid) => {
                self.invalid(invalid);
                None
            }
            valid => Some(valid),
        }
    }

    fn unique(&mut self, is_new: bool, place: impl FnOnce() -> ValuePath, what: &str) {
        if !is_new {
            self.found
                .add(|| Wrong::at(place(), format!("the same {what} stands above")));
        }
    }

    fn user(&mut self, at: usize, user: &file::UserEntry) {
        let place = || List::Users.place(at);
        self.projects.of_user(&user.project_id.0);
        let is_new = self.users.insert(user.name.clone());
        self.unique(is_new, || place().key("name"), "name");
        for (token_at, token) in user.tokens.iter().enumerate() {
            let is_new = self.tokens.insert(*TokenHash::of(token).as_bytes());
            self.unique(is_new, || place().key("tokens").item(token_at), "token");
        }
        for (key_at, key) in user.access_keys.iter().enumerate() {
            let is_new = self.access_keys.insert(key.access.clone());
            self.unique(
                is_new,
                || place().key("access_keys").item(key_at).key("access"),
                "access key",
            );
        }
        for (role_at, role) in user.roles.iter().enumerate() {
            self.role(|| place().key("roles").item(role_at), role);
        }
    }

    /// A role that no policy knows lets a user do nothing. It is reported once, however many users
    /// have it.
    fn role(&mut self, place: impl FnOnce() -> ValuePath, role: &str) {
        let Some(policy) = &self.environment.policy else {
            return;
        };
        if policy.roles().all(|known| known != role) && self.roles.insert(role.to_owned()) {
            let hint = did_you_mean(role, policy.roles());
            let reason = format!(
                "{}: the settings have no such role, and it permits nothing{hint}",
                quoted(role)
            );
            self.warnings.add(|| Wrong::at(place(), reason));
        }
    }

    fn vault(&mut self, at: usize, vault: &file::VaultEntry) {
        let project = self.projects.number(&vault.project_id.0);
        let is_new = self.vaults.insert(vault.id.0, project).is_none();
        self.unique(is_new, || List::Vaults.place(at).key("id"), "id");
        let room = megabytes(vault.size);
        if vault.used > room {
            let reason = format!(
                "{} MB: it must be at most {room}, the {} GB of `size`",
                vault.used, vault.size
            );
            self.found
                .add(|| Wrong::at(List::Vaults.place(at).key("used"), reason));
        }
    }

    fn member(&mut self, at: usize, member: &file::MemberEntry) {
        let place = || List::Members.place(at);
        let accepted = member.status.0 == MemberStatus::Accepted;
        if accepted != member.vault_id.is_some() {
            let reason = "an accepted member has a vault, and no other has";
            self.found
                .add(|| Wrong::at(place().key("vault_id"), reason));
        }
        if member.image_id.is_some() && !accepted {
            let reason = "an image is made of accepted shares only";
            self.found
                .add(|| Wrong::at(place().key("image_id"), reason));
        }
        if let Some(id) = &member.id {
            let is_new = self.members.insert(id.0);
            self.unique(is_new, || place().key("id"), "id");
        }
        let project = self.projects.number(&member.dest_project_id.0);
        let is_new = self.shares.insert((member.backup_id.0, project));
        self.unique(
            is_new,
            || place().key("dest_project_id"),
            "backup with the same project",
        );
    }

    /// What is known of a record that is wrong: others refer to it by right.
    fn invalid(&mut self, invalid: Invalid) {
        let project = invalid.project_id.as_deref().and_then(|id| id.parse().ok());
        let uuid = invalid
            .id
            .as_deref()
            .and_then(|id| Uuid::try_parse(id).ok());
        let is_noted = match invalid.list {
            List::Projects => invalid
                .id
                .and_then(|id| id.parse().ok())
                .map(|id| self.projects.list(&id))
                .is_some(),
            // Its project, which it makes known.
            List::Users => project.map(|id| self.projects.of_user(&id)).is_some(),
            List::Vaults => {
                let project = project.map_or(ANY, |project| self.projects.number(&project));
                uuid.map(|id| self.vaults.insert(id, project)).is_some()
            }
            List::Backups => {
                let project = project.map_or(ANY, |project| self.projects.number(&project));
                uuid.map(|id| self.backups.insert(id, project)).is_some()
            }
            List::Members => true,
        };
        if !is_noted {
            self.unreadable.insert(if invalid.list == List::Users {
                List::Projects
            } else {
                invalid.list
            });
        }
        invalid
            .wrong
            .into_iter()
            .for_each(|wrong| self.found.add(|| wrong));
    }
}
