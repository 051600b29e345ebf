//! Facts out of PostgreSQL, and changes into it.
//!
//! A change first locks the row of its backup, and after it that of the vault that the request
//! names; only then it reads, in a statement of its own, whose snapshot is younger than the locks.
//! So changes of one backup are decided one after the other, at READ COMMITTED and without any
//! being thrown away, and so are those that take from one vault. The owner's vault is not locked:
//! only its status counts, which catalogs alone change, and a share that is made at the same moment
//! counts as made before.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deadpool_postgres::ClientWrapper;
use futures::try_join;
use tokio_postgres::{Row, error::SqlState, types::ToSql};

use super::{
    super::Rule,
    retry::Failure,
    rows::{self, columns},
    session::Session,
    write::Work,
};
use crate::model::{
    self, Change, Error, Facts, Member, Selection, VaultId, VaultSelection,
    facts::{Capacity, MemberSelection},
};

// One statement, and thereby one snapshot; a row for each member.
const WITH_ALL_MEMBERS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM backups b LEFT JOIN members m ON m.backup_id = b.id
      LEFT JOIN vaults v ON v.id = CASE WHEN $3 THEN b.vault_id ELSE $2 END WHERE b.id = $1"
);
const WITH_NAMED_MEMBERS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM backups b LEFT JOIN members m ON m.backup_id = b.id AND m.dest_project_id = ANY ($4)
      LEFT JOIN vaults v ON v.id = CASE WHEN $3 THEN b.vault_id ELSE $2 END WHERE b.id = $1"
);
const LOCK_BACKUP: &str = "SELECT 1 FROM backups WHERE id = $1 FOR NO KEY UPDATE";
const LOCK_VAULT: &str = "SELECT 1 FROM vaults WHERE id = $1 FOR NO KEY UPDATE";
pub(super) const INSERT: &str = "INSERT INTO members
                          (backup_id, dest_project_id, id, status, created_at, updated_at, vault_id, image_id)
                      SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[],
                                           $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::uuid[])";
const UPDATE: &str = "UPDATE members SET status = $6, updated_at = $7, vault_id = $8
                      WHERE backup_id = $1 AND dest_project_id = $2 AND id = $3
                        AND status = $4 AND updated_at IS NOT DISTINCT FROM $5";
const DELETE: &str = "DELETE FROM members
                      WHERE backup_id = $1 AND dest_project_id = $2 AND id = $3
                        AND status = $4 AND updated_at IS NOT DISTINCT FROM $5";
// Never more than there is, whoever decided it.
const TAKE: &str =
    "UPDATE vaults SET shared = shared + $2 WHERE id = $1 AND size * 1024 > used + shared + $2";
const FREE: &str = "UPDATE vaults SET shared = shared - $2 WHERE id = $1";

/// One value, or one column of many rows.
pub(super) type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// What stands, and counts.
pub(super) async fn load(session: &Session, selection: &Selection) -> Result<Facts, Failure> {
    let (sql, values) = question(selection);
    Ok(facts(&session.read(sql, &borrowed(&values)).await?)?)
}

/// What stands, for a transaction that sees to it that it counts.
async fn look_at(
    client: &ClientWrapper,
    selection: &Selection,
) -> Result<Facts, tokio_postgres::Error> {
    let (sql, values) = question(selection);
    let statement = client.prepare_cached(sql).await?;
    facts(&client.query(&statement, &borrowed(&values)).await?)
}

/// The statement that reads what stands, and its values.
fn question(selection: &Selection) -> (&'static str, Vec<Column<'_>>) {
    let (named, of_backup): (Option<VaultId>, bool) = match selection.vault {
        VaultSelection::None => (None, false),
        VaultSelection::OfBackup => (None, true),
        VaultSelection::Named(id) => (Some(id), false),
    };
    let mut values: Vec<Column<'_>> = vec![
        Box::new(selection.backup_id),
        Box::new(named),
        Box::new(of_backup),
    ];
    match &selection.members {
        MemberSelection::All => (WITH_ALL_MEMBERS, values),
        MemberSelection::Of { caller, member } => {
            values.push(Box::new(vec![caller, member]));
            (WITH_NAMED_MEMBERS, values)
        }
    }
}

fn borrowed<'a>(values: &'a [Column<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| &**value as _).collect()
}

fn facts(rows: &[Row]) -> Result<Facts, tokio_postgres::Error> {
    let Some(first) = rows.first() else {
        return Ok(Facts::default());
    };
    let members = rows
        .iter()
        .map(rows::member)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Facts {
        backup: Some(rows::backup(first)?),
        members: members.into_iter().flatten().collect(),
        vault: rows::vault(first)?,
    })
}

/// A rule over facts, and the change that it makes.
pub(super) struct Ruled {
    pub(super) selection: Selection,
    pub(super) rule: Rule,
}

impl Ruled {
    pub(super) fn decide(&self, facts: &Facts) -> model::Result<Change> {
        let ruled = catch_unwind(AssertUnwindSafe(|| (self.rule)(facts)));
        ruled.unwrap_or_else(|_| Err(Error::store("panicked while deciding")))
    }
}

impl Work for Ruled {
    type Facts = Facts;
    type Outcome = Change;

    async fn look(&self, client: &ClientWrapper) -> Result<Facts, tokio_postgres::Error> {
        let backup = client.prepare_cached(LOCK_BACKUP).await?;
        let vault = client.prepare_cached(LOCK_VAULT).await?;
        let lock_vault = async {
            match self.selection.vault {
                VaultSelection::Named(id) => client.execute(&vault, &[&id]).await,
                VaultSelection::None | VaultSelection::OfBackup => Ok(0),
            }
        };
        let id: [&(dyn ToSql + Sync); 1] = [&self.selection.backup_id];
        let lock_backup = client.execute(&backup, &id);
        try_join!(lock_backup, lock_vault, look_at(client, &self.selection))
            .map(|(_, _, facts)| facts)
    }

    async fn act(&self, client: &ClientWrapper, facts: Facts) -> Result<Change, Failure> {
        let change = self.decide(&facts)?;
        carry_out(client, &change).await?;
        Ok(change)
    }
}

async fn carry_out(client: &ClientWrapper, change: &Change) -> Result<(), Failure> {
    match change {
        Change::Keep(_) => Ok(()),
        Change::Add(members) => insert(client, members).await,
        Change::Update {
            before,
            after,
            capacity,
        } => {
            let key = (before.backup_id, &before.dest_project_id, before.id);
            let (status, updated_at) = (before.status, before.updated_at);
            let values: [&(dyn ToSql + Sync); 8] = [
                &key.0,
                key.1,
                &key.2,
                &status,
                &updated_at,
                &after.status,
                &after.updated_at,
                &after.vault_id,
            ];
            let update = one_row(client, UPDATE, &values);
            try_join!(update, move_capacity(client, *capacity)).map(drop)
        }
        Change::Delete { before, capacity } => {
            let key = (before.backup_id, &before.dest_project_id, before.id);
            let values: [&(dyn ToSql + Sync); 5] =
                [&key.0, key.1, &key.2, &before.status, &before.updated_at];
            let delete = one_row(client, DELETE, &values);
            try_join!(delete, move_capacity(client, *capacity)).map(drop)
        }
    }
}

/// Inserts records; the key of the table refuses a second one for the same pair.
async fn insert(client: &ClientWrapper, members: &[Member]) -> Result<(), Failure> {
    let statement = client.prepare_cached(INSERT).await?;
    match client
        .execute(
            &statement,
            &columns_of(members.iter())
                .each_ref()
                .map(|column| &**column as _),
        )
        .await
    {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Error::AlreadyShared.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The values for [`INSERT`], a column each.
pub(super) fn columns_of<'a>(members: impl Iterator<Item = &'a Member> + Clone) -> [Column<'a>; 8] {
    fn column<'a, T: ToSql + Sync + Send + 'a>(
        members: &(impl Iterator<Item = &'a Member> + Clone),
        of: fn(&'a Member) -> T,
    ) -> Column<'a> {
        Box::new(members.clone().map(of).collect::<Vec<_>>())
    }
    [
        column(&members, |m| m.backup_id),
        column(&members, |m| &m.dest_project_id),
        column(&members, |m| m.id),
        column(&members, |m| m.status),
        column(&members, |m| m.created_at),
        column(&members, |m| m.updated_at),
        column(&members, |m| m.vault_id),
        column(&members, |m| m.image_id),
    ]
}

/// Moves capacity between a vault and its free space. The table refuses a sum below zero.
async fn move_capacity(client: &ClientWrapper, capacity: Capacity) -> Result<(), Failure> {
    let (sql, vault, megabytes) = match capacity {
        Capacity::Same => return Ok(()),
        Capacity::Take(vault, megabytes) => (TAKE, vault, megabytes),
        Capacity::Free(vault, megabytes) => (FREE, vault, megabytes),
    };
    let megabytes = i64::try_from(megabytes).map_err(Error::store)?;
    one_row(client, sql, &[&vault, &megabytes]).await
}

/// Runs a statement that must hit exactly one row: the facts were read under the same locks.
async fn one_row(
    client: &ClientWrapper,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), Failure> {
    let statement = client.prepare_cached(sql).await?;
    match client.execute(&statement, values).await? {
        1 => Ok(()),
        hit => Err(Error::store(format!("{hit} rows instead of one: {sql}")).into()),
    }
}
