//! What was given, taken back: records of one kind out of a store, what goes with them, and what
//! is in the way. The queries are in `statements`; how the rows are locked is the business of each
//! store.

pub(super) mod statements;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use self::statements::Meaning;
use super::{
    AccessKey, Account, Project, StoredToken, TokenHash,
    tables::{Stored, Table},
    values::{SqlRow, read},
};
use crate::model::{Backup, BackupId, ProjectId, Vault, VaultId, vault::MB_PER_GB};

/// How many records a refusal names; the others are counted.
const NAMED: usize = 20;
/// How many digits of a token's hash are shown: enough to tell tokens apart.
const DIGITS: usize = 16;

/// Records to remove: of one kind, by what they are found by.
#[derive(Clone, Debug)]
pub enum Removal {
    /// Users, with their tokens and access keys.
    Users(Vec<String>),
    /// Tokens, issued ones too.
    Tokens(Vec<TokenHash>),
    /// Access keys.
    AccessKeys(Vec<String>),
    /// Projects that nothing belongs to and nothing is shared with.
    Projects(Vec<ProjectId>),
    /// Vaults that hold no backup, accepted ones included.
    Vaults(Vec<VaultId>),
    /// Backups, with their shares, whose vaults get the capacity back.
    Backups(Vec<BackupId>),
}

/// What was removed, or why nothing was.
pub type RemovalOutcome = Result<Vec<Removed>, RemovalRefused>;

/// A record that goes, and what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Its id, as it may be shown.
    pub id: String,
    /// Tokens of the user.
    pub tokens: u64,
    /// Access keys of the user.
    pub access_keys: u64,
    /// Shares of the backup.
    pub shares: u64,
    /// How many of the shares have an image that was registered from them.
    pub images: u64,
    /// How many MB vaults get back.
    pub freed: BTreeMap<VaultId, u64>,
}

/// Why nothing is removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemovalRefused {
    /// There are no such records.
    #[error("there is no {kind} {}", named(.ids, .ids.len() as u64, ", "))]
    Missing {
        /// The kind.
        kind: &'static str,
        /// Their ids, as they may be shown.
        ids: Vec<String>,
    },
    /// They are in use.
    #[error("in the way:\n  {}", named(.first, *.count, "\n  "))]
    InTheWay {
        /// By how many records.
        count: u64,
        /// The first of those, a few words each.
        first: Vec<String>,
    },
}

fn named(all: &[String], count: u64, between: &str) -> String {
    let mut text = all
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(between);
    let more = count.saturating_sub(NAMED as u64);
    if more > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "{between}and {more} more");
    }
    text
}

impl Removal {
    /// What each of the records is, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Users(_) => "user",
            Self::Tokens(_) => "token",
            Self::AccessKeys(_) => "key",
            Self::Projects(_) => "project",
            Self::Vaults(_) => "vault",
            Self::Backups(_) => "backup",
        }
    }

    /// The ids as they may be shown: of a token the beginning of its hash.
    pub fn ids(&self) -> Vec<String> {
        self.keys().iter().map(|key| self.shown(key)).collect()
    }

    /// The ids as text.
    fn keys(&self) -> Vec<String> {
        fn texts(ids: &[impl fmt::Display]) -> Vec<String> {
            ids.iter().map(ToString::to_string).collect()
        }
        match self {
            Self::Users(ids) | Self::AccessKeys(ids) => texts(ids),
            Self::Tokens(ids) => ids.iter().map(TokenHash::to_hex).collect(),
            Self::Projects(ids) => texts(ids),
            Self::Vaults(ids) => texts(ids),
            Self::Backups(ids) => texts(ids),
        }
    }

    /// Their table.
    pub(super) fn table(&self) -> &'static Table {
        match self {
            Self::Users(_) => Account::TABLE,
            Self::Tokens(_) => StoredToken::TABLE,
            Self::AccessKeys(_) => AccessKey::TABLE,
            Self::Projects(_) => Project::TABLE,
            Self::Vaults(_) => Vault::TABLE,
            Self::Backups(_) => Backup::TABLE,
        }
    }

    fn shown(&self, key: &str) -> String {
        match self {
            Self::Tokens(_) => format!("sha256:{}", &key[..DIGITS]),
            _ => key.to_owned(),
        }
    }
}

/// What a database has returned up to now.
#[derive(Default)]
pub(super) struct RemovalPlan {
    records: BTreeMap<String, Removed>,
    in_the_way: u64,
    first: Vec<String>,
}

impl RemovalPlan {
    /// Adds a row that a query returned. The first value of each is the key of a record to remove.
    pub(super) fn add<R: SqlRow>(
        &mut self,
        removal: &Removal,
        meaning: &Meaning,
        row: &R,
    ) -> Result<(), R::Error> {
        let text = |at, holds| {
            let value = row.value(at, holds)?;
            Ok::<_, R::Error>(value.into_text().unwrap_or_default())
        };
        let key = text(0, removal.table().columns[0].holds)?;
        let number = |at, column| read::<u64, R>(row, at, column);
        match meaning {
            Meaning::Record => drop(self.records.entry(key).or_default()),
            Meaning::Tokens => {
                self.records.entry(key).or_default().tokens += number(1, "the count of tokens")?
            }
            Meaning::AccessKeys => {
                self.records.entry(key).or_default().access_keys +=
                    number(1, "the count of access keys")?
            }
            Meaning::Shares => {
                let removed = self.records.entry(key).or_default();
                removed.shares += number(1, "the count of shares")?;
                removed.images += number(2, "the count of images")?;
                if let Some(vault) = read(row, 3, "members.vault_id")? {
                    let freed = number(4, "the sum of backups.resource_size")?;
                    let freed = freed.saturating_mul(MB_PER_GB.into());
                    *removed.freed.entry(vault).or_default() += freed;
                }
            }
            Meaning::InTheWay(holds, words) => {
                self.in_the_way += 1;
                if self.first.len() < NAMED {
                    let other = text(1, *holds)?;
                    let words = words.replace("{of}", &key);
                    self.first.push(words.replace("{it}", &other));
                }
            }
        }
        Ok(())
    }

    /// Whether the records may go.
    pub(super) fn decide(mut self, removal: &Removal) -> RemovalOutcome {
        let keys = removal.keys();
        let missing: Vec<_> = keys
            .iter()
            .filter(|key| !self.records.contains_key(*key))
            .collect();
        if !missing.is_empty() {
            let ids = missing.into_iter().map(|key| removal.shown(key)).collect();
            return Err(RemovalRefused::Missing {
                kind: removal.kind(),
                ids,
            });
        }
        if self.in_the_way > 0 {
            return Err(RemovalRefused::InTheWay {
                count: self.in_the_way,
                first: self.first,
            });
        }
        let mut removed = |key: &String| {
            // Named twice, it goes once.
            self.records.remove(key).map(|removed| Removed {
                id: removal.shown(key),
                ..removed
            })
        };
        Ok(keys.iter().filter_map(&mut removed).collect())
    }
}
