//! A database file read from end to end, while a server may be writing to it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use rusqlite::{Connection, Row};
use secrecy::SecretString;
use tokio::sync::mpsc;

use super::{
    super::{AccessKey, Export, Project, Record, Removal, RemovalOutcome, StoredToken, TokenHash},
    failure::failed,
    open::{File, OpenError},
    removal,
    rows::{self, backup_columns, member_columns},
};
use crate::model::{Error, Result, Vault};

/// How many records wait to be taken; the file is read no faster.
const WAITING: usize = 1024;
/// How much the database tells of its damage.
const COMPLAINTS: &str = "PRAGMA integrity_check(100)";

const COUNT: &str =
    "SELECT (SELECT count(*) FROM projects) + (SELECT count(*) FROM accounts) + (SELECT count(*) FROM tokens)
                            + (SELECT count(*) FROM access_keys) + (SELECT count(*) FROM vaults)
                            + (SELECT count(*) FROM backups) + (SELECT count(*) FROM members)";

/// A database file that is there already.
pub struct SqliteFile(PathBuf);

impl SqliteFile {
    /// A file with the schema of this version. Nothing is made, and nothing is brought up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn find(path: &Path) -> std::result::Result<Self, OpenError> {
        File(path).look().map(|_| Self(path.to_owned()))
    }

    /// Looks at the file on a thread of its own: it may take long.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = self.0.clone();
        let look = move || look(&File(&path).look().map_err(gone)?).map_err(failed);
        tokio::task::spawn_blocking(look)
            .await
            .map_err(Error::store)?
    }
}

#[async_trait]
impl Export for SqliteFile {
    fn records(&self) -> BoxStream<'static, Result<Record>> {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let path = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let read = File(&path)
                .look()
                .map_err(gone)
                .and_then(|connection| every(&connection, &sender));
            if let Err(error) = read {
                // Nobody listens any more: then nobody misses it.
                let _ = sender.blocking_send(Err(error));
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }

    async fn count(&self) -> Result<u64> {
        self.look(|connection| connection.query_row(COUNT, [], |row| rows::megabytes(row, 0)))
            .await
    }

    async fn plan_removal(&self, removal: &Removal) -> Result<RemovalOutcome> {
        let removal = removal.clone();
        // In one transaction: all of it is of one moment.
        self.look(move |connection| removal::look(&*connection.unchecked_transaction()?, &removal))
            .await
    }

    async fn damage(&self) -> Result<Vec<String>> {
        self.look(complaints).await
    }
}

/// It was there when it was found.
fn gone(error: OpenError) -> Error {
    Error::StoreUnavailable(error.into())
}

/// What the database finds wrong with itself.
pub(super) fn complaints(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(COMPLAINTS)?;
    let found = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>();
    match found {
        Ok(found) => Ok(found
            .into_iter()
            .filter(|complaint| complaint != "ok")
            .collect()),
        // Too damaged to be looked at.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
            Ok(vec![error.to_string()])
        }
        Err(error) => Err(error),
    }
}

type Read = fn(&Row<'_>) -> rusqlite::Result<Record>;

/// Every kind of record: how to ask for it, and how to read it.
const EVERYTHING: [(&str, Read); 7] = [
    ("SELECT id, name FROM projects ORDER BY id", project),
    (
        "SELECT a.name, a.password_hash, a.project_id, coalesce(p.name, ''), a.roles, a.enabled
         FROM accounts a LEFT JOIN projects p ON p.id = a.project_id ORDER BY a.name",
        account,
    ),
    (
        "SELECT hash, user_name, issued_at, expires_at, revoked_at, enabled FROM tokens ORDER BY hash",
        token,
    ),
    (
        "SELECT access, secret, user_name, enabled FROM access_keys ORDER BY access",
        access_key,
    ),
    (
        "SELECT id, project_id, name, object_type, protect_type, status, size, used, shared FROM vaults ORDER BY id",
        vault,
    ),
    (
        concat!(
            "SELECT ",
            backup_columns!(),
            " FROM backups b ORDER BY b.id"
        ),
        backup,
    ),
    (
        concat!(
            "SELECT ",
            member_columns!(),
            " FROM members m ORDER BY m.backup_id, m.dest_project_id"
        ),
        member,
    ),
];

/// In one transaction: all of it is of one moment.
fn every(connection: &Connection, sender: &mpsc::Sender<Result<Record>>) -> Result<()> {
    let snapshot = connection.unchecked_transaction().map_err(failed)?;
    for (sql, read) in EVERYTHING {
        let mut statement = snapshot.prepare(sql).map_err(failed)?;
        for record in statement.query_map([], read).map_err(failed)? {
            if sender.blocking_send(Ok(record.map_err(failed)?)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn project(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record::Project(Project {
        id: row.get(0)?,
        name: row.get(1)?,
    }))
}

fn account(row: &Row<'_>) -> rusqlite::Result<Record> {
    super::accounts::account(row).map(Record::Account)
}

fn token(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record::Token(StoredToken {
        hash: TokenHash::from_bytes(row.get(0)?),
        user_name: row.get(1)?,
        issued_at: row.get(2)?,
        expires_at: row.get(3)?,
        revoked_at: row.get(4)?,
        enabled: row.get(5)?,
    }))
}

fn access_key(row: &Row<'_>) -> rusqlite::Result<Record> {
    let secret = SecretString::from(row.get::<_, String>(1)?);
    Ok(Record::AccessKey(AccessKey {
        access: row.get(0)?,
        secret,
        user_name: row.get(2)?,
        enabled: row.get(3)?,
    }))
}

fn vault(row: &Row<'_>) -> rusqlite::Result<Record> {
    let vault = Vault {
        id: row.get(0)?,
        project_id: row.get(1)?,
        name: row.get(2)?,
        object_type: row.get(3)?,
        protect_type: row.get(4)?,
        status: row.get(5)?,
        size: row.get(6)?,
        used: rows::megabytes(row, 7)?,
    };
    Ok(Record::Vault {
        vault,
        shared: rows::megabytes(row, 8)?,
    })
}

fn backup(row: &Row<'_>) -> rusqlite::Result<Record> {
    rows::backup(row, 0).map(Record::Backup)
}

fn member(row: &Row<'_>) -> rusqlite::Result<Record> {
    let member = rows::member(row, 0)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Record::Member(member))
}
