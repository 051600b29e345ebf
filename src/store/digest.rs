//! Records in a form that can be compared: the order they come in, all that they hold, and a
//! checksum over many.

use std::fmt;

use futures::{StreamExt, stream::BoxStream};
use sha2::{Digest as _, Sha256};

use super::{Record, values::SqlValue};
use crate::model::{Error, Result};

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
        f.write_str(&self.table().name.replace('_', " "))
    }
}

impl Record {
    /// What it is found by. Compares as the keys of every store do: byte by byte.
    pub(super) fn key(&self) -> Result<(RecordKind, String)> {
        let mut values = self.texts()?;
        values.truncate(self.kind().table().keys);
        Ok((self.kind(), values.into_iter().flatten().collect()))
    }

    /// All that it holds, those fields included that are never shown. Without line breaks: they are
    /// escaped.
    pub(super) fn canonical(&self) -> Result<String> {
        Ok(format!("{:?} {:?}", self.kind(), self.texts()?))
    }

    fn texts(&self) -> Result<Vec<Option<String>>> {
        let values = self.values().map_err(Error::store)?;
        Ok(values.into_iter().map(SqlValue::into_text).collect())
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
        checksum.update(record.canonical()? + "\n");
        read();
    }
    Ok(kinds.map(|(count, checksum)| Digest {
        count,
        checksum: checksum.finalize().into(),
    }))
}
