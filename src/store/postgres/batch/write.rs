//! Writes the net effect of a batch: a statement of each kind, for all rows of it.

use std::sync::LazyLock;

use deadpool_postgres::ClientWrapper;

use super::{
    super::{
        super::tables::Stored,
        columns::{Parameter, arrays, borrowed, columns_of},
        pipeline::pipelined,
        retry::AttemptError,
        shares,
    },
    change_set::ChangeSet,
};
use crate::model::{Error, Member};

// Optimistic checks: a row is changed only where it still has the expected status and time.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let members = Member::TABLE;
    let sets = members.each_behind_key(|_, column| format!("{0} = n.{0}", column.name));
    let [id, status, updated_at] = [1, 2, 3].map(|more| members.columns.len() + more);
    format!(
        "UPDATE members m SET {}
         FROM unnest({}, ${id}::uuid[], ${status}::text[], ${updated_at}::timestamptz[])
              AS n ({}, expected_id, expected, expected_since)
         WHERE m.backup_id = n.backup_id AND m.dest_project_id = n.dest_project_id
           AND m.id = n.expected_id AND m.status = n.expected
           AND m.updated_at IS NOT DISTINCT FROM n.expected_since",
        sets.join(", "),
        arrays(members),
        members.names()
    )
});
const DELETE: &str = "
    DELETE FROM members m
    USING unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[])
          AS n (backup_id, dest_project_id, id, expected, expected_since)
    WHERE m.backup_id = n.backup_id AND m.dest_project_id = n.dest_project_id AND m.id = n.id
      AND m.status = n.expected AND m.updated_at IS NOT DISTINCT FROM n.expected_since";
// The rules have looked at the free space under the locks of the vaults.
const MOVE: &str = "
    UPDATE vaults v SET shared = shared + n.moved
    FROM unnest($1::uuid[], $2::bigint[]) AS n (id, moved) WHERE v.id = n.id";

/// Writes the changes, a statement of each kind. What is deleted goes first: another may be
/// inserted in its place.
pub(super) async fn write(client: &ClientWrapper, changes: &ChangeSet) -> Result<(), AttemptError> {
    let (deleted, inserted, updated, moved) = (
        changes.deleted(),
        changes.inserted(),
        changes.updated(),
        changes.moved(),
    );
    let delete = execute(client, DELETE, deleted.len(), || {
        Ok(expected(deleted.iter().copied()))
    });
    let insert = execute(client, &shares::INSERT, inserted.len(), || {
        Ok(columns_of(inserted.iter().copied())?)
    });
    let update = execute(client, &UPDATE, updated.len(), || {
        let expected = expected(updated.iter().map(|(before, _)| *before));
        let mut columns = columns_of(updated.iter().map(|(_, after)| *after))?;
        columns.extend(expected.into_iter().skip(Member::TABLE.keys));
        Ok(columns)
    });
    let capacities = execute(client, MOVE, moved.len(), || {
        let (vaults, megabytes): (Vec<_>, Vec<_>) = moved.iter().copied().unzip();
        Ok(vec![Box::new(vaults), Box::new(megabytes)])
    });
    pipelined(delete, pipelined(insert, pipelined(update, capacities))).await?;
    Ok(())
}

/// The expected state of these records, after their key: the columns of [`DELETE`].
fn expected<'a>(members: impl Iterator<Item = &'a Member> + Clone) -> Vec<Parameter<'a>> {
    let members = || members.clone();
    vec![
        Box::new(members().map(|m| m.backup_id).collect::<Vec<_>>()),
        Box::new(members().map(|m| &m.dest_project_id).collect::<Vec<_>>()),
        Box::new(members().map(|m| m.id).collect::<Vec<_>>()),
        Box::new(members().map(|m| m.status).collect::<Vec<_>>()),
        Box::new(members().map(|m| m.updated_at).collect::<Vec<_>>()),
    ]
}

/// Runs a statement that must hit exactly so many rows: the facts were read under the same locks.
async fn execute<'a>(
    client: &ClientWrapper,
    sql: &str,
    rows: usize,
    columns: impl FnOnce() -> Result<Vec<Parameter<'a>>, AttemptError>,
) -> Result<(), AttemptError> {
    if rows == 0 {
        return Ok(());
    }
    let statement = client.prepare_cached(sql).await?;
    let columns = columns()?;
    match client.execute(&statement, &borrowed(&columns)).await? {
        hit if hit == rows as u64 => Ok(()),
        hit => Err(Error::store(format!("{hit} rows instead of {rows}: {sql}")).into()),
    }
}
