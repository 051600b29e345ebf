//! What was given, taken back: records of one kind out of a store, what goes with them, and what
//! stands in the way. What the databases are asked stands in `statements`; how they lock what they
//! are asked about is the business of each.

pub(super) mod statements;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use self::statements::Meaning;
use super::TokenHash;
use crate::model::{BackupId, ProjectId, VaultId};

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

    fn shown(&self, key: &str) -> String {
        match self {
            Self::Tokens(_) => format!("sha256:{}", &key[..DIGITS]),
            _ => key.to_owned(),
        }
    }
}

/// A row of a database's answer.
pub(super) trait Cells {
    /// Why a cell cannot be read.
    type Error;

    /// A text, or an id as text.
    fn text(&self, at: usize) -> Result<String, Self::Error>;
    /// A number.
    fn number(&self, at: usize) -> Result<u64, Self::Error>;
    /// The id of a vault, where there is one.
    fn vault(&self, at: usize) -> Result<Option<VaultId>, Self::Error>;
}

/// What a database has answered up to now.
#[derive(Default)]
pub(super) struct Found {
    records: BTreeMap<String, Removed>,
    count: u64,
    first: Vec<String>,
}

impl Found {
    /// Takes a row of the answer to a question. The first cell of each is the key of a record to
    /// remove.
    pub(super) fn take<C: Cells>(&mut self, meaning: &Meaning, row: &C) -> Result<(), C::Error> {
        let key = row.text(0)?;
        match meaning {
            Meaning::Record => drop(self.records.entry(key).or_default()),
            Meaning::Tokens => self.records.entry(key).or_default().tokens += row.number(1)?,
            Meaning::AccessKeys => {
                self.records.entry(key).or_default().access_keys += row.number(1)?
            }
            Meaning::Shares => {
                let removed = self.records.entry(key).or_default();
                removed.shares += row.number(1)?;
                removed.images += row.number(2)?;
                if let Some(vault) = row.vault(3)? {
                    *removed.freed.entry(vault).or_default() += row.number(4)?;
                }
            }
            Meaning::InTheWay(words) => {
                self.count += 1;
                if self.first.len() < NAMED {
                    self.first
                        .push(words.replace("{of}", &key).replace("{it}", &row.text(1)?));
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
        if self.count > 0 {
            return Err(RemovalRefused::InTheWay {
                count: self.count,
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
