//! Which programs may use a store: those that know its schema, and those that know the oldest one
//! that its migrations call enough. The sentences about it, for all stores; no statement is run
//! here.
//!
//! Migrations only expand: new tables, and new columns that are null or have a default. So a
//! program goes on working on a store that a newer one has brought up to date, as long as it knows
//! the schema that the table `compatibility` names.

use refinery::Migration;

/// The oldest schema that a program must know to use the store. No schema before the fourth has
/// the table.
pub(super) const OLDEST: &str = "SELECT oldest FROM compatibility";
/// What the log says of a newer schema that is used.
pub(super) const NEWER: &str =
    "a newer version has brought the schema up to date: it is used as it is";
/// How a migration says it.
const SAID: &str = "UPDATE compatibility SET oldest = ";

/// The schema of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoreSchema {
    /// Its version.
    pub(super) version: i32,
    /// The oldest version that a program must know to use it.
    pub(super) oldest: i32,
}

/// What a schema is to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It has to be brought up to date.
    Older,
    /// The program's own.
    Same,
    /// Newer, and used as it is.
    Newer,
    /// Newer, and not to be used.
    TooNew,
}

impl StoreSchema {
    /// What it is to a program that knows the schemas up to one.
    pub(super) fn fit(self, known: i32) -> Fit {
        match self.version {
            version if version < known => Fit::Older,
            version if version == known => Fit::Same,
            _ if self.oldest <= known => Fit::Newer,
            _ => Fit::TooNew,
        }
    }
}

/// The last of the schemas.
pub(super) fn latest(migrations: &[Migration]) -> i32 {
    let versions = migrations.iter().map(Migration::version);
    versions.max().unwrap_or_default()
}

/// The oldest schema that a program must know to use a store with all of these migrations.
fn oldest(migrations: &[Migration]) -> i32 {
    let said = migrations.iter().filter_map(said_by);
    said.max().unwrap_or_default()
}

/// What a migration says is the oldest schema to know.
fn said_by(migration: &Migration) -> Option<i32> {
    let (_, number) = migration.sql()?.rsplit_once(SAID)?;
    number.split_once(';')?.0.parse().ok()
}

/// What becomes of programs that know no more than a schema, when a store of it is brought up to
/// date.
pub(super) fn effect(before: i32, migrations: &[Migration]) -> String {
    match oldest(migrations) {
        oldest if oldest <= before => {
            format!("versions that know the schema {before} go on working on it")
        }
        _ => "older versions refuse this database".to_owned(),
    }
}

/// Why a store cannot be read whose schema is older than the program's, and what to do.
pub(super) fn outdated(before: i32, migrations: &[Migration]) -> String {
    let known = latest(migrations);
    let advice = match oldest(migrations) {
        oldest if oldest <= before => "",
        _ => "; older versions refuse it then, so make a backup first",
    };
    format!(
        "it has the schema {before}, and this program needs {known}: \
         start the service on it once{advice}"
    )
}

#[cfg(test)]
mod tests {
    use refinery::Migration;

    use super::{Fit, StoreSchema, effect, latest, oldest, outdated};

    fn migrations() -> Vec<Migration> {
        [
            ("V1__first", "CREATE TABLE a (b TEXT);"),
            ("V2__second", "UPDATE compatibility SET oldest = 2;"),
            ("V3__third", "UPDATE compatibility SET oldest = 2;"),
        ]
        .map(|(name, sql)| Migration::unapplied(name, sql).expect("a migration"))
        .to_vec()
    }

    #[test]
    fn a_newer_schema_is_used_by_those_that_know_the_oldest_it_asks_for() {
        let schema = StoreSchema {
            version: 6,
            oldest: 5,
        };
        assert_eq!(
            [7, 6, 5, 4].map(|known| schema.fit(known)),
            [Fit::Older, Fit::Same, Fit::Newer, Fit::TooNew]
        );
    }

    #[test]
    fn an_upgrade_says_whom_it_shuts_out() {
        let migrations = migrations();
        assert_eq!((latest(&migrations), oldest(&migrations)), (3, 2));
        assert!(effect(2, &migrations).contains("go on working"));
        assert_eq!(
            effect(1, &migrations),
            "older versions refuse this database"
        );
        assert!(outdated(2, &migrations).ends_with("start the service on it once"));
        assert!(outdated(1, &migrations).ends_with("make a backup first"));
    }
}
