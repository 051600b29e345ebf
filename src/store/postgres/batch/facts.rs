//! The facts for all changes of a group: one statement for those that want all members of a backup,
//! and one for those that want two.

use deadpool_postgres::ClientWrapper;
use futures::try_join;
use tokio_postgres::{Error, Row, types::ToSql};

use super::super::rows::{self, COLUMNS, columns};
use crate::model::{
    BackupId, Facts, ProjectId, Selection, VaultId, VaultSelection, facts::MemberSelection,
};

const WITH_ALL_MEMBERS: &str = concat!(
    "SELECT ",
    columns!(),
    ", s.at FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[]) AS s (at, backup_id, vault_id, of_backup)
      JOIN backups b ON b.id = s.backup_id LEFT JOIN members m ON m.backup_id = b.id
      LEFT JOIN vaults v ON v.id = CASE WHEN s.of_backup THEN b.vault_id ELSE s.vault_id END"
);
const WITH_NAMED_MEMBERS: &str = concat!(
    "SELECT ",
    columns!(),
    ", s.at FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[], $5::text[], $6::text[])
                 AS s (at, backup_id, vault_id, of_backup, caller, member)
      JOIN backups b ON b.id = s.backup_id
      LEFT JOIN members m ON m.backup_id = b.id AND m.dest_project_id = ANY (ARRAY[s.caller, s.member])
      LEFT JOIN vaults v ON v.id = CASE WHEN s.of_backup THEN b.vault_id ELSE s.vault_id END"
);

/// Selections as columns, each with its place among all.
#[derive(Default)]
struct Columns<'a> {
    places: Vec<i64>,
    backups: Vec<BackupId>,
    vaults: Vec<Option<VaultId>>,
    of_backup: Vec<bool>,
    callers: Vec<&'a ProjectId>,
    members: Vec<&'a ProjectId>,
}

/// What stands for each of the selections.
pub(super) async fn of(
    client: &ClientWrapper,
    selections: &[&Selection],
) -> Result<Vec<Facts>, Error> {
    let (mut all, mut named) = (Columns::default(), Columns::default());
    for (place, selection) in selections.iter().enumerate() {
        match &selection.members {
            MemberSelection::All => all.push(place, selection),
            MemberSelection::Of { caller, member } => {
                named.push(place, selection);
                named.callers.push(caller);
                named.members.push(member);
            }
        }
    }
    let of_all: [&(dyn ToSql + Sync); 4] = [&all.places, &all.backups, &all.vaults, &all.of_backup];
    let of_named: [&(dyn ToSql + Sync); 6] = [
        &named.places,
        &named.backups,
        &named.vaults,
        &named.of_backup,
        &named.callers,
        &named.members,
    ];
    let (with_all, with_named) = try_join!(
        all.rows(client, WITH_ALL_MEMBERS, &of_all),
        named.rows(client, WITH_NAMED_MEMBERS, &of_named)
    )?;
    let mut facts = vec![Facts::default(); selections.len()];
    for row in with_all.iter().chain(&with_named) {
        let place = row.try_get::<_, i64>(COLUMNS)?;
        if let Some(facts) = usize::try_from(place)
            .ok()
            .and_then(|place| facts.get_mut(place))
        {
            put(facts, row)?;
        }
    }
    Ok(facts)
}

fn put(facts: &mut Facts, row: &Row) -> Result<(), Error> {
    if facts.backup.is_none() {
        facts.backup = Some(rows::backup(row)?);
        facts.vault = rows::vault(row)?;
    }
    facts.members.extend(rows::member(row)?);
    Ok(())
}

impl Columns<'_> {
    fn push(&mut self, place: usize, selection: &Selection) {
        let (vault, of_backup) = match selection.vault {
            VaultSelection::None => (None, false),
            VaultSelection::OfBackup => (None, true),
            VaultSelection::Named(id) => (Some(id), false),
        };
        self.places.push(place as i64);
        self.backups.push(selection.backup_id);
        self.vaults.push(vault);
        self.of_backup.push(of_backup);
    }

    async fn rows(
        &self,
        client: &ClientWrapper,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        if self.places.is_empty() {
            return Ok(vec![]);
        }
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, values).await
    }
}
