//! The statement that lists a project's backups: its own ones and those that are shared with it, in
//! one order. A page is one statement: the total beside the ids of the page, which alone are then
//! looked up in the tables. What the words of a query mean is said in [`model::listing`].
//!
//! Orders have no nulls: a moment that is absent is the least there is, in the index as well. So
//! "after the marker" is a comparison of rows, by which an index is entered.
//!
//! [`model::listing`]: crate::model::listing

use super::{
    listing::enterprise_project,
    sql::{Dialect, Statement},
    tables::{BACKUP_CREATED_AT, BadValue, Stored},
};
use crate::{
    model::{
        BackupQuery, BackupRecord, BackupStatus, Member, MemberStatus, OfferedBackup, ProjectId,
        listing::{BackupSort, BackupSortKey},
        page::SortDirection,
    },
    timestamp::Timestamp,
};

/// A page of a project's backups, after the marker; `None` where none can be in the list.
pub(super) fn list_backups<'q>(
    dialect: &'static Dialect,
    caller: &'q ProjectId,
    query: &'q BackupQuery,
    marker: Option<&'q OfferedBackup>,
) -> Result<Option<Statement<'q>>, BadValue> {
    if query.matches_none {
        return Ok(None);
    }
    let mut list = BackupList {
        statement: Statement::new(dialect),
        query,
    };
    list.statement.is_common = query.sort == BackupSort::default();
    let project = list.statement.parameter(caller, "backups.project_id")?;
    let order = list.order("");
    let (mut counts, mut pages) = (vec![], vec![]);
    let sources = list.sources();
    // Where the database sorts a union, it is given no more of each part than may be on the page.
    let first = match dialect.sorts_unions && sources.len() > 1 {
        true => {
            let reach = query.offset.saturating_add(query.limit as u64);
            Some(list.statement.count(reach))
        }
        false => None,
    };
    for source in sources {
        let filters = list.filters(source, &project)?;
        let from = list.tables(source, &filters, false);
        counts.push(format!("(SELECT count(*) FROM {from} WHERE {filters})"));
        let after = list.after_marker(source, marker)?;
        let from = list.tables(source, &filters, true);
        let keys = list.keys(source);
        let all = format!("SELECT {keys} FROM {from} WHERE {filters}{after}");
        pages.push(match &first {
            Some(first) => format!("(SELECT * FROM ({all} ORDER BY {order} LIMIT {first}) f)"),
            None => all,
        });
    }
    if counts.is_empty() {
        return Ok(None);
    }
    let outer = list.order("p.");
    let mut statement = list.statement;
    let page = statement.limit_offset(query.limit, query.offset);
    statement.sql = format!(
        "SELECT t.total, {}, {} FROM (SELECT {} AS total) t
         LEFT JOIN ({} ORDER BY {order} {page}) p ON true
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

/// One of the two sources of a list of backups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListSource {
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
    fn sources(&self) -> Vec<ListSource> {
        let mut sources = vec![];
        // The caller's own backups are not shared with it, so none is in any status.
        if self.query.own_type.has_own() && self.query.member_status.is_none() {
            sources.push(ListSource::Own);
        }
        if self.query.own_type.has_shared() {
            sources.push(ListSource::Shared);
        }
        sources
    }

    /// The tables of a source. The index of members has all that the usual list needs.
    fn tables(&self, source: ListSource, filters: &str, is_ordered: bool) -> &'static str {
        let by_index = |(key, _): &(BackupSortKey, _)| {
            matches!(key, BackupSortKey::CreatedAt | BackupSortKey::Id)
        };
        let is_in_index = !is_ordered || self.query.sort.keys().iter().all(by_index);
        match source {
            ListSource::Own => "backups b",
            ListSource::Shared if is_in_index && !filters.contains("b.") => "members x",
            ListSource::Shared => "members x JOIN backups b ON b.id = x.backup_id",
        }
    }

    /// What rows must meet to be in the list.
    fn filters(&mut self, source: ListSource, project: &str) -> Result<String, BadValue> {
        let mut filters = match source {
            ListSource::Own => format!("b.project_id = {project}"),
            ListSource::Shared => {
                format!("x.dest_project_id = {project} AND {}", self.member_status())
            }
        };
        self.visible_filters(source, &mut filters)?;
        let mut hidden = String::new();
        self.hidden_filters(source, &mut hidden)?;
        if source == ListSource::Shared && !hidden.is_empty() {
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
    fn visible_filters(
        &mut self,
        source: ListSource,
        filters: &mut String,
    ) -> Result<(), BadValue> {
        let query = self.query;
        let made = self.key(source, BackupSortKey::CreatedAt);
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
            let unavailable = BackupStatus::Unavailable;
            if query.status.contains(&unavailable.shown()) {
                words.push(unavailable.as_str());
            }
            words.sort_unstable();
            words.dedup();
            filters.push_str(&format!(" AND b.status IN ('{}')", words.join("', '")));
        }
        Ok(())
    }

    /// Filters on what a share shows when it is accepted.
    fn hidden_filters(&mut self, source: ListSource, filters: &mut String) -> Result<(), BadValue> {
        let query = self.query;
        let vault = match source {
            ListSource::Own => "b.vault_id",
            ListSource::Shared => "x.vault_id",
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

    /// What a key is in the rows of a source.
    fn key(&self, source: ListSource, key: BackupSortKey) -> String {
        let Dialect {
            text_order,
            least_time,
            ..
        } = self.statement.dialect;
        let time = |column: &str| match source {
            ListSource::Own => format!("coalesce(b.{column}, {least_time})"),
            ListSource::Shared => {
                format!("coalesce(CASE WHEN {IS_ACCEPTED} THEN b.{column} END, {least_time})")
            }
        };
        match (key, source) {
            (BackupSortKey::CreatedAt, ListSource::Shared) => format!("x.{BACKUP_CREATED_AT}"),
            (BackupSortKey::CreatedAt, ListSource::Own) => time("created_at"),
            (BackupSortKey::UpdatedAt, _) => time("updated_at"),
            (BackupSortKey::ProtectedAt, _) => time("protected_at"),
            (BackupSortKey::Name, _) => format!("b.name{text_order}"),
            (BackupSortKey::Status, _) => shown_status(text_order),
            (BackupSortKey::Id, ListSource::Own) => "b.id".to_owned(),
            (BackupSortKey::Id, ListSource::Shared) => "x.backup_id".to_owned(),
        }
    }

    /// The keys of the order, by their names: `b.id AS by_id`.
    fn keys(&self, source: ListSource) -> String {
        let keys = self.query.sort.keys().iter();
        let keys = keys.map(|(key, _)| format!("{} AS {}", self.key(source, *key), name(*key)));
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
    fn after_marker(
        &mut self,
        source: ListSource,
        marker: Option<&'q OfferedBackup>,
    ) -> Result<String, BadValue> {
        let Some(marker) = marker else {
            return Ok(String::new());
        };
        let keys = self.query.sort.keys();
        let mut after = String::new();
        for run in keys.chunk_by(|(_, one), (_, next)| one == next).rev() {
            let (mut columns, mut values) = (vec![], vec![]);
            for (key, _) in run {
                columns.push(self.key(source, *key));
                values.push(self.marked(*key, marker)?);
            }
            let (columns, values) = (columns.join(", "), values.join(", "));
            let beyond = match run {
                [(_, SortDirection::Ascending), ..] => '>',
                _ => '<',
            };
            let decided = format!("({columns}) {beyond} ({values})");
            after = match after.as_str() {
                "" => decided,
                later => format!("({decided} OR ({columns}) = ({values}) AND {later})"),
            };
        }
        Ok(format!(" AND {after}"))
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
            BackupSortKey::Status => {
                return Ok(self.statement.word(backup.status.shown().as_str()));
            }
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

/// The status as callers see it.
fn shown_status(text_order: &str) -> String {
    let unavailable = BackupStatus::Unavailable;
    let shown = unavailable.shown();
    format!("CASE b.status WHEN '{unavailable}' THEN '{shown}' ELSE b.status END{text_order}")
}

#[cfg(test)]
mod tests {
    use super::{super::sql, BackupQuery, list_backups};
    use crate::model::OwnType;

    #[test]
    fn where_a_union_is_sorted_no_more_of_each_part_is_than_the_page_may_have() {
        let caller = "caller".parse().expect("a project");
        for (own_type, parts) in [(OwnType::Shared, 0), (OwnType::AllGranted, 2)] {
            let query = BackupQuery {
                own_type,
                offset: u64::MAX,
                ..BackupQuery::default()
            };
            let limits = |dialect| {
                let listed = list_backups(dialect, &caller, &query, None);
                let statement = listed.expect("good values").expect("a list");
                statement.sql.matches("LIMIT").count() - 1
            };
            assert_eq!(limits(&sql::POSTGRES), parts, "{own_type}");
            assert_eq!(limits(&sql::SQLITE), 0, "{own_type}: it merges them");
        }
    }
}
