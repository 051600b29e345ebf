//! Records out of PostgreSQL.
//!
//! Their rows are locked before anything is read, those of backups before those of the vaults that
//! get capacity back, each by their ids: the order of `shares` and `group`. So no change of a share
//! and no removal wait for each other in a circle, and what is read cannot change: who shares or
//! accepts meanwhile waits, and then finds no backup, or no vault.

use deadpool_postgres::ClientWrapper;
use futures::{StreamExt, pin_mut};
use tokio_postgres::{
    Error, Row,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    super::{
        TokenHash,
        removal::{Cells, Found, Removal, RemovalOutcome, statements},
    },
    retry::Failure,
    session::Session,
    shares::Column,
    write::Work,
};
use crate::model::VaultId;

const IDS: &str = "= ANY ($1)";
const LOCK_VAULTS: &str =
    "SELECT 1 FROM vaults WHERE id IN (SELECT vault_id FROM members WHERE backup_id = ANY ($1))
                           ORDER BY id FOR NO KEY UPDATE";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl Work for Removal {
    type Facts = ();
    type Outcome = RemovalOutcome;

    async fn look(&self, _: &ClientWrapper) -> Result<(), Error> {
        Ok(())
    }

    async fn act(&self, client: &ClientWrapper, (): ()) -> Result<RemovalOutcome, Failure> {
        lock(client, self).await?;
        let outcome = ask(client, self).await?;
        if outcome.is_ok() {
            let ids = ids(self);
            for command in statements::commands(self) {
                client
                    .execute(&command.replace("{ids}", IDS), &[&*ids])
                    .await?;
            }
        }
        Ok(outcome)
    }
}

/// Keeps others from what is to be removed, and from what changes with it.
async fn lock(client: &ClientWrapper, removal: &Removal) -> Result<(), Error> {
    let (table, key) = statements::table(removal);
    let ids = ids(removal);
    let lock = format!("SELECT 1 FROM {table} WHERE {key} {IDS} ORDER BY {key} FOR UPDATE");
    client.execute(&lock, &[&*ids]).await?;
    if let Removal::Backups(_) = removal {
        client.execute(LOCK_VAULTS, &[&*ids]).await?;
    }
    Ok(())
}

/// Whether they may go, and what goes with them, at one moment. Writes nothing.
pub(super) async fn look(session: &Session, removal: &Removal) -> Result<RemovalOutcome, Failure> {
    session.batch_execute(SNAPSHOT).await?;
    let outcome = ask(session, removal).await?;
    session.batch_execute("COMMIT").await?;
    session.confirm().await?;
    Ok(outcome)
}

async fn ask(client: &ClientWrapper, removal: &Removal) -> Result<RemovalOutcome, Error> {
    let ids = ids(removal);
    let mut found = Found::default();
    for (question, meaning) in statements::questions(removal) {
        // One by one: as many may stand in the way as there are records.
        let rows = client
            .query_raw(
                &question.replace("{ids}", IDS),
                [&*ids as &(dyn ToSql + Sync)],
            )
            .await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            found.take(meaning, &row?)?;
        }
    }
    Ok(found.decide(removal))
}

/// The ids, as the one parameter of all statements.
fn ids(removal: &Removal) -> Column<'_> {
    match removal {
        Removal::Users(ids) | Removal::AccessKeys(ids) => Box::new(ids),
        Removal::Tokens(ids) => Box::new(ids),
        Removal::Projects(ids) => Box::new(ids),
        Removal::Vaults(ids) => Box::new(ids),
        Removal::Backups(ids) => Box::new(ids),
    }
}

impl Cells for Row {
    type Error = Error;

    fn text(&self, at: usize) -> Result<String, Error> {
        match *self.columns()[at].type_() {
            Type::UUID => self.try_get::<_, Uuid>(at).map(|id| id.to_string()),
            Type::BYTEA => self.try_get::<_, TokenHash>(at).map(|hash| hash.to_hex()),
            _ => self.try_get(at),
        }
    }

    fn number(&self, at: usize) -> Result<u64, Error> {
        self.try_get::<_, i64>(at).map(i64::unsigned_abs)
    }

    fn vault(&self, at: usize) -> Result<Option<VaultId>, Error> {
        self.try_get(at)
    }
}
