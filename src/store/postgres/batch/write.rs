//! What a group comes to, written: a statement of each kind, for all rows of it.

use deadpool_postgres::ClientWrapper;
use futures::try_join;
use tokio_postgres::types::ToSql;

use super::{
    super::{
        retry::Failure,
        shares::{self, Column},
    },
    change_set::Effects,
};
use crate::model::{Error, Member};

const UPDATE: &str = "UPDATE members m SET status = n.status, updated_at = n.updated_at, vault_id = n.vault_id
                      FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[],
                                  $6::text[], $7::timestamptz[], $8::uuid[])
                           AS n (backup_id, dest_project_id, id, stood, stood_since, status, updated_at, vault_id)
                      WHERE m.backup_id = n.backup_id AND m.dest_project_id = n.dest_project_id AND m.id = n.id
                        AND m.status = n.stood AND m.updated_at IS NOT DISTINCT FROM n.stood_since";
const DELETE: &str = "DELETE FROM members m
                      USING unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[])
                           AS n (backup_id, dest_project_id, id, stood, stood_since)
                      WHERE m.backup_id = n.backup_id AND m.dest_project_id = n.dest_project_id AND m.id = n.id
                        AND m.status = n.stood AND m.updated_at IS NOT DISTINCT FROM n.stood_since";
// Never more than there is, whoever decided it.
const MOVE: &str =
    "UPDATE vaults v SET shared = shared + n.moved FROM unnest($1::uuid[], $2::bigint[]) AS n (id, moved)
                    WHERE v.id = n.id AND (n.moved < 0 OR v.size * 1024 > v.used + v.shared + n.moved)";

/// Writes the effects, a statement of each kind. What is deleted goes first: another may be
/// inserted in its place.
pub(super) async fn write(client: &ClientWrapper, effects: &Effects) -> Result<(), Failure> {
    let (deleted, inserted, updated, moved) = (
        effects.deleted(),
        effects.inserted(),
        effects.updated(),
        effects.moved(),
    );
    let delete = some_rows(client, DELETE, deleted.len(), || {
        stood(deleted.iter().copied())
    });
    let insert = some_rows(client, shares::INSERT, inserted.len(), || {
        shares::columns_of(inserted.iter().copied()).into()
    });
    let update = some_rows(client, UPDATE, updated.len(), || {
        let after = || updated.iter().map(|(_, after)| after);
        let mut columns = stood(updated.iter().map(|(before, _)| *before));
        columns.push(Box::new(after().map(|m| m.status).collect::<Vec<_>>()));
        columns.push(Box::new(after().map(|m| m.updated_at).collect::<Vec<_>>()));
        columns.push(Box::new(after().map(|m| m.vault_id).collect::<Vec<_>>()));
        columns
    });
    let capacities = some_rows(client, MOVE, moved.len(), || {
        let (vaults, megabytes): (Vec<_>, Vec<_>) = moved.iter().copied().unzip();
        vec![Box::new(vaults), Box::new(megabytes)]
    });
    try_join!(delete, insert, update, capacities).map(drop)
}

/// What must stand of these records: the first columns of [`UPDATE`] and [`DELETE`].
fn stood<'a>(members: impl Iterator<Item = &'a Member> + Clone) -> Vec<Column<'a>> {
    vec![
        Box::new(members.clone().map(|m| m.backup_id).collect::<Vec<_>>()),
        Box::new(
            members
                .clone()
                .map(|m| &m.dest_project_id)
                .collect::<Vec<_>>(),
        ),
        Box::new(members.clone().map(|m| m.id).collect::<Vec<_>>()),
        Box::new(members.clone().map(|m| m.status).collect::<Vec<_>>()),
        Box::new(members.map(|m| m.updated_at).collect::<Vec<_>>()),
    ]
}

/// Runs a statement that must hit exactly so many rows: the facts were read under the same locks.
async fn some_rows<'a>(
    client: &ClientWrapper,
    sql: &str,
    rows: usize,
    columns: impl FnOnce() -> Vec<Column<'a>>,
) -> Result<(), Failure> {
    if rows == 0 {
        return Ok(());
    }
    let statement = client.prepare_cached(sql).await?;
    let columns = columns();
    let values: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    match client.execute(&statement, &values).await? {
        hit if hit == rows as u64 => Ok(()),
        hit => Err(Error::store(format!("{hit} rows instead of {rows}: {sql}")).into()),
    }
}
