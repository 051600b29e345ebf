//! Records out of a SQLite file. The caller provides the transaction.

use rusqlite::{Connection, Row, types::ValueRef};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        TokenHash,
        removal::{Cells, Found, Removal, RemovalOutcome, statements},
    },
    failure::failed,
    rows,
};
use crate::model::{Result, VaultId};

/// Removes them, where they may go.
pub(super) fn remove(connection: &Connection, removal: &Removal) -> Result<RemovalOutcome> {
    let outcome = look(connection, removal).map_err(failed)?;
    if outcome.is_ok() {
        let (sql_of_ids, ids) = parameter(removal);
        for command in statements::commands(removal) {
            connection
                .execute(&command.replace("{ids}", sql_of_ids), [&ids])
                .map_err(failed)?;
        }
    }
    Ok(outcome)
}

/// Whether they may go, and what goes with them. Writes nothing.
pub(super) fn look(connection: &Connection, removal: &Removal) -> rusqlite::Result<RemovalOutcome> {
    let (sql_of_ids, ids) = parameter(removal);
    let mut found = Found::default();
    for (question, meaning) in statements::questions(removal) {
        let mut statement = connection.prepare(&question.replace("{ids}", sql_of_ids))?;
        let mut rows = statement.query([&ids])?;
        while let Some(row) = rows.next()? {
            found.take(meaning, row)?;
        }
    }
    Ok(found.decide(removal))
}

/// How a column is compared with the ids, and the one parameter that they are: any number of them
/// as an array of JSON, blobs in hexadecimal digits.
fn parameter(removal: &Removal) -> (&'static str, String) {
    const TEXTS: &str = "IN (SELECT value FROM json_each(?1))";
    const BLOBS: &str = "IN (SELECT unhex(value) FROM json_each(?1))";
    let hex = |uuid: &Uuid| uuid.simple().to_string();
    let (comparison, ids): (_, Value) = match removal {
        Removal::Users(ids) | Removal::AccessKeys(ids) => (TEXTS, json!(ids)),
        Removal::Projects(ids) => (TEXTS, ids.iter().map(|id| id.as_str()).collect()),
        Removal::Tokens(ids) => (BLOBS, ids.iter().map(TokenHash::to_hex).collect()),
        Removal::Vaults(ids) => (BLOBS, ids.iter().map(|id| hex(id.as_uuid())).collect()),
        Removal::Backups(ids) => (BLOBS, ids.iter().map(|id| hex(id.as_uuid())).collect()),
    };
    (comparison, ids.to_string())
}

impl Cells for Row<'_> {
    type Error = rusqlite::Error;

    fn text(&self, at: usize) -> rusqlite::Result<String> {
        match self.get_ref(at)? {
            ValueRef::Blob(blob) if blob.len() == 16 => {
                self.get::<_, VaultId>(at).map(|id| id.to_string())
            }
            ValueRef::Blob(_) => self
                .get(at)
                .map(|hash| TokenHash::from_bytes(hash).to_hex()),
            _ => self.get(at),
        }
    }

    fn number(&self, at: usize) -> rusqlite::Result<u64> {
        rows::megabytes(self, at)
    }

    fn vault(&self, at: usize) -> rusqlite::Result<Option<VaultId>> {
        self.get(at)
    }
}
