//! The statements that find and list backups and vaults, once for both stores: their SQL differs by
//! a few words. A page is one statement: the total beside the ids of the page, which alone are then
//! looked up in the tables. What the words of a query mean is said in [`model::listing`].
//!
//! Orders have no nulls: a moment that is absent is the least there is, in the index as well. So
//! "behind the marker" is a comparison of rows, by which an index is entered.

use super::{
    tables::{BACKUP_CREATED_AT, BadValue, Stored},
    values::{Field, SqlRow, SqlValue, read, write},
};
use crate::{
    model::{
        self, BackupId, BackupQuery, BackupRecord, Listing, Member, MemberStatus, OfferedBackup,
        ProjectId, VaultId, VaultQuery, VaultRecord,
        backup::DEFAULT_ENTERPRISE_PROJECT,
        listing::{BackupSort, BackupSortKey},
        page::SortDirection,
    },
    timestamp::Timestamp,
};

/// How a database writes what SQL leaves to it.
pub(super) struct Dialect {
    /// What the number of a parameter follows.
    parameter: char,
    /// What makes text compare byte by byte.
    text_order: &'static str,
    /// What stands for a moment that is absent, in orders: before all others.
    pub(super) least_time: &'static str,
}

pub(super) const SQLITE: Dialect = Dialect {
    parameter: '?',
    text_order: "",
    least_time: "-999999999999999999",
};
pub(super) const POSTGRES: Dialect = Dialect {
    parameter: '$',
    text_order: " COLLATE \"C\"",
    least_time: "'-infinity'::timestamptz",
};

/// A statement and its values.
pub(super) struct Statement<'q> {
    pub(super) sql: String,
    pub(super) values: Vec<SqlValue<'q>>,
    /// Whether it is one of few: others are not worth to be prepared for a next time.
    pub(super) is_common: bool,
    dialect: &'static Dialect,
}

impl<'q> Statement<'q> {
    fn new(dialect: &'static Dialect) -> Self {
        Self {
            sql: String::new(),
            values: vec![],
            is_common: true,
            dialect,
        }
    }

    /// Takes a value; what stands for it in the text. `column` is for the error.
    fn parameter(
        &mut self,
        value: &'q impl Field,
        column: &'static str,
    ) -> Result<String, BadValue> {
        let value = write(value, column)?;
        Ok(self.parameter_of(value))
    }

    /// Adds a filter to others, where it is asked for.
    fn filter(
        &mut self,
        filters: &mut String,
        (left, operator): (&str, &str),
        value: &'q Option<impl Field>,
    ) -> Result<(), BadValue> {
        let Some(value) = value else { return Ok(()) };
        self.is_common = false;
        let value = self.parameter(value, "a filter")?;
        filters.push_str(&format!(" AND {left} {operator} {value}"));
        Ok(())
    }

    /// Adds a filter for any of these values to others, where there are some.
    fn filter_any(
        &mut self,
        filters: &mut String,
        left: &str,
        values: &'q [impl Field],
    ) -> Result<(), BadValue> {
        if values.is_empty() {
            return Ok(());
        }
        self.is_common = false;
        let values = values.iter().map(|value| self.parameter(value, "a filter"));
        let values: Vec<_> = values.collect::<Result<_, _>>()?;
        filters.push_str(&format!(" AND {left} IN ({})", values.join(", ")));
        Ok(())
    }

    fn parameter_of(&mut self, value: SqlValue<'q>) -> String {
        self.values.push(value);
        format!("{}{}", self.dialect.parameter, self.values.len())
    }
}

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

/// A row of [`find_backup`], or of [`list_backups`] behind the total.
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

/// A page of a project's backups, behind the marker; `None` where none can be in the list.
pub(super) fn list_backups<'q>(
    dialect: &'static Dialect,
    caller: &'q ProjectId,
    query: &'q BackupQuery,
    marker: Option<&'q OfferedBackup>,
) -> Result<Option<Statement<'q>>, BadValue> {
    let mut list = BackupList {
        statement: Statement::new(dialect),
        query,
    };
    list.statement.is_common = query.sort == BackupSort::default();
    let project = list.statement.parameter(caller, "backups.project_id")?;
    let (mut counts, mut pages) = (vec![], vec![]);
    for half in list.halves() {
        let filters = list.filters(half, &project)?;
        let from = list.source(half, &filters, false);
        counts.push(format!("(SELECT count(*) FROM {from} WHERE {filters})"));
        let behind = list.behind(half, marker)?;
        let from = list.source(half, &filters, true);
        let keys = list.keys(half);
        pages.push(format!("SELECT {keys} FROM {from} WHERE {filters}{behind}"));
    }
    if counts.is_empty() {
        return Ok(None);
    }
    let (order, outer) = (list.order(""), list.order("p."));
    let mut statement = list.statement;
    let cut = cut(&mut statement, query.limit, query.offset);
    statement.sql = format!(
        "SELECT t.total, {}, {} FROM (SELECT {} AS total) t
         LEFT JOIN ({} ORDER BY {order} {cut}) p ON true
         LEFT JOIN backups b ON b.id = p.by_id
         LEFT JOIN members m ON m.backup_id = p.by_id AND m.dest_project_id = {project}
         ORDER BY {outer}",
        BackupRecord::TABLE.names_in("b"),
        Member::TABLE.names_in("m"),
        counts.join(" + "),
        pages.join(" UNION ALL "),
    );
    Ok(Some(statement))
}

/// A page of a project's vaults.
pub(super) fn list_vaults<'q>(
    dialect: &'static Dialect,
    owner: &'q ProjectId,
    query: &'q VaultQuery,
) -> Result<Statement<'q>, BadValue> {
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
    let cut = cut(&mut statement, query.limit, query.offset);
    statement.sql = format!(
        "SELECT t.total, {} FROM (SELECT count(*) AS total FROM vaults v WHERE {filters}) t
         LEFT JOIN (
             SELECT coalesce(v.created_at, {}) AS by_created_at, v.id AS by_id FROM vaults v
             WHERE {filters} ORDER BY by_created_at DESC, by_id DESC {cut}) p ON true
         LEFT JOIN vaults v ON v.id = p.by_id ORDER BY p.by_created_at DESC, p.by_id DESC",
        VaultRecord::TABLE.names_in("v"),
        dialect.least_time,
    );
    Ok(statement)
}

/// Which part of the rows.
fn cut(statement: &mut Statement<'_>, limit: usize, offset: u64) -> String {
    let number = |number: u64| SqlValue::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let limit = statement.parameter_of(number(limit as u64));
    let offset = statement.parameter_of(number(offset));
    format!("LIMIT {limit} OFFSET {offset}")
}

/// One of the two sources of a list of backups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// Backups `b` of the project.
    Own,
    /// Members `x` that are the project, and their backups `b` where they are needed.
    Shared,
}

/// A list of backups on its way to SQL.
struct BackupList<'q> {
    statement: Statement<'q>,
    query: &'q BackupQuery,
}

/// What a share that is not accepted does not show.
const IS_ACCEPTED: &str = "x.status = 'accepted'";

impl<'q> BackupList<'q> {
    fn halves(&self) -> Vec<Half> {
        let mut halves = vec![];
        // A backup of its own has no share with the caller, and thereby none in any status.
        if self.query.own_type.has_own() && self.query.member_status.is_none() {
            halves.push(Half::Own);
        }
        if self.query.own_type.has_shared() {
            halves.push(Half::Shared);
        }
        halves
    }

    /// The tables of a half. The index of members has all that the usual list needs.
    fn source(&self, half: Half, filters: &str, is_ordered: bool) -> &'static str {
        let by_index = |(key, _): &(BackupSortKey, _)| {
            matches!(key, BackupSortKey::CreatedAt | BackupSortKey::Id)
        };
        let is_in_index = !is_ordered || self.query.sort.keys().iter().all(by_index);
        match half {
            Half::Own => "backups b",
            Half::Shared if is_in_index && !filters.contains("b.") => "members x",
            Half::Shared => "members x JOIN backups b ON b.id = x.backup_id",
        }
    }

    /// What rows must meet to be in the list.
    fn filters(&mut self, half: Half, project: &str) -> Result<String, BadValue> {
        let mut filters = match half {
            Half::Own => format!("b.project_id = {project}"),
            Half::Shared => format!("x.dest_project_id = {project} AND {}", self.member_status()),
        };
        self.visible_filters(half, &mut filters)?;
        let mut hidden = String::new();
        self.hidden_filters(half, &mut hidden)?;
        if half == Half::Shared && !hidden.is_empty() {
            filters = format!("{filters} AND {IS_ACCEPTED}");
        }
        Ok(filters + &hidden)
    }

    fn member_status(&self) -> String {
        match self.query.member_status {
            None => format!("x.status <> '{}'", MemberStatus::Rejected),
            Some(status) => format!("x.status = '{status}'"),
        }
    }

    /// Filters on what every share shows.
    fn visible_filters(&mut self, half: Half, filters: &mut String) -> Result<(), BadValue> {
        let query = self.query;
        let made = self.key(half, BackupSortKey::CreatedAt);
        let statement = &mut self.statement;
        statement.filter(filters, ("b.name", "="), &query.name)?;
        statement.filter(filters, ("b.resource_type", "="), &query.resource_type)?;
        statement.filter(filters, (&made, ">="), &query.start_time)?;
        statement.filter(filters, (&made, "<="), &query.end_time)?;
        if query.end_time.is_some() {
            filters.push_str(&format!(" AND {made} > {}", statement.dialect.least_time));
        }
        if !query.status.is_empty() {
            statement.is_common = false;
            let mut words: Vec<_> = query.status.iter().map(|status| status.as_str()).collect();
            words.sort_unstable();
            words.dedup();
            filters.push_str(&format!(" AND b.status IN ('{}')", words.join("', '")));
        }
        Ok(())
    }

    /// Filters on what a share shows when it is accepted.
    fn hidden_filters(&mut self, half: Half, filters: &mut String) -> Result<(), BadValue> {
        let query = self.query;
        let vault = match half {
            Half::Own => "b.vault_id",
            Half::Shared => "x.vault_id",
        };
        let project = enterprise_project("b");
        let statement = &mut self.statement;
        statement.filter(filters, (vault, "="), &query.vault_id)?;
        statement.filter(filters, ("b.checkpoint_id", "="), &query.checkpoint_id)?;
        statement.filter(filters, ("b.resource_id", "="), &query.resource_id)?;
        statement.filter(filters, ("b.resource_name", "="), &query.resource_name)?;
        statement.filter(filters, ("b.image_type", "="), &query.image_type)?;
        statement.filter(filters, ("b.parent_id", "="), &query.parent_id)?;
        statement.filter(filters, (&project, "="), &query.enterprise_project_id)
    }

    /// What a key is in the rows of a half.
    fn key(&self, half: Half, key: BackupSortKey) -> String {
        let Dialect {
            text_order,
            least_time,
            ..
        } = self.statement.dialect;
        let time = |column: &str| match half {
            Half::Own => format!("coalesce(b.{column}, {least_time})"),
            Half::Shared => {
                format!("coalesce(CASE WHEN {IS_ACCEPTED} THEN b.{column} END, {least_time})")
            }
        };
        match (key, half) {
            (BackupSortKey::CreatedAt, Half::Shared) => format!("x.{BACKUP_CREATED_AT}"),
            (BackupSortKey::CreatedAt, Half::Own) => time("created_at"),
            (BackupSortKey::UpdatedAt, _) => time("updated_at"),
            (BackupSortKey::ProtectedAt, _) => time("protected_at"),
            (BackupSortKey::Name, _) => format!("b.name{text_order}"),
            (BackupSortKey::Status, _) => format!("b.status{text_order}"),
            (BackupSortKey::Id, Half::Own) => "b.id".to_owned(),
            (BackupSortKey::Id, Half::Shared) => "x.backup_id".to_owned(),
        }
    }

    /// The keys of the order, by their names: `b.id AS by_id`.
    fn keys(&self, half: Half) -> String {
        let keys = self.query.sort.keys().iter();
        let keys = keys.map(|(key, _)| format!("{} AS {}", self.key(half, *key), name(*key)));
        keys.collect::<Vec<_>>().join(", ")
    }

    /// The order: `by_created_at DESC, by_id DESC`.
    fn order(&self, alias: &str) -> String {
        let keys = self.query.sort.keys().iter();
        let keys = keys.map(|(key, direction)| {
            let direction = match direction {
                SortDirection::Ascending => "ASC",
                SortDirection::Descending => "DESC",
            };
            format!("{alias}{} {direction}", name(*key))
        });
        keys.collect::<Vec<_>>().join(", ")
    }

    /// That a row comes behind the marker: in runs of keys of one direction, which are compared as
    /// rows.
    fn behind(
        &mut self,
        half: Half,
        marker: Option<&'q OfferedBackup>,
    ) -> Result<String, BadValue> {
        let Some(marker) = marker else {
            return Ok(String::new());
        };
        let keys = self.query.sort.keys();
        let mut behind = String::new();
        for run in keys.chunk_by(|(_, one), (_, next)| one == next).rev() {
            let (mut columns, mut values) = (vec![], vec![]);
            for (key, _) in run {
                columns.push(self.key(half, *key));
                values.push(self.marked(*key, marker)?);
            }
            let (columns, values) = (columns.join(", "), values.join(", "));
            let beyond = match run {
                [(_, SortDirection::Ascending), ..] => '>',
                _ => '<',
            };
            let decided = format!("({columns}) {beyond} ({values})");
            behind = match behind.as_str() {
                "" => decided,
                later => format!("({decided} OR ({columns}) = ({values}) AND {later})"),
            };
        }
        Ok(format!(" AND {behind}"))
    }

    /// What the marker has of a key, as its caller sees it.
    fn marked(
        &mut self,
        key: BackupSortKey,
        marker: &'q OfferedBackup,
    ) -> Result<String, BadValue> {
        let (backup, details) = (&marker.record.backup, &marker.record.details);
        let whole = marker.is_shown_whole();
        let column = "the marker";
        let time = match key {
            BackupSortKey::CreatedAt => &details.created_at,
            BackupSortKey::UpdatedAt if whole => &details.updated_at,
            BackupSortKey::ProtectedAt if whole => &details.protected_at,
            BackupSortKey::UpdatedAt | BackupSortKey::ProtectedAt => &None::<Timestamp>,
            BackupSortKey::Name => return self.statement.parameter(&backup.name, column),
            BackupSortKey::Status => return self.statement.parameter(&backup.status, column),
            BackupSortKey::Id => return self.statement.parameter(&backup.id, column),
        };
        match time {
            Some(time) => self.statement.parameter(time, column),
            None => Ok(self.statement.dialect.least_time.to_owned()),
        }
    }
}

/// The name of a key in the page, which no column has.
fn name(key: BackupSortKey) -> String {
    format!("by_{key}")
}

/// The enterprise project, in a table under an alias.
fn enterprise_project(alias: &str) -> String {
    format!("coalesce({alias}.enterprise_project_id, '{DEFAULT_ENTERPRISE_PROJECT}')")
}
