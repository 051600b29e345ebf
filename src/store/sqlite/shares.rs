//! Facts out of SQLite, and changes into it. The caller provides the transaction.

use std::sync::LazyLock;

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Params, Row, ToSql, params, params_from_iter,
};

use super::{
    super::{
        sql::SQLITE,
        tables::{BACKUP_CREATED_AT, Stored, vault_in_use},
    },
    failure::failed,
};
use crate::model::{
    Backup, BackupId, Change, Error, Facts, Member, ProjectId, Result, Selection, Vault, VaultId,
    VaultSelection,
    facts::{Capacity, MemberSelection},
};

static WITH_ALL_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM backups b LEFT JOIN members m ON m.backup_id = b.id WHERE b.id = ?1",
        Backup::TABLE.names_in("b"),
        Member::TABLE.names_in("m")
    )
});
// One row with two members, and not two rows by `IN`, for which SQLite would make a table at every
// call.
static WITH_NAMED_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {}, {} FROM backups b
         LEFT JOIN members m ON m.backup_id = b.id AND m.dest_project_id = ?2
         LEFT JOIN members o ON ?2 <> ?3 AND o.backup_id = b.id AND o.dest_project_id = ?3
         WHERE b.id = ?1",
        Backup::TABLE.names_in("b"),
        Member::TABLE.names_in("m"),
        Member::TABLE.names_in("o")
    )
});
static VAULT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM vaults WHERE id = ?1", Vault::TABLE.names()));
/// Its values are columns of members. What the record has of its backup is read where it is
/// written.
pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let members = Member::TABLE;
    let parameters = members.each(|at, _| format!("?{at}"));
    format!(
        "INSERT INTO members ({}, {BACKUP_CREATED_AT}) VALUES
         ({parameters}, coalesce((SELECT created_at FROM backups WHERE id = ?1), {}))",
        members.names(),
        SQLITE.least_time
    )
});
/// Its values are columns of members, and the id that is expected there.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let members = Member::TABLE;
    let sets = members.each_behind_key(|at, column| format!("{} = ?{at}", column.name));
    format!(
        "UPDATE members SET {} WHERE backup_id = ?1 AND dest_project_id = ?2 AND id = ?{}",
        sets.join(", "),
        members.columns.len() + 1
    )
});
/// Where the columns of the member start, and those of the other one.
const MEMBER: usize = Backup::TABLE.columns.len();
const OTHER: usize = MEMBER + Member::TABLE.columns.len();

/// The facts. Backup and members come from one statement and thereby from one snapshot; a vault is
/// only ever selected by changes, which have a transaction around them.
pub(super) fn facts(connection: &Connection, selection: &Selection) -> rusqlite::Result<Facts> {
    let mut facts = match &selection.members {
        MemberSelection::All => with_all_members(connection, selection.backup_id)?,
        MemberSelection::Of { caller, member } => {
            with_named_members(connection, selection.backup_id, caller, member)?
        }
    };
    let vault = match selection.vault {
        VaultSelection::None => None,
        VaultSelection::OfBackup => facts.backup.as_ref().map(|backup| backup.vault_id),
        VaultSelection::Named(id) => Some(id),
    };
    facts.vault = vault
        .map(|id| find_vault(connection, id))
        .transpose()?
        .flatten();
    Ok(facts)
}

fn find_vault(connection: &Connection, id: VaultId) -> rusqlite::Result<Option<Vault>> {
    let mut statement = connection.prepare_cached(&VAULT)?;
    let found = statement.query_row([id], |row| vault_in_use(row, 0));
    Ok(found.optional()?.flatten())
}

fn with_all_members(connection: &Connection, id: BackupId) -> rusqlite::Result<Facts> {
    let mut facts = Facts::default();
    let mut statement = connection.prepare_cached(&WITH_ALL_MEMBERS)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        if facts.backup.is_none() {
            facts.backup = Some(Backup::read(row, 0)?);
        }
        facts.members.extend(Member::find(row, MEMBER)?);
    }
    Ok(facts)
}

fn with_named_members(
    connection: &Connection,
    id: BackupId,
    caller: &ProjectId,
    member: &ProjectId,
) -> rusqlite::Result<Facts> {
    let facts = |row: &Row<'_>| {
        let members = [Member::find(row, MEMBER)?, Member::find(row, OTHER)?];
        Ok(Facts {
            backup: Some(Backup::read(row, 0)?),
            members: members.into_iter().flatten().collect(),
            vault: None,
        })
    };
    let found = connection
        .prepare_cached(&WITH_NAMED_MEMBERS)?
        .query_row(params![id, member, caller], facts);
    found.optional().map(Option::unwrap_or_default)
}

/// Carries out a change.
///
/// # Errors
/// [`Error::AlreadyShared`] where the database knows a pair of backup and project already;
/// [`Error::Store`].
pub(super) fn carry_out(connection: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::Keep(_) => Ok(()),
        Change::Add(members) => insert_all(connection, members),
        Change::Update {
            before,
            after,
            capacity,
        } => {
            update(connection, before, after)?;
            move_capacity(connection, *capacity)
        }
        Change::Delete { before, capacity } => {
            delete(connection, before)?;
            move_capacity(connection, *capacity)
        }
    }
}

/// Inserts records, or names all that are there already.
fn insert_all(connection: &Connection, members: &[Member]) -> Result<()> {
    let mut already = vec![];
    for member in members {
        match insert(connection, member) {
            Ok(()) => {}
            Err(Error::AlreadyShared(projects)) => already.extend(projects),
            Err(error) => return Err(error),
        }
    }
    match already.is_empty() {
        true => Ok(()),
        false => Err(Error::AlreadyShared(already)),
    }
}

/// Inserts a record; the key of the table refuses a second one for the same pair.
pub(super) fn insert(connection: &Connection, member: &Member) -> Result<()> {
    let inserted = member.values().map_err(Error::store).and_then(|values| {
        let mut statement = connection.prepare_cached(&INSERT).map_err(failed)?;
        Ok(statement.execute(params_from_iter(values)))
    });
    match inserted? {
        Ok(_) => Ok(()),
        Err(rusqlite::Error::SqliteFailure(e, _))
            if e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
        {
            debug_assert_eq!(e.code, ErrorCode::ConstraintViolation);
            Err(Error::AlreadyShared(vec![member.dest_project_id.clone()]))
        }
        Err(error) => Err(failed(error)),
    }
}

fn update(connection: &Connection, before: &Member, after: &Member) -> Result<()> {
    let after = after.values().map_err(Error::store)?;
    let after = after.iter().map(|value| value as &dyn ToSql);
    let values = params_from_iter(after.chain([&before.id as _]));
    one_row(connection, &UPDATE, values)
}

fn delete(connection: &Connection, before: &Member) -> Result<()> {
    let sql = "DELETE FROM members WHERE backup_id = ?1 AND dest_project_id = ?2 AND id = ?3";
    one_row(
        connection,
        sql,
        params![before.backup_id, before.dest_project_id, before.id],
    )
}

/// Moves capacity between a vault and its free space. The table refuses a sum below zero.
pub(super) fn move_capacity(connection: &Connection, capacity: Capacity) -> Result<()> {
    let sql = "UPDATE vaults SET shared = shared + ?2 WHERE id = ?1";
    match capacity.signed().map_err(Error::store)? {
        None => Ok(()),
        Some((vault, megabytes)) => one_row(connection, sql, params![vault, megabytes]),
    }
}

/// Runs a statement that must hit exactly one row: the facts were read in the same transaction.
fn one_row(connection: &Connection, sql: &str, values: impl Params) -> Result<()> {
    let hit = connection
        .prepare_cached(sql)
        .and_then(|mut s| s.execute(values))
        .map_err(failed)?;
    if hit == 1 {
        Ok(())
    } else {
        Err(Error::store(format!("{hit} rows instead of one: {sql}")))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{super::Sqlite, WITH_ALL_MEMBERS, WITH_NAMED_MEMBERS};
    use crate::timestamp::Timestamp;

    #[test]
    fn what_requests_ask_for_is_found_by_keys_however_large_the_tables_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.db");
        let _store = Sqlite::open(&file, Timestamp::MAX).expect("a store");
        let connection = Connection::open(&file).expect("its file");
        for sql in [&*WITH_ALL_MEMBERS, &*WITH_NAMED_MEMBERS] {
            let mut plan = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .expect("good SQL");
            let rows = plan
                .raw_query()
                .mapped(|row| row.get::<_, String>("detail"));
            let steps: Vec<_> = rows.collect::<Result<_, _>>().expect("a plan");
            assert!(
                steps.len() > 1
                    && steps
                        .iter()
                        .all(|step| step.contains(" USING PRIMARY KEY (")),
                "{steps:?}"
            );
        }
    }
}
