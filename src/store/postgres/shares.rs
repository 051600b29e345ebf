//! Facts out of PostgreSQL, and changes into it.
//!
//! A change first locks the row of its backup, and after it that of the vault that the request
//! names; only then it reads, in a further statement, whose snapshot is younger than the locks.
//! So changes of one backup are decided one after the other, at READ COMMITTED and without any
//! being thrown away, and so are those that accept into one vault. The owner's vault is not locked:
//! only its status counts, which catalogs alone change, and a share that is made at the same moment
//! counts as made before.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use deadpool_postgres::ClientWrapper;
use futures::TryFutureExt;
use tokio_postgres::{
    Row,
    error::{DbError, SqlState},
    types::ToSql,
};

use super::{
    super::{
        Rule,
        sql::POSTGRES,
        tables::{BACKUP_CREATED_AT, Stored},
    },
    columns::{Parameter, arrays, borrowed, columns_of},
    pipeline::pipelined,
    retry::AttemptError,
    rows::{self, LIST},
    session::Session,
    write::Transaction,
};
use crate::model::{
    self, Change, Error, Facts, Member, Selection, VaultId, VaultSelection,
    facts::{Capacity, MemberSelection},
};

// One statement, and thereby one snapshot; a row for each member.
static WITH_ALL_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM backups b LEFT JOIN members m ON m.backup_id = b.id
         LEFT JOIN vaults v ON v.id = CASE WHEN $3 THEN b.vault_id ELSE $2 END WHERE b.id = $1",
        *LIST
    )
});
static WITH_NAMED_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM backups b
         LEFT JOIN members m ON m.backup_id = b.id AND m.dest_project_id = ANY ($4)
         LEFT JOIN vaults v ON v.id = CASE WHEN $3 THEN b.vault_id ELSE $2 END WHERE b.id = $1",
        *LIST
    )
});
/// Its values are columns of members. What a record has of its backup is read where it is written.
pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let (members, least) = (Member::TABLE, POSTGRES.least_time);
    let (names, arrays) = (members.names(), arrays(members));
    format!(
        "INSERT INTO members ({names}, {BACKUP_CREATED_AT})
         SELECT n.*, coalesce((SELECT created_at FROM backups WHERE id = n.backup_id), {least})
         FROM unnest({arrays}) AS n ({names})"
    )
});
const LOCK_BACKUP: &str = "SELECT 1 FROM backups WHERE id = $1 FOR NO KEY UPDATE";
const LOCK_VAULT: &str = "SELECT 1 FROM vaults WHERE id = $1 FOR NO KEY UPDATE";
/// Its values are columns of members, and the id, status and time that are expected there.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let members = Member::TABLE;
    let sets = members.each_behind_key(|at, column| format!("{} = ${at}", column.name));
    let [id, status, updated_at] = [1, 2, 3].map(|more| members.columns.len() + more);
    format!(
        "UPDATE members SET {} WHERE backup_id = $1 AND dest_project_id = $2
           AND id = ${id} AND status = ${status} AND updated_at IS NOT DISTINCT FROM ${updated_at}",
        sets.join(", ")
    )
});
const DELETE: &str = "DELETE FROM members
                      WHERE backup_id = $1 AND dest_project_id = $2 AND id = $3
                        AND status = $4 AND updated_at IS NOT DISTINCT FROM $5";
// The rule has looked at the free space under the lock of the vault.
const MOVE: &str = "UPDATE vaults SET shared = shared + $2 WHERE id = $1";

/// The facts, which are not stale.
pub(super) async fn load(session: &Session, selection: &Selection) -> Result<Facts, AttemptError> {
    let (sql, values) = query(selection);
    facts(&session.read(sql, &borrowed(&values)).await?)
}

/// The facts, for a transaction that has locked what they are about.
async fn load_locked(client: &ClientWrapper, selection: &Selection) -> Result<Facts, AttemptError> {
    let (sql, values) = query(selection);
    let statement = client.prepare_cached(sql).await?;
    facts(&client.query(&statement, &borrowed(&values)).await?)
}

/// The statement that reads the facts, and its values.
fn query(selection: &Selection) -> (&'static str, Vec<Parameter<'_>>) {
    let (named, of_backup): (Option<VaultId>, bool) = match selection.vault {
        VaultSelection::None => (None, false),
        VaultSelection::OfBackup => (None, true),
        VaultSelection::Named(id) => (Some(id), false),
    };
    let mut values: Vec<Parameter<'_>> = vec![
        Box::new(selection.backup_id),
        Box::new(named),
        Box::new(of_backup),
    ];
    match &selection.members {
        MemberSelection::All => (&WITH_ALL_MEMBERS, values),
        MemberSelection::Of { caller, member } => {
            values.push(Box::new(vec![caller, member]));
            (&WITH_NAMED_MEMBERS, values)
        }
    }
}

fn facts(rows: &[Row]) -> Result<Facts, AttemptError> {
    let mut facts = Facts::default();
    for row in rows {
        rows::add_to(&mut facts, row)?;
    }
    Ok(facts)
}

/// A change that is still to be decided: a rule, and the facts that it needs.
pub(super) struct PendingChange {
    pub(super) selection: Selection,
    pub(super) rule: Rule,
}

impl PendingChange {
    pub(super) fn decide(&self, facts: &Facts) -> model::Result<Change> {
        let decided = catch_unwind(AssertUnwindSafe(|| (self.rule)(facts)));
        decided.unwrap_or_else(|_| Err(Error::store("panicked while deciding")))
    }
}

impl Transaction for PendingChange {
    type Input = Facts;
    type Output = Change;

    async fn read(&self, client: &ClientWrapper) -> Result<Facts, AttemptError> {
        let backup = client.prepare_cached(LOCK_BACKUP).await?;
        let vault = client.prepare_cached(LOCK_VAULT).await?;
        let id: [&(dyn ToSql + Sync); 1] = [&self.selection.backup_id];
        let lock_backup = client.execute(&backup, &id);
        let lock_vault = async {
            match self.selection.vault {
                VaultSelection::Named(id) => client.execute(&vault, &[&id]).await,
                VaultSelection::None | VaultSelection::OfBackup => Ok(0),
            }
        };
        let locks = pipelined(lock_backup, lock_vault).err_into();
        let (_, facts) = pipelined(locks, load_locked(client, &self.selection)).await?;
        Ok(facts)
    }

    async fn apply(&self, client: &ClientWrapper, facts: Facts) -> Result<Change, AttemptError> {
        let change = self.decide(&facts)?;
        carry_out(client, &change).await?;
        Ok(change)
    }
}

async fn carry_out(client: &ClientWrapper, change: &Change) -> Result<(), AttemptError> {
    match change {
        Change::Keep(_) => Ok(()),
        Change::Add(members) => insert(client, members).await,
        Change::Update {
            before,
            after,
            capacity,
        } => {
            let after = after.values()?;
            let mut values: Vec<&(dyn ToSql + Sync)> = vec![];
            values.extend(after.iter().map(|value| value as &(dyn ToSql + Sync)));
            let expected: [&(dyn ToSql + Sync); 3] =
                [&before.id, &before.status, &before.updated_at];
            values.extend(expected);
            let update = one_row(client, &UPDATE, &values);
            pipelined(update, move_capacity(client, *capacity)).await?;
            Ok(())
        }
        Change::Delete { before, capacity } => {
            let key = (before.backup_id, &before.dest_project_id, before.id);
            let values: [&(dyn ToSql + Sync); 5] =
                [&key.0, key.1, &key.2, &before.status, &before.updated_at];
            let delete = one_row(client, DELETE, &values);
            pipelined(delete, move_capacity(client, *capacity)).await?;
            Ok(())
        }
    }
}

/// Inserts records; the key of the table refuses a second one for the same pair.
async fn insert(client: &ClientWrapper, members: &[Member]) -> Result<(), AttemptError> {
    let statement = client.prepare_cached(&INSERT).await?;
    let columns = columns_of(members)?;
    match client.execute(&statement, &borrowed(&columns)).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            let named = error.as_db_error().and_then(DbError::detail);
            Err(already_shared(members, named.unwrap_or_default()).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The database names the first pair that is there already, `(backup, project)`, in a sentence of
/// its own language.
fn already_shared(members: &[Member], sentence: &str) -> Error {
    let is_named = |m: &&Member| {
        let pair = format!("({}, {})", m.backup_id, m.dest_project_id);
        sentence.contains(&pair)
    };
    let named = members.iter().filter(is_named);
    Error::AlreadyShared(named.map(|m| m.dest_project_id.clone()).collect())
}

/// Moves capacity between a vault and its free space. The table refuses a sum below zero.
async fn move_capacity(client: &ClientWrapper, capacity: Capacity) -> Result<(), AttemptError> {
    match capacity.signed().map_err(Error::store)? {
        None => Ok(()),
        Some((vault, megabytes)) => one_row(client, MOVE, &[&vault, &megabytes]).await,
    }
}

/// Runs a statement that must hit exactly one row: the facts were read under the same locks.
async fn one_row(
    client: &ClientWrapper,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), AttemptError> {
    let statement = client.prepare_cached(sql).await?;
    match client.execute(&statement, values).await? {
        1 => Ok(()),
        hit => Err(Error::store(format!("{hit} rows instead of one: {sql}")).into()),
    }
}
