//! The indexes that are built beside the migrations, once for both stores: over tables that may
//! have many rows, where building one inside a migration would keep writers waiting. How they are
//! built is each store's own.
//!
//! A new index is a line here. Indexes of tables that a migration creates may be in the migration.
//! An index that is not needed any more leaves the list, and stays in stores until no older
//! version that uses it is left.

use super::sql::Dialect;

/// An index.
pub(super) struct Index {
    /// Its name. Another definition is another name: one that is there is not looked at again.
    pub(super) name: &'static str,
    /// The table.
    pub(super) table: &'static str,
    /// Its columns; `{least}` stands for the moment before all others.
    columns: &'static str,
}

/// All of them.
pub(super) const INDEXES: [Index; 3] = [
    // What a member is offered, in the order of the list.
    Index {
        name: "members_by_project",
        table: "members",
        columns: "dest_project_id, backup_created_at, backup_id, status",
    },
    Index {
        name: "backups_by_project",
        table: "backups",
        columns: "project_id, coalesce(created_at, {least}), id",
    },
    Index {
        name: "vaults_by_project",
        table: "vaults",
        columns: "project_id, coalesce(created_at, {least}), id",
    },
];

impl Index {
    /// The end of the statement that creates it: `name ON table (columns)`.
    pub(super) fn definition(&self, dialect: &Dialect) -> String {
        let columns = self.columns.replace("{least}", dialect.least_time);
        format!("{} ON {} ({columns})", self.name, self.table)
    }
}
