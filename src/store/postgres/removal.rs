//! Records out of PostgreSQL.
//!
//! Their rows are locked before anything is read, those of backups before those of the vaults that
//! get capacity back, each by their ids: the order of `shares` and `batch`. So no change of a share
//! and no removal deadlock, and what is read cannot change: who shares or accepts meanwhile waits,
//! and then finds no backup, or no vault.

use deadpool_postgres::ClientWrapper;
use futures::{StreamExt, pin_mut};
use tokio_postgres::{Error, types::ToSql};

use super::{
    super::removal::{
        Removal, RemovalOutcome, RemovalPlan,
        statements::{self, with_ids},
    },
    columns::Parameter,
    retry::AttemptError,
    session::Session,
    write::Transaction,
};

const IDS: &str = "= ANY ($1)";
const LOCK_VAULTS: &str =
    "SELECT 1 FROM vaults WHERE id IN (SELECT vault_id FROM members WHERE backup_id = ANY ($1))
                           ORDER BY id FOR NO KEY UPDATE";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl Transaction for Removal {
    type Input = ();
    type Output = RemovalOutcome;

    async fn read(&self, _: &ClientWrapper) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn apply(&self, client: &ClientWrapper, (): ()) -> Result<RemovalOutcome, AttemptError> {
        lock(client, self).await?;
        let outcome = query(client, self).await?;
        if outcome.is_ok() {
            let ids = ids(self);
            for command in statements::commands(self) {
                client.execute(&with_ids(command, IDS), &[&*ids]).await?;
            }
        }
        Ok(outcome)
    }
}

/// Keeps others from what is to be removed, and from what changes with it.
async fn lock(client: &ClientWrapper, removal: &Removal) -> Result<(), Error> {
    let (table, key) = (removal.table().name, removal.table().key());
    let ids = ids(removal);
    let lock = format!("SELECT 1 FROM {table} WHERE {key} {IDS} ORDER BY {key} FOR UPDATE");
    client.execute(&lock, &[&*ids]).await?;
    if let Removal::Backups(_) = removal {
        client.execute(LOCK_VAULTS, &[&*ids]).await?;
    }
    Ok(())
}

/// Whether they may go, and what goes with them, at one moment. Writes nothing.
pub(super) async fn plan(
    session: &Session,
    removal: &Removal,
) -> Result<RemovalOutcome, AttemptError> {
    session.batch_execute(SNAPSHOT).await?;
    let outcome = query(session, removal).await?;
    session.batch_execute("COMMIT").await?;
    session.confirm_primary().await?;
    Ok(outcome)
}

async fn query(client: &ClientWrapper, removal: &Removal) -> Result<RemovalOutcome, AttemptError> {
    let ids = ids(removal);
    let mut plan = RemovalPlan::default();
    for (sql, meaning) in statements::queries(removal) {
        // One by one: as many may be in the way as there are records.
        let rows = client
            .query_raw(&with_ids(sql, IDS), [&*ids as &(dyn ToSql + Sync)])
            .await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            plan.add(removal, meaning, &row?)?;
        }
    }
    Ok(plan.decide(removal))
}

/// The ids, as the one parameter of all statements.
fn ids(removal: &Removal) -> Parameter<'_> {
    match removal {
        Removal::Users(ids) | Removal::AccessKeys(ids) => Box::new(ids),
        Removal::Tokens(ids) => Box::new(ids),
        Removal::Projects(ids) => Box::new(ids),
        Removal::Vaults(ids) => Box::new(ids),
        Removal::Backups(ids) => Box::new(ids),
    }
}
