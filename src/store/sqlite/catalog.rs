//! A catalog into SQLite. Each record is written only where it differs, so that loading twice
//! changes nothing.

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use secrecy::ExposeSecret;

use super::{
    super::{Catalog, FixedToken, Loaded},
    accounts,
    failure::failed,
    shares,
};
use crate::model::{Backup, Error, Member, MemberStatus, Result, facts::Capacity};

/// Takes over a catalog, in the order in which its parts refer to each other.
pub(super) fn load(connection: &Connection, catalog: &Catalog) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    for project in &catalog.projects {
        loaded.count(put(
            connection,
            "projects",
            &["id", "name"],
            params![project.id, project.name],
        )?);
    }
    for account in &catalog.accounts {
        let hash = account
            .password_hash
            .as_ref()
            .map(|hash| hash.expose_secret());
        let columns = ["name", "password_hash", "project_id", "roles", "enabled"];
        let values = params![
            account.name,
            hash,
            account.project_id,
            account.roles.join(","),
            account.enabled
        ];
        loaded.count(put(connection, "accounts", &columns, values)?);
    }
    for token in &catalog.tokens {
        loaded.count(put_token(connection, token).map_err(failed)?);
    }
    for key in &catalog.access_keys {
        let values = params![
            key.access,
            key.secret.expose_secret(),
            key.user_name,
            key.enabled
        ];
        loaded.count(put(
            connection,
            "access_keys",
            &["access", "secret", "user_name", "enabled"],
            values,
        )?);
    }
    for vault in &catalog.vaults {
        let columns = [
            "id",
            "project_id",
            "name",
            "object_type",
            "protect_type",
            "status",
            "size",
            "used",
        ];
        let used = i64::try_from(vault.used).map_err(Error::store)?;
        let (v, of) = (vault, vault.object_type);
        let values = params![
            v.id,
            v.project_id,
            v.name,
            of,
            v.protect_type,
            v.status,
            v.size,
            used
        ];
        loaded.count(put(connection, "vaults", &columns, values)?);
    }
    for backup in &catalog.backups {
        loaded.count(put_backup(connection, backup)?);
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

/// Inserts a row, or updates the columns of it that differ. The first column is the key.
fn put(
    connection: &Connection,
    table: &str,
    columns: &[&str],
    values: &[&dyn ToSql],
) -> Result<Put> {
    let (key, rest) = columns
        .split_first()
        .ok_or_else(|| Error::store("a table without columns"))?;
    let list = |of: &dyn Fn(usize, &&str) -> String, by: &str| {
        columns
            .iter()
            .enumerate()
            .map(|(at, column)| of(at + 1, column))
            .collect::<Vec<_>>()
            .join(by)
    };
    let known = format!("SELECT 1 FROM {table} WHERE {key} = ?1");
    let sets = rest
        .iter()
        .map(|c| format!("{c} = excluded.{c}"))
        .collect::<Vec<_>>()
        .join(", ");
    let differs = rest
        .iter()
        .map(|c| format!("{table}.{c} IS NOT excluded.{c}"))
        .collect::<Vec<_>>()
        .join(" OR ");
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE {differs}",
        columns.join(", "),
        list(&|at, _| format!("?{at}"), ", "),
    );
    let run = || -> rusqlite::Result<Put> {
        let known = connection.prepare_cached(&known)?.exists(&values[..1])?;
        let written = connection.prepare_cached(&sql)?.execute(values)?;
        Ok(match (known, written) {
            (false, _) => Put::Added,
            (true, 0) => Put::Unchanged,
            (true, _) => Put::Changed,
        })
    };
    run().map_err(failed)
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
        .execute(params![token.hash.as_bytes(), token.enabled])?;
    Ok(match (added, set) {
        (true, _) => Put::Added,
        (false, 0) => Put::Unchanged,
        (false, _) => Put::Changed,
    })
}

/// A backup is a picture of one moment: its size, which accepted shares take of vaults, cannot
/// change.
fn put_backup(connection: &Connection, backup: &Backup) -> Result<Put> {
    let size = "SELECT resource_size FROM backups WHERE id = ?1";
    let known: Option<u32> = connection
        .prepare_cached(size)
        .and_then(|mut s| s.query_row([backup.id], |row| row.get(0)).optional())
        .map_err(failed)?;
    if known.is_some_and(|known| known != backup.resource_size) {
        let reason = format!(
            "the size of a backup cannot change, and backup {} is there with another",
            backup.id
        );
        return Err(Error::malformed("backups", reason));
    }
    let columns = [
        "id",
        "project_id",
        "vault_id",
        "name",
        "resource_type",
        "resource_size",
        "status",
        "encrypted",
    ];
    let b = backup;
    let values = params![
        b.id,
        b.project_id,
        b.vault_id,
        b.name,
        b.resource_type,
        b.resource_size,
        b.status,
        b.encrypted
    ];
    put(connection, "backups", &columns, values)
}

/// A share that is there already belongs to the users: it stays as they left it.
fn put_member(connection: &Connection, member: &Member) -> Result<Put> {
    match shares::insert(connection, member) {
        Ok(()) => {}
        Err(Error::AlreadyShared) => return Ok(Put::Unchanged),
        Err(error) => return Err(error),
    }
    if let (MemberStatus::Accepted, Some(vault)) = (member.status, member.vault_id) {
        let size = "SELECT resource_size FROM backups WHERE id = ?1";
        let size: u32 = connection
            .prepare_cached(size)
            .and_then(|mut s| s.query_row([member.backup_id], |row| row.get(0)))
            .map_err(failed)?;
        shares::move_capacity(connection, Capacity::Take(vault, u64::from(size) * 1024))?;
    }
    Ok(Put::Added)
}
