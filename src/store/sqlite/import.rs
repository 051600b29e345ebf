//! A database file that takes records as another store had them.

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, ToSql, params};
use secrecy::ExposeSecret;

use super::{
    super::{Export, Import, Record},
    LOAD,
    export::SqliteFile,
    failure::failed,
    open::{File, OpenError},
    writer::Writer,
};
use crate::model::{Error, Result};

/// The note that a copy is not finished: a table, so that no schema has to have it.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS unfinished_copy (begun INTEGER)";
const CLEAR: &str =
    "DELETE FROM members; DELETE FROM backups; DELETE FROM vaults; DELETE FROM access_keys;
                     DELETE FROM tokens; DELETE FROM accounts; DELETE FROM projects";

/// A database file to be copied into.
pub struct SqliteTarget {
    file: SqliteFile,
    writer: Writer,
}

impl SqliteTarget {
    /// Opens the database, makes it where it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence that names the file.
    pub fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let writing = File(path).make()?;
        Ok(Self {
            file: SqliteFile::find(path)?,
            writer: Writer::start(writing, path)?,
        })
    }

    async fn execute(&self, sql: &'static str) -> Result<()> {
        self.writer
            .run_within(LOAD, move |connection| {
                connection.execute_batch(sql).map_err(failed)
            })
            .await
    }
}

/// Whether a copy was begun and has not been finished.
pub(super) fn is_unfinished(connection: &Connection) -> rusqlite::Result<bool> {
    let note = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'unfinished_copy')";
    connection.query_row(note, [], |row| row.get(0))
}

#[async_trait]
impl Import for SqliteTarget {
    fn written(&self) -> &dyn Export {
        &self.file
    }

    async fn is_unfinished(&self) -> Result<bool> {
        self.writer
            .run(|connection| is_unfinished(connection).map_err(failed))
            .await
    }

    async fn begin(&self) -> Result<()> {
        self.execute(NOTE).await
    }

    async fn insert(&self, records: Vec<Record>) -> Result<()> {
        let insert = move |connection: &Connection| {
            records
                .iter()
                .try_for_each(|record| insert(connection, record))
        };
        self.writer.run_within(LOAD, insert).await
    }

    async fn clear(&self) -> Result<()> {
        self.execute(CLEAR).await
    }

    async fn finish(&self) -> Result<()> {
        self.execute("DROP TABLE unfinished_copy").await
    }
}

/// Inserts a record, where its key is free.
fn insert(connection: &Connection, record: &Record) -> Result<()> {
    let put = |into: &str, values: &[&dyn ToSql]| {
        let places = (1..=values.len())
            .map(|at| format!("?{at}"))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!("INSERT INTO {into} VALUES ({places}) ON CONFLICT DO NOTHING");
        connection
            .prepare_cached(&sql)
            .and_then(|mut insert| insert.execute(values))
            .map(drop)
            .map_err(failed)
    };
    let signed = |megabytes: u64| i64::try_from(megabytes).map_err(Error::store);
    match record {
        Record::Project(p) => put("projects (id, name)", params![p.id, p.name]),
        Record::Account(a) => {
            let hash = a.password_hash.as_ref().map(ExposeSecret::expose_secret);
            let values = params![a.name, hash, a.project_id, a.roles.join(","), a.enabled];
            put(
                "accounts (name, password_hash, project_id, roles, enabled)",
                values,
            )
        }
        Record::Token(t) => put(
            "tokens (hash, user_name, issued_at, expires_at, revoked_at, enabled)",
            params![
                t.hash.as_bytes(),
                t.user_name,
                t.issued_at,
                t.expires_at,
                t.revoked_at,
                t.enabled
            ],
        ),
        Record::AccessKey(k) => {
            let values = params![k.access, k.secret.expose_secret(), k.user_name, k.enabled];
            put("access_keys (access, secret, user_name, enabled)", values)
        }
        Record::Vault { vault: v, shared } => {
            let (used, shared) = (signed(v.used)?, signed(*shared)?);
            let values = params![
                v.id,
                v.project_id,
                v.name,
                v.object_type,
                v.protect_type,
                v.status,
                v.size,
                used,
                shared
            ];
            put(
                "vaults (id, project_id, name, object_type, protect_type, status, size, used, shared)",
                values,
            )
        }
        Record::Backup(b) => put(
            "backups (id, project_id, vault_id, name, resource_type, resource_size, status, encrypted)",
            params![
                b.id,
                b.project_id,
                b.vault_id,
                b.name,
                b.resource_type,
                b.resource_size,
                b.status,
                b.encrypted
            ],
        ),
        Record::Member(m) => put(
            "members (backup_id, dest_project_id, id, status, created_at, updated_at, vault_id, image_id)",
            params![
                m.backup_id,
                m.dest_project_id,
                m.id,
                m.status,
                m.created_at,
                m.updated_at,
                m.vault_id,
                m.image_id
            ],
        ),
    }
}
