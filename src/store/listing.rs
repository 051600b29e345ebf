//! The statements that find backups and find and list vaults, once for both stores, and how rows of
//! lists are read. The list of backups is in [`list_backups`](super::list_backups).

use super::{
    sql::{Dialect, Statement},
    tables::{BACKUP_CREATED_AT, BadValue, Stored},
    values::{SqlRow, read},
};
use crate::model::{
    self, BackupId, BackupQuery, BackupRecord, Listing, Member, OfferedBackup, ProjectId, VaultId,
    VaultQuery, VaultRecord, backup::DEFAULT_ENTERPRISE_PROJECT,
};

/// A backup by its id, where it is the caller's own or shared with it.
pub(super) fn find_backup<'q>(
    dialect: &'static Dialect,
    id: &'q BackupId,
    caller: &'q ProjectId,
) -> Result<Statement<'q>, BadValue> {
    let mut statement = Statement::new(dialect);
    let id = statement.parameter(id, "backups.id")?;
    let caller = statement.parameter(caller, "members.dest_project_id")?;
    statement.sql = format!(
        "SELECT {}, {} FROM backups b
         LEFT JOIN members m ON m.backup_id = b.id AND m.dest_project_id = {caller}
         WHERE b.id = {id} AND (b.project_id = {caller} OR m.backup_id IS NOT NULL)",
        BackupRecord::TABLE.names_in("b"),
        Member::TABLE.names_in("m"),
    );
    Ok(statement)
}

/// A row of [`find_backup`], or of a list of backups behind the total.
pub(super) fn offered_backup<R: SqlRow>(
    row: &R,
    at: usize,
    caller: &ProjectId,
) -> Result<Option<OfferedBackup>, R::Error> {
    let Some(record) = BackupRecord::find(row, at)? else {
        return Ok(None);
    };
    let member = match record.backup.project_id == *caller {
        true => None,
        false => Member::find(row, at + BackupRecord::TABLE.columns.len())?,
    };
    Ok(Some(OfferedBackup { record, member }))
}

/// A vault by its id.
pub(super) fn find_vault<'q>(
    dialect: &'static Dialect,
    id: &'q VaultId,
) -> Result<Statement<'q>, BadValue> {
    let mut statement = Statement::new(dialect);
    let id = statement.parameter(id, "vaults.id")?;
    let columns = VaultRecord::TABLE.names();
    statement.sql = format!("SELECT {columns} FROM vaults WHERE id = {id}");
    Ok(statement)
}

/// Adds a row to a list: the total is in each, and one without an item is there where the page is
/// empty.
pub(super) fn add_to<R: SqlRow, T>(
    listing: &mut Listing<T>,
    row: &R,
    item: impl Fn(&R, usize) -> Result<Option<T>, R::Error>,
) -> Result<(), R::Error> {
    listing.total = read(row, 0, "the count of items")?;
    listing.items.extend(item(row, 1)?);
    Ok(())
}

/// The backup that a marker names.
///
/// # Errors
/// [`BackupQuery::unknown_marker`] where it is not in the list, filters aside.
pub(super) fn marker(
    query: &BackupQuery,
    found: Option<OfferedBackup>,
) -> model::Result<Option<OfferedBackup>> {
    let listed = |backup: &OfferedBackup| match backup.member {
        None => query.own_type.has_own(),
        Some(_) => query.own_type.has_shared(),
    };
    match (query.marker, found.filter(listed)) {
        (None, _) => Ok(None),
        (Some(_), Some(backup)) => Ok(Some(backup)),
        (Some(_), None) => Err(BackupQuery::unknown_marker()),
    }
}

/// Whether shares are ordered as their backups are; if not, a sentence.
pub(super) fn wrong_order(dialect: &Dialect) -> String {
    format!(
        "SELECT count(*) || ' shares are listed by another time than that of their backup: \
                load its data file again'
         FROM members m JOIN backups b ON b.id = m.backup_id
         WHERE m.{BACKUP_CREATED_AT} <> coalesce(b.created_at, {}) HAVING count(*) > 0",
        dialect.least_time
    )
}

/// A page of a project's vaults; `None` where none can be in the list.
pub(super) fn list_vaults<'q>(
    dialect: &'static Dialect,
    owner: &'q ProjectId,
    query: &'q VaultQuery,
) -> Result<Option<Statement<'q>>, BadValue> {
    if query.matches_none {
        return Ok(None);
    }
    let mut statement = Statement::new(dialect);
    let owner = statement.parameter(owner, "vaults.project_id")?;
    let mut filters = format!("v.project_id = {owner}");
    let project = enterprise_project("v");
    statement.filter_any(&mut filters, "v.id", &query.id)?;
    statement.filter(&mut filters, ("v.name", "="), &query.name)?;
    statement.filter(&mut filters, ("v.object_type", "="), &query.object_type)?;
    statement.filter(&mut filters, ("v.protect_type", "="), &query.protect_type)?;
    statement.filter(&mut filters, ("v.status", "="), &query.status)?;
    statement.filter(&mut filters, (&project, "="), &query.enterprise_project_id)?;
    let page = statement.limit_offset(query.limit, query.offset);
    statement.sql = format!(
        "SELECT t.total, {} FROM (SELECT count(*) AS total FROM vaults v WHERE {filters}) t
         LEFT JOIN (
             SELECT coalesce(v.created_at, {}) AS by_created_at, v.id AS by_id FROM vaults v
             WHERE {filters} ORDER BY by_created_at DESC, by_id DESC {page}) p ON true
         LEFT JOIN vaults v ON v.id = p.by_id ORDER BY p.by_created_at DESC, p.by_id DESC",
        VaultRecord::TABLE.names_in("v"),
        dialect.least_time,
    );
    Ok(Some(statement))
}

/// The enterprise project, in a table under an alias.
pub(super) fn enterprise_project(alias: &str) -> String {
    format!("coalesce({alias}.enterprise_project_id, '{DEFAULT_ENTERPRISE_PROJECT}')")
}
