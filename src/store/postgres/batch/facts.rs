//! The facts for all changes of a batch: one statement for those that select all members of a
//! backup, and one for those that select two.

use std::sync::LazyLock;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Row, types::ToSql};

use super::super::{
    pipeline::pipelined,
    retry::AttemptError,
    rows::{self, COLUMNS, LIST},
};
use crate::model::{
    BackupId, Facts, ProjectId, Selection, VaultId, VaultSelection, facts::MemberSelection,
};

static WITH_ALL_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, s.at
         FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[])
              AS s (at, backup_id, vault_id, of_backup)
         JOIN backups b ON b.id = s.backup_id LEFT JOIN members m ON m.backup_id = b.id
         LEFT JOIN vaults v ON v.id = CASE WHEN s.of_backup THEN b.vault_id ELSE s.vault_id END",
        *LIST
    )
});
static WITH_NAMED_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, s.at
         FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[], $5::text[], $6::text[])
              AS s (at, backup_id, vault_id, of_backup, caller, member)
         JOIN backups b ON b.id = s.backup_id
         LEFT JOIN members m
              ON m.backup_id = b.id AND m.dest_project_id = ANY (ARRAY[s.caller, s.member])
         LEFT JOIN vaults v ON v.id = CASE WHEN s.of_backup THEN b.vault_id ELSE s.vault_id END",
        *LIST
    )
});

/// Selections as columns, each with its index among all.
#[derive(Default)]
struct Selections<'a> {
    indices: Vec<i64>,
    backups: Vec<BackupId>,
    vaults: Vec<Option<VaultId>>,
    of_backup: Vec<bool>,
    callers: Vec<&'a ProjectId>,
    members: Vec<&'a ProjectId>,
}

/// The facts for each of the selections.
pub(super) async fn load(
    client: &ClientWrapper,
    selections: &[&Selection],
) -> Result<Vec<Facts>, AttemptError> {
    let (mut all, mut named) = (Selections::default(), Selections::default());
    for (index, selection) in selections.iter().enumerate() {
        match &selection.members {
            MemberSelection::All => all.push(index, selection),
            MemberSelection::Of { caller, member } => {
                named.push(index, selection);
                named.callers.push(caller);
                named.members.push(member);
            }
        }
    }
    let of_all: [&(dyn ToSql + Sync); 4] =
        [&all.indices, &all.backups, &all.vaults, &all.of_backup];
    let of_named: [&(dyn ToSql + Sync); 6] = [
        &named.indices,
        &named.backups,
        &named.vaults,
        &named.of_backup,
        &named.callers,
        &named.members,
    ];
    let (with_all, with_named) = pipelined(
        all.rows(client, &WITH_ALL_MEMBERS, &of_all),
        named.rows(client, &WITH_NAMED_MEMBERS, &of_named),
    )
    .await?;
    let mut facts = vec![Facts::default(); selections.len()];
    for row in with_all.iter().chain(&with_named) {
        let index = row.try_get::<_, i64>(COLUMNS)?;
        if let Some(facts) = usize::try_from(index)
            .ok()
            .and_then(|index| facts.get_mut(index))
        {
            rows::add_to(facts, row)?;
        }
    }
    Ok(facts)
}

impl Selections<'_> {
    fn push(&mut self, index: usize, selection: &Selection) {
        let (vault, of_backup) = match selection.vault {
            VaultSelection::None => (None, false),
            VaultSelection::OfBackup => (None, true),
            VaultSelection::Named(id) => (Some(id), false),
        };
        self.indices.push(index as i64);
        self.backups.push(selection.backup_id);
        self.vaults.push(vault);
        self.of_backup.push(of_backup);
    }

    async fn rows(
        &self,
        client: &ClientWrapper,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.indices.is_empty() {
            return Ok(vec![]);
        }
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, values).await
    }
}
