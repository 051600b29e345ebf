//! A store read from end to end: every record, as a stream that needs no more memory for many than
//! for few. Checks and copies of stores read this, whichever database it is.

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::{
    AccessKey, Account, Project, RecordKind, Removal, RemovalOutcome, TokenHash,
    tables::{BadValue, Stored, Table, shared, shared_value},
    values::{SqlRow, SqlValue},
};
use crate::{
    model::{BackupRecord, Member, Result, VaultRecord},
    timestamp::Timestamp,
};

/// A store, to be read as a whole.
#[async_trait]
pub trait Export: Send + Sync {
    /// Every record, as one moment has them, in the order in which they refer to each other:
    /// projects, accounts, tokens, access keys, vaults, backups, members; each kind ordered by its
    /// key.
    ///
    /// An error ends the stream: [`Error::Store`](crate::model::Error::Store) where a record makes
    /// no sense.
    fn records(&self) -> BoxStream<'static, Result<Record>>;

    /// How many records there are.
    async fn count(&self) -> Result<u64>;

    /// The schema, where a newer version has brought it up to date: the records may have more than
    /// this program reads.
    async fn newer_schema(&self) -> Result<Option<i32>>;

    /// What [`Store::remove`](super::Store::remove) would do now. Writes nothing.
    async fn plan_removal(&self, removal: &Removal) -> Result<RemovalOutcome>;

    /// What the database itself finds wrong with how it stores the records; a sentence each.
    async fn damage(&self) -> Result<Vec<String>>;
}

/// One record.
#[derive(Clone, Debug)]
pub enum Record {
    /// A project.
    Project(Project),
    /// A user; without the name of its project where there is no such project.
    Account(Account),
    /// A token.
    Token(StoredToken),
    /// An access key.
    AccessKey(AccessKey),
    /// A vault.
    Vault {
        /// The vault; `used` without what shares take.
        vault: Box<VaultRecord>,
        /// What shares take of it, in MB, as the store has counted.
        shared: u64,
    },
    /// A backup.
    Backup(Box<BackupRecord>),
    /// A share.
    Member(Member),
}

/// A token as it is stored.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// What is known of the token itself.
    pub hash: TokenHash,
    /// Whose it is.
    pub user_name: String,
    /// When it was issued, or loaded.
    pub issued_at: Timestamp,
    /// When it ends; `None` for fixed tokens.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, where it was.
    pub revoked_at: Option<Timestamp>,
    /// Whether it may be used, as far as its data file says.
    pub enabled: bool,
}

impl Record {
    /// The values of the columns of its table.
    pub(super) fn values(&self) -> std::result::Result<Vec<SqlValue<'_>>, BadValue> {
        match self {
            Self::Project(project) => project.values(),
            Self::Account(account) => account.values(),
            Self::Token(token) => token.values(),
            Self::AccessKey(key) => key.values(),
            Self::Vault { vault, shared } => {
                // Between the columns of the vault and those of its details.
                let mut values = vault.vault.values()?;
                values.push(shared_value(shared)?);
                values.extend(vault.details.values()?);
                Ok(values)
            }
            Self::Backup(backup) => backup.values(),
            Self::Member(member) => member.values(),
        }
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
}

impl RecordKind {
    /// The table of such records.
    pub(super) fn table(self) -> &'static Table {
        match self {
            Self::Project => Project::TABLE,
            Self::Account => Account::TABLE,
            Self::Token => StoredToken::TABLE,
            Self::AccessKey => AccessKey::TABLE,
            Self::Vault => VaultRecord::TABLE,
            Self::Backup => BackupRecord::TABLE,
            Self::Member => Member::TABLE,
        }
    }

    /// The statement that reads all of them, ordered by their key.
    pub(super) fn select_all(self) -> String {
        let table = self.table();
        if self == Self::Account {
            return format!(
                "SELECT {}, coalesce(p.name, '')
                 FROM accounts a LEFT JOIN projects p ON p.id = a.project_id ORDER BY a.name",
                table.names_in("a")
            );
        }
        let (names, key) = (table.names(), table.key());
        format!("SELECT {names} FROM {} ORDER BY {key}", table.name)
    }

    /// Reads a row of that statement.
    pub(super) fn read<R: SqlRow>(self, row: &R) -> std::result::Result<Record, R::Error> {
        Ok(match self {
            Self::Project => Record::Project(Stored::read(row, 0)?),
            Self::Account => Record::Account(Stored::read(row, 0)?),
            Self::Token => Record::Token(Stored::read(row, 0)?),
            Self::AccessKey => Record::AccessKey(Stored::read(row, 0)?),
            Self::Vault => Record::Vault {
                vault: Box::new(Stored::read(row, 0)?),
                shared: shared(row, 0)?,
            },
            Self::Backup => Record::Backup(Box::new(Stored::read(row, 0)?)),
            Self::Member => Record::Member(Stored::read(row, 0)?),
        })
    }
}
