//! Records out of a SQLite file. The caller provides the transaction.

use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        TokenHash,
        removal::{
            Removal, RemovalOutcome, RemovalPlan,
            statements::{self, with_ids},
        },
    },
    failure::failed,
};
use crate::model::Result;

/// Removes them, where they may go.
pub(super) fn remove(connection: &Connection, removal: &Removal) -> Result<RemovalOutcome> {
    let outcome = plan(connection, removal).map_err(failed)?;
    if outcome.is_ok() {
        let (sql_of_ids, ids) = parameter(removal);
        for command in statements::commands(removal) {
            connection
                .execute(&with_ids(command, sql_of_ids), [&ids])
                .map_err(failed)?;
        }
    }
    Ok(outcome)
}

/// Whether they may go, and what goes with them. Writes nothing.
pub(super) fn plan(connection: &Connection, removal: &Removal) -> rusqlite::Result<RemovalOutcome> {
    let (sql_of_ids, ids) = parameter(removal);
    let mut plan = RemovalPlan::default();
    for (query, meaning) in statements::queries(removal) {
        let mut statement = connection.prepare(&with_ids(query, sql_of_ids))?;
        let mut rows = statement.query([&ids])?;
        while let Some(row) = rows.next()? {
            plan.add(removal, meaning, row)?;
        }
    }
    Ok(plan.decide(removal))
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
