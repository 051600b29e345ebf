//! Data files: projects, users, vaults, backups and first shares in YAML, checked as a whole before anything is taken
//! over. The shapes stand in `file`; this part turns a file into the store's records.

mod file;

use std::{collections::HashSet, path::Path, sync::Arc};

use serde_json::Value;
use uuid::Uuid;

use self::file::DataFile;
use crate::{
    clock::Clock,
    identity::{hash_password, password_matches},
    model::{self, Member, MemberStatus, ProjectId, VaultId},
    store::{AccessKey, Account, Catalog, Loaded, Project, Store, TokenHash},
};

/// The data that `--demo` starts with; the contract's examples name the same ids.
pub const DEMO: &str = include_str!("demo.yaml");

/// Why a data file was not taken over. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML.
    #[error("{file} is no YAML: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        reason: String,
    },
    /// It does not say what a data file may say.
    #[error("{file}: {place}: {reason}")]
    Content {
        /// The file.
        file: String,
        /// A JSON pointer.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// The store refused it.
    #[error("cannot take over {file}: {source}")]
    Store {
        /// The file.
        file: String,
        /// Why.
        source: model::Error,
    },
}

/// The JSON Schema of data files.
pub fn schema() -> Value {
    schemars::schema_for!(DataFile).into()
}

/// Reads a data file and takes it over.
///
/// # Errors
/// [`CatalogError`], with the place; then nothing was taken over.
pub async fn load(path: &Path, store: &dyn Store, clock: &Arc<dyn Clock>) -> Result<Loaded, CatalogError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| CatalogError::Read { file: file.clone(), source })?;
    load_text(&file, &text, store, clock).await
}

/// Takes over the text of a data file; `file` names it in errors.
///
/// # Errors
/// [`CatalogError`], with the place; then nothing was taken over.
pub async fn load_text(
    file: &str,
    text: &str,
    store: &dyn Store,
    clock: &Arc<dyn Clock>,
) -> Result<Loaded, CatalogError> {
    let data = parse(file, text)?;
    let refused = |source| CatalogError::Store { file: file.to_owned(), source };
    let records = Records { file, store, clock: clock.as_ref() };
    let catalog = records.catalog(data).await?;
    store.load_catalog(catalog).await.map_err(refused)
}

/// Text to values: YAML, then the schema, then the types.
fn parse(file: &str, text: &str) -> Result<DataFile, CatalogError> {
    let syntax = |error: serde_saphyr::Error| CatalogError::Syntax { file: file.to_owned(), reason: error.to_string() };
    // No bounds on the size: an operator's own file. No excerpts in errors: they could show a password.
    let options = serde_saphyr::options! { budget: None, with_snippet: false };
    let value: Value = serde_saphyr::from_str_with_options(text, options).map_err(syntax)?;
    let content = |place: String, reason: String| CatalogError::Content { file: file.to_owned(), place, reason };
    let validator = jsonschema::validator_for(&schema()).map_err(|e| content("schema".into(), e.to_string()))?;
    if let Err(error) = validator.validate(&value) {
        // Masked: the value may be a password.
        return Err(content(error.instance_path().to_string(), error.masked().to_string()));
    }
    serde_json::from_value(value).map_err(|e| content("/".into(), e.to_string()))
}

/// Turns the file's records into the store's.
struct Records<'a> {
    file: &'a str,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
}

impl Records<'_> {
    async fn catalog(&self, data: DataFile) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::default();
        self.distinct("vaults", data.vaults.iter().map(|v| v.id.0))?;
        self.distinct("backups", data.backups.iter().map(|b| b.id.0))?;
        self.projects(&data, &mut catalog);
        let mut tokens = HashSet::new();
        for (at, user) in data.users.into_iter().enumerate() {
            self.user(at, user, &mut tokens, &mut catalog).await?;
        }
        let sizes: std::collections::HashMap<_, _> = data.backups.iter().map(|b| (b.id.0, b.resource_size)).collect();
        for (at, member) in data.members.into_iter().enumerate() {
            if !sizes.contains_key(&member.backup_id.0) {
                return Err(self.wrong(format!("/members/{at}/backup_id"), "no backup of this file"));
            }
            catalog.members.push(self.member(at, member)?);
        }
        catalog.vaults = data.vaults.into_iter().map(Into::into).collect();
        catalog.backups = data.backups.into_iter().map(Into::into).collect();
        Ok(catalog)
    }

    /// A user's project is known whether or not the file lists it.
    fn projects(&self, data: &DataFile, catalog: &mut Catalog) {
        let listed: HashSet<&ProjectId> = data.projects.iter().map(|p| &p.id.0).collect();
        let mut of_users: Vec<_> =
            data.users.iter().map(|u| &u.project_id.0).filter(|id| !listed.contains(id)).collect();
        of_users.sort();
        of_users.dedup();
        let project = |id: &ProjectId, name: &str| Project { id: id.clone(), name: name.to_owned() };
        catalog.projects.extend(data.projects.iter().map(|p| project(&p.id.0, &p.name)));
        catalog.projects.extend(of_users.into_iter().map(|id| project(id, id.as_str())));
    }

    async fn user(
        &self,
        at: usize,
        user: file::User,
        tokens: &mut HashSet<[u8; 32]>,
        catalog: &mut Catalog,
    ) -> Result<(), CatalogError> {
        if catalog.accounts.iter().any(|account| account.name == user.name) {
            return Err(self.wrong(format!("/users/{at}/name"), "a user of this name stands above"));
        }
        let password_hash = self.password_hash(&user).await?;
        for (token_at, token) in user.tokens.iter().enumerate() {
            let hash = TokenHash::of(token);
            if !tokens.insert(*hash.as_bytes()) {
                return Err(self.wrong(format!("/users/{at}/tokens/{token_at}"), "the same token stands above"));
            }
            catalog.tokens.push((hash, user.name.clone(), self.clock.now()));
        }
        let key = |key: file::AccessKey| AccessKey {
            access: key.access,
            secret: key.secret.into(),
            user_name: user.name.clone(),
        };
        catalog.access_keys.extend(user.access_keys.into_iter().map(key));
        let project_id = user.project_id.0;
        let project_name = project_id.to_string();
        let account = Account { name: user.name, password_hash, project_id, project_name, roles: user.roles };
        catalog.accounts.push(account);
        Ok(())
    }

    /// The hash that stands already where it is of this password: a fresh one would differ in its salt.
    async fn password_hash(&self, user: &file::User) -> Result<Option<secrecy::SecretString>, CatalogError> {
        let refused = |source| CatalogError::Store { file: self.file.to_owned(), source };
        let Some(password) = user.password.clone().map(secrecy::SecretString::from) else { return Ok(None) };
        let known =
            self.store.find_account(&user.name).await.map_err(refused)?.and_then(|account| account.password_hash);
        match known.filter(|hash| password_matches(&password, hash)) {
            Some(hash) => Ok(Some(hash)),
            None => hash_password(&password).map(Some).map_err(refused),
        }
    }

    fn member(&self, at: usize, member: file::Member) -> Result<Member, CatalogError> {
        let vault_id: Option<VaultId> = member.vault_id.as_ref().map(|id| id.0.into());
        let status: MemberStatus = member.status.into();
        if (status == MemberStatus::Accepted) != vault_id.is_some() {
            return Err(
                self.wrong(format!("/members/{at}/vault_id"), "an accepted member has a vault, and no other has")
            );
        }
        let id = member.id.as_ref().map_or_else(|| derived_id(&member), |id| id.0);
        Ok(Member {
            status,
            vault_id,
            image_id: member.image_id.map(|id| id.0.into()),
            ..Member::pending(id.into(), member.backup_id.0.into(), member.dest_project_id.0, self.clock.now())
        })
    }

    fn distinct(&self, list: &str, ids: impl Iterator<Item = Uuid>) -> Result<(), CatalogError> {
        let mut seen = HashSet::new();
        match ids.enumerate().find(|(_, id)| !seen.insert(*id)) {
            Some((at, _)) => Err(self.wrong(format!("/{list}/{at}/id"), "the same id stands above")),
            None => Ok(()),
        }
    }

    fn wrong(&self, place: String, reason: &str) -> CatalogError {
        CatalogError::Content { file: self.file.to_owned(), place, reason: reason.to_owned() }
    }
}

/// An id for a share that the file gives none: the same each time it is loaded.
fn derived_id(member: &file::Member) -> Uuid {
    let name = format!("{}/{}", member.backup_id.0, member.dest_project_id.0.as_str());
    let bytes = TokenHash::of(&name);
    let mut id = [0; 16];
    id.copy_from_slice(&bytes.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(id).into_uuid()
}
