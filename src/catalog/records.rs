//! The records of a data file into those of a store. They were checked before.

use std::collections::HashSet;

use secrecy::SecretString;
use uuid::Uuid;

use super::{file, source::FileBatch, stream::FileRecord, token::TokenEntry};
use crate::{
    clock::Clock,
    identity::{hash_password, password_matches},
    model::{Member, ProjectId, Result},
    store::{AccessKey, Account, Catalog, FixedToken, Project, Store, TokenHash},
};

pub(super) struct CatalogBuilder<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    /// Projects that the file lists, and those that were made for its users.
    projects: HashSet<ProjectId>,
}

impl<'a> CatalogBuilder<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        clock: &'a dyn Clock,
        listed: HashSet<ProjectId>,
    ) -> Self {
        Self {
            store,
            clock,
            projects: listed,
        }
    }

    /// What the store is to take over at a time; `None` where a record is not what was checked.
    pub(super) async fn catalog(&mut self, batch: FileBatch) -> Result<Option<Catalog>> {
        let mut catalog = Catalog::default();
        for (_, record) in batch {
            match record {
                FileRecord::Project(project) => catalog.projects.push(Project {
                    id: project.id.0,
                    name: project.name,
                }),
                FileRecord::User(user) => self.user(user, &mut catalog).await?,
                FileRecord::Vault(vault) => catalog.vaults.push(vault.into()),
                FileRecord::Backup(backup) => catalog.backups.push((*backup).into()),
                FileRecord::Member(member) => catalog.members.push(self.member(member)),
                FileRecord::Invalid(_) => return Ok(None),
            }
        }
        Ok(Some(catalog))
    }

    async fn user(&mut self, user: file::UserEntry, catalog: &mut Catalog) -> Result<()> {
        let password_hash = self.password_hash(&user).await?;
        let project_id = user.project_id.0;
        let project_name = project_id.to_string();
        // A user's project is known whether or not the file lists it.
        if self.projects.insert(project_id.clone()) {
            catalog.projects.push(Project {
                id: project_id.clone(),
                name: project_name.clone(),
            });
        }
        let now = self.clock.now();
        let token = |token: &TokenEntry| FixedToken {
            hash: TokenHash::of(token),
            user_name: user.name.clone(),
            loaded_at: now,
            enabled: token.enabled,
        };
        catalog.tokens.extend(user.tokens.iter().map(token));
        let key = |key: file::AccessKeyEntry| AccessKey {
            access: key.access,
            secret: key.secret.into(),
            user_name: user.name.clone(),
            enabled: key.enabled,
        };
        catalog
            .access_keys
            .extend(user.access_keys.into_iter().map(key));
        let (name, roles, enabled) = (user.name, user.roles, user.enabled);
        let account = Account {
            name,
            password_hash,
            project_id,
            project_name,
            roles,
            enabled,
        };
        catalog.accounts.push(account);
        Ok(())
    }

    /// The hash that is stored already where it is of this password: a fresh one would differ in
    /// its salt.
    async fn password_hash(&self, user: &file::UserEntry) -> Result<Option<SecretString>> {
        let Some(password) = user.password.clone().map(SecretString::from) else {
            return Ok(None);
        };
        let known = self
            .store
            .find_account(&user.name)
            .await?
            .and_then(|account| account.password_hash);
        match known.filter(|hash| password_matches(&password, hash)) {
            Some(hash) => Ok(Some(hash)),
            None => hash_password(&password).map(Some),
        }
    }

    fn member(&self, member: file::MemberEntry) -> Member {
        let id = member
            .id
            .as_ref()
            .map_or_else(|| derived_id(&member), |id| id.0);
        let backup_id = member.backup_id.0.into();
        Member {
            status: member.status.0,
            vault_id: member.vault_id.map(|id| id.0.into()),
            image_id: member.image_id.map(|id| id.0.into()),
            updated_at: member.updated_at.map(|time| time.0),
            ..Member::pending(
                id.into(),
                backup_id,
                member.dest_project_id.0,
                member
                    .created_at
                    .map_or_else(|| self.clock.now(), |time| time.0),
            )
        }
    }
}

/// An id for a share that the file gives none: the same each time it is loaded.
fn derived_id(member: &file::MemberEntry) -> Uuid {
    let name = format!(
        "{}/{}",
        member.backup_id.0,
        member.dest_project_id.0.as_str()
    );
    let bytes = TokenHash::of(&name);
    let mut id = [0; 16];
    id.copy_from_slice(&bytes.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(id).into_uuid()
}
