//! The records of a store as a data file, which loads again into another store: a line for each,
//! written as it is read, however many there are.
//!
//! Passwords, tokens and access keys are never written: of the first two a store has no more than
//! hashes, which no data file takes, and a file that anybody may read is no place for the third.
//! What is derived is not written either: how much of a vault its shares take is counted when it is loaded.

use std::io::{self, Write};

use futures::TryStreamExt;
use serde::Serialize;

use super::{
    file::{
        BackupEntry, EntryId, EntryTime, MemberEntry, ProjectEntry, UserEntry, VaultEntry, Word,
    },
    stream::List,
};
use crate::{
    error_chain, model,
    store::{Account, Export, Record},
};

/// Written above the records.
const HEADING: &str = "\
# Passwords, tokens and access keys are not in this file. Loading it into a store whose users have
# passwords takes the passwords away.
";

/// Why a store was not written as a data file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
    /// The store cannot be read.
    #[error("cannot read the store: {}", error_chain::full(.0))]
    Store(model::Error),
    /// A record that data files have no words for: one of a store of an older version.
    #[error("{record} cannot be written: {why}")]
    Unwritable {
        /// Which record.
        record: String,
        /// Why.
        why: serde_json::Error,
    },
}

/// Writes a store as a data file; says how many records.
///
/// # Errors
/// [`ExportError`]: what was written so far is not complete.
pub async fn export(
    store: &dyn Export,
    to: &mut dyn Write,
    wrote: &dyn Fn(u64),
) -> Result<u64, ExportError> {
    to.write_all(HEADING.as_bytes())?;
    let mut writer = DataFileWriter { to, list: None };
    let (mut read, mut written) = (0, 0);
    let mut records = store.records();
    while let Some(record) = records.try_next().await.map_err(ExportError::Store)? {
        written += u64::from(writer.record(record)?);
        read += 1;
        wrote(read);
    }
    if writer.list.is_none() {
        // A file without any list is none.
        writer.to.write_all(b"projects: []\n")?;
    }
    writer.to.flush()?;
    Ok(written)
}

struct DataFileWriter<'w> {
    to: &'w mut dyn Write,
    list: Option<List>,
}

impl DataFileWriter<'_> {
    /// Whether it is one for data files.
    fn record(&mut self, record: Record) -> Result<bool, ExportError> {
        match record {
            Record::Project(project) => {
                let (id, name) = (EntryId(project.id), project.name);
                let named = id.0.to_string();
                self.entry(List::Projects, &named, &ProjectEntry { id, name })?;
            }
            Record::Account(account) => {
                let named = account.name.clone();
                self.entry(List::Users, &named, &UserEntry::from(account))?;
            }
            Record::Token(_) | Record::AccessKey(_) => return Ok(false),
            Record::Vault { vault, .. } => {
                let named = vault.vault.id.to_string();
                self.entry(List::Vaults, &named, &VaultEntry::from(*vault))?;
            }
            Record::Backup(backup) => {
                let named = backup.backup.id.to_string();
                self.entry(List::Backups, &named, &BackupEntry::from(*backup))?;
            }
            Record::Member(member) => {
                let named = member.id.to_string();
                self.entry(List::Members, &named, &MemberEntry::from(member))?;
            }
        }
        Ok(true)
    }

    /// JSON on a line, which YAML reads as well.
    fn entry(&mut self, list: List, id: &str, entry: &impl Serialize) -> Result<(), ExportError> {
        let json = serde_json::to_string(entry).map_err(|why| ExportError::Unwritable {
            record: format!("{} {id}", list.name()),
            why,
        })?;
        if self.list != Some(list) {
            writeln!(self.to, "{}:", list.name())?;
            self.list = Some(list);
        }
        writeln!(self.to, "  - {}", escaped(&json))?;
        Ok(())
    }
}

/// Characters that YAML does not take as they are; JSON has escaped those below the space.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                escaped += &format!("\\u{:04x}", u32::from(c));
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

impl From<Account> for UserEntry {
    fn from(account: Account) -> Self {
        Self {
            name: account.name,
            enabled: account.enabled,
            password: None,
            project_id: EntryId(account.project_id),
            roles: account.roles,
            tokens: vec![],
            access_keys: vec![],
        }
    }
}

impl From<model::VaultRecord> for VaultEntry {
    fn from(record: model::VaultRecord) -> Self {
        let model::VaultRecord { vault, details } = record;
        Self {
            id: EntryId(*vault.id.as_uuid()),
            project_id: EntryId(vault.project_id),
            name: vault.name,
            object_type: Word(vault.object_type),
            protect_type: Word(vault.protect_type),
            status: Word(vault.status),
            size: vault.size,
            used: vault.used,
            description: details.description,
            created_at: details.created_at.map(EntryTime),
            enterprise_project_id: details.enterprise_project_id,
        }
    }
}

impl From<model::BackupRecord> for BackupEntry {
    fn from(record: model::BackupRecord) -> Self {
        let model::BackupRecord { backup, details } = record;
        Self {
            id: EntryId(*backup.id.as_uuid()),
            project_id: EntryId(backup.project_id),
            vault_id: EntryId(*backup.vault_id.as_uuid()),
            name: backup.name,
            resource_type: backup.resource_type,
            resource_size: backup.resource_size,
            status: Word(backup.status),
            encrypted: backup.encrypted,
            description: details.description,
            created_at: details.created_at.map(EntryTime),
            updated_at: details.updated_at.map(EntryTime),
            protected_at: details.protected_at.map(EntryTime),
            expired_at: details.expired_at.map(EntryTime),
            resource_id: details.resource_id,
            resource_name: details.resource_name,
            image_type: details.image_type,
            checkpoint_id: details.checkpoint_id.map(EntryId),
            parent_id: details.parent_id.map(EntryId),
            enterprise_project_id: details.enterprise_project_id,
        }
    }
}

impl From<model::Member> for MemberEntry {
    fn from(member: model::Member) -> Self {
        Self {
            id: Some(EntryId(*member.id.as_uuid())),
            backup_id: EntryId(*member.backup_id.as_uuid()),
            dest_project_id: EntryId(member.dest_project_id),
            status: Word(member.status),
            vault_id: member.vault_id.map(|id| EntryId(*id.as_uuid())),
            image_id: member.image_id.map(|id| EntryId(*id.as_uuid())),
            created_at: Some(EntryTime(member.created_at)),
            updated_at: member.updated_at.map(EntryTime),
        }
    }
}
