//! A catalog into SQLite. Each record is written only where it differs, so that loading twice
//! changes nothing.

use std::{slice, sync::LazyLock};

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::{
    super::{
        Catalog, FixedToken, Loaded,
        sql::SQLITE,
        tables::{BACKUP_CREATED_AT, Stored, Table},
        values::{SqlValue, read},
    },
    accounts,
    failure::failed,
    shares,
};
use crate::model::{
    Backup, BackupId, BackupRecord, Error, Member, MemberStatus, Result, facts::Capacity,
    vault::megabytes,
};

static MOVE_SHARES: LazyLock<String> = LazyLock::new(|| {
    let (column, least) = (BACKUP_CREATED_AT, SQLITE.least_time);
    format!(
        "UPDATE members SET {column} = coalesce(?2, {least})
         WHERE backup_id = ?1 AND {column} <> coalesce(?2, {least})"
    )
});

/// Takes over a catalog, in the order in which its parts refer to each other.
pub(super) fn load(connection: &Connection, catalog: &Catalog) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    put_all(connection, &catalog.projects, &mut loaded)?;
    put_all(connection, &catalog.accounts, &mut loaded)?;
    for token in &catalog.tokens {
        loaded.count(put_token(connection, token).map_err(failed)?);
    }
    put_all(connection, &catalog.access_keys, &mut loaded)?;
    put_all(connection, &catalog.vaults, &mut loaded)?;
    for backup in &catalog.backups {
        refuse_other_size(connection, &backup.backup)?;
        put_all(connection, slice::from_ref(backup), &mut loaded)?;
        move_shares(connection, backup).map_err(failed)?;
    }
    for member in &catalog.members {
        loaded.count(put_member(connection, member)?);
    }
    Ok(loaded)
}

enum Put {
    Added,
    Changed,
    Unchanged,
}

impl Loaded {
    fn count(&mut self, put: Put) {
        match put {
            Put::Added => self.added += 1,
            Put::Changed => self.changed += 1,
            Put::Unchanged => self.unchanged += 1,
        }
    }
}

/// The statements that look for a row and put it there.
struct Upsert {
    find: String,
    put: String,
}

impl Upsert {
    fn into(table: &Table) -> Self {
        let (name, key) = (table.name, table.key());
        let sets = table.each_behind_key(|_, c| format!("{0} = excluded.{0}", c.name));
        let differs =
            table.each_behind_key(|_, c| format!("{name}.{0} IS NOT excluded.{0}", c.name));
        Self {
            find: format!("SELECT 1 FROM {name} WHERE {key} = ?1"),
            put: format!(
                "INSERT INTO {name} ({}) VALUES ({})
                 ON CONFLICT ({key}) DO UPDATE SET {} WHERE {}",
                table.names(),
                table.each(|at, _| format!("?{at}")),
                sets.join(", "),
                differs.join(" OR "),
            ),
        }
    }

    /// Inserts a row, or updates the columns of it that differ.
    fn run(&self, connection: &Connection, values: &[SqlValue<'_>]) -> rusqlite::Result<Put> {
        let found = connection
            .prepare_cached(&self.find)?
            .exists(params_from_iter(&values[..1]))?;
        let written = connection
            .prepare_cached(&self.put)?
            .execute(params_from_iter(values))?;
        Ok(match (found, written) {
            (false, _) => Put::Added,
            (true, 0) => Put::Unchanged,
            (true, _) => Put::Changed,
        })
    }
}

/// Inserts records, or updates them where they differ.
fn put_all<T: Stored>(connection: &Connection, records: &[T], loaded: &mut Loaded) -> Result<()> {
    let upsert = Upsert::into(T::FIELDS);
    for record in records {
        let values = record.values().map_err(Error::store)?;
        loaded.count(upsert.run(connection, &values).map_err(failed)?);
    }
    Ok(())
}

/// A fixed token that is there already stays as it is, revoked or not, but for whether it may be
/// used.
fn put_token(connection: &Connection, token: &FixedToken) -> rusqlite::Result<Put> {
    let added = accounts::insert_token(
        connection,
        &token.hash,
        &token.user_name,
        token.loaded_at,
        None,
    )? == 1;
    let sql = "UPDATE tokens SET enabled = ?2 WHERE hash = ?1 AND enabled <> ?2";
    let set = connection
        .prepare_cached(sql)?
        .execute(params![token.hash, token.enabled])?;
    Ok(match (added, set) {
        (true, _) => Put::Added,
        (false, 0) => Put::Unchanged,
        (false, _) => Put::Changed,
    })
}

/// A backup is a picture of one moment: its size, which accepted shares take of vaults, cannot
/// change.
fn refuse_other_size(connection: &Connection, backup: &Backup) -> Result<()> {
    match find_size(connection, backup.id).map_err(failed)? {
        Some(size) if size != backup.resource_size => {
            let reason = format!(
                "the size of a backup cannot change, and backup {} is there with another",
                backup.id
            );
            Err(Error::malformed("backups", reason))
        }
        _ => Ok(()),
    }
}

/// What shares hold of the backup follows it: the order in which their members list them.
fn move_shares(connection: &Connection, backup: &BackupRecord) -> rusqlite::Result<()> {
    let created_at = backup.details.created_at;
    connection
        .prepare_cached(&MOVE_SHARES)?
        .execute(params![backup.backup.id, created_at])
        .map(drop)
}

fn find_size(connection: &Connection, id: BackupId) -> rusqlite::Result<Option<u32>> {
    connection
        .prepare_cached("SELECT resource_size FROM backups WHERE id = ?1")?
        .query_row([id], |row| read(row, 0, "backups.resource_size"))
        .optional()
}

/// A share that is there already belongs to the users: it stays as they left it.
fn put_member(connection: &Connection, member: &Member) -> Result<Put> {
    match shares::insert(connection, member) {
        Ok(()) => {}
        Err(Error::AlreadyShared(_)) => return Ok(Put::Unchanged),
        Err(error) => return Err(error),
    }
    if let (MemberStatus::Accepted, Some(vault)) = (member.status, member.vault_id) {
        let size = find_size(connection, member.backup_id).map_err(failed)?;
        let size = size.ok_or_else(|| failed(rusqlite::Error::QueryReturnedNoRows))?;
        shares::move_capacity(connection, Capacity::Take(vault, megabytes(size)))?;
    }
    Ok(Put::Added)
}
