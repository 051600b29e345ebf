//! Records in a form that can be compared: the order they come in, all that they hold, and a
//! checksum over many.

use std::fmt;

use futures::{StreamExt, stream::BoxStream};
use secrecy::ExposeSecret;
use sha2::{Digest as _, Sha256};

use super::Record;
use crate::model::Result;

/// A kind of record, in the order in which a store is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// [`Record::Project`]
    Project,
    /// [`Record::Account`]
    Account,
    /// [`Record::Token`]
    Token,
    /// [`Record::AccessKey`]
    AccessKey,
    /// [`Record::Vault`]
    Vault,
    /// [`Record::Backup`]
    Backup,
    /// [`Record::Member`]
    Member,
}

impl RecordKind {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Project,
        Self::Account,
        Self::Token,
        Self::AccessKey,
        Self::Vault,
        Self::Backup,
        Self::Member,
    ];
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Project => "projects",
            Self::Account => "accounts",
            Self::Token => "tokens",
            Self::AccessKey => "access keys",
            Self::Vault => "vaults",
            Self::Backup => "backups",
            Self::Member => "members",
        })
    }
}

impl Record {
    /// What it is.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Project(_) => RecordKind::Project,
            Self::Account(_) => RecordKind::Account,
            Self::Token(_) => RecordKind::Token,
            Self::AccessKey(_) => RecordKind::AccessKey,
            Self::Vault { .. } => RecordKind::Vault,
            Self::Backup(_) => RecordKind::Backup,
            Self::Member(_) => RecordKind::Member,
        }
    }

    /// What it is found by. Compares as the keys of every store do: byte by byte.
    pub(super) fn key(&self) -> (RecordKind, Vec<u8>) {
        let key = match self {
            Self::Project(project) => project.id.as_str().into(),
            Self::Account(account) => account.name.as_str().into(),
            Self::Token(token) => token.hash.as_bytes().as_slice().into(),
            Self::AccessKey(key) => key.access.as_str().into(),
            Self::Vault { vault, .. } => vault.id.as_uuid().as_bytes().as_slice().into(),
            Self::Backup(backup) => backup.id.as_uuid().as_bytes().as_slice().into(),
            Self::Member(member) => [
                member.backup_id.as_uuid().as_bytes().as_slice(),
                member.dest_project_id.as_str().as_bytes(),
            ]
            .concat(),
        };
        (self.kind(), key)
    }

    /// All that it holds, those fields included that are never shown.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Account(account) => {
                let hash = account
                    .password_hash
                    .as_ref()
                    .map(ExposeSecret::expose_secret);
                format!("{account:?} {hash:?}")
            }
            Self::Token(token) => format!("{token:?} {:?}", token.hash.as_bytes()),
            Self::AccessKey(key) => format!("{key:?} {:?}", key.secret.expose_secret()),
            Self::Project(_) | Self::Vault { .. } | Self::Backup(_) | Self::Member(_) => {
                format!("{self:?}")
            }
        }
    }
}

/// How many records of a kind there are, and a checksum over all of them in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// How many.
    pub count: u64,
    /// SHA-256 over a salt and the records.
    pub checksum: [u8; 32],
}

/// Reads a store to its end: a digest for each [`RecordKind`], in their order. Stores with the same
/// records have the same digests, with the same salt: checksums are shown, and without one a weak
/// secret could be guessed from them.
///
/// # Errors
/// Those of reading.
pub async fn digest(
    mut records: BoxStream<'static, Result<Record>>,
    salt: u128,
    mut read: impl FnMut(),
) -> Result<[Digest; 7]> {
    let salted = || (0, Sha256::new_with_prefix(salt.to_le_bytes()));
    let mut kinds = RecordKind::ALL.map(|_| salted());
    while let Some(record) = records.next().await {
        let record = record?;
        let (count, checksum) = &mut kinds[record.kind() as usize];
        *count += 1;
        // No line break within: strings are written with theirs escaped.
        checksum.update(record.canonical() + "\n");
        read();
    }
    Ok(kinds.map(|(count, checksum)| Digest {
        count,
        checksum: checksum.finalize().into(),
    }))
}
