//! Lists out of SQLite. One may look at very many rows: it has a connection and a thread of its
//! own, so that the short reads of other requests never wait for it, a deadline, and ends when its
//! caller leaves.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use rusqlite::{Connection, params_from_iter};
use tokio::{sync::Semaphore, time::timeout_at};

use super::{
    super::{
        list_backups, listing,
        sql::{SQLITE, Statement},
    },
    failure::failed,
    open::{self, READING},
};
use crate::{
    deadline::Budget,
    model::{
        BackupId, BackupQuery, Error, Listing, OfferedBackup, ProjectId, Result, VaultId,
        VaultQuery, VaultRecord,
    },
    store::tables::vault_record,
};

/// How long a list may take, waiting for a connection included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// After how many steps of SQLite's machine it asks whether the caller still waits: some
/// hundred microseconds.
const STEPS: i32 = 10_000;

/// The connections for lists.
pub(super) struct ListReaders {
    connections: Arc<[Mutex<Connection>]>,
    permits: Arc<Semaphore>,
}

impl ListReaders {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let count = available_parallelism().map_or(2, usize::from);
        let connections = (0..count).map(|_| open::connect(path, READING).map(Mutex::new));
        Ok(Self {
            connections: connections.collect::<rusqlite::Result<_>>()?,
            permits: Arc::new(Semaphore::new(count)),
        })
    }

    /// Reads, in one transaction.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let deadline = Budget::start().deadline(TIMEOUT);
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Error::Busy("too many lists are being read"))?;
        let permit = permit.map_err(Error::store)?;
        let connections = Arc::clone(&self.connections);
        let has_left = Arc::new(AtomicBool::new(false));
        let leaves = LeavesOnDrop(Arc::clone(&has_left));
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = idle(&connections);
            let ends = move || has_left.load(Ordering::Relaxed);
            connection
                .progress_handler(STEPS, Some(ends))
                .map_err(failed)?;
            in_one_transaction(&connection, read)
        });
        let outcome = timeout_at(deadline, read).await;
        drop(leaves);
        match outcome {
            Ok(outcome) => outcome.map_err(Error::store)?,
            Err(_) => Err(Error::StoreUnavailable(
                format!("a list was not read in {TIMEOUT:?}").into(),
            )),
        }
    }
}

/// A connection that is not in use: there are as many as permits.
fn idle(connections: &[Mutex<Connection>]) -> MutexGuard<'_, Connection> {
    loop {
        for connection in connections {
            match connection.try_lock() {
                Ok(connection) => return connection,
                // A panic while reading leaves nothing behind on the connection.
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        std::thread::yield_now();
    }
}

fn in_one_transaction<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let snapshot = connection.unchecked_transaction().map_err(failed)?;
    read(&snapshot)
}

/// Ends a read whose caller does not wait for it any more. The read itself asks, so that no other
/// read on its connection can be meant.
struct LeavesOnDrop(Arc<AtomicBool>);

impl Drop for LeavesOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(super) fn find_backup(
    connection: &Connection,
    id: BackupId,
    caller: &ProjectId,
) -> rusqlite::Result<Option<OfferedBackup>> {
    let statement = listing::find_backup(&SQLITE, &id, caller)?;
    let mut found = None;
    each_row(connection, statement, |row| {
        found = listing::offered_backup(row, 0, caller)?;
        Ok(())
    })?;
    Ok(found)
}

pub(super) fn find_vault(
    connection: &Connection,
    id: VaultId,
) -> rusqlite::Result<Option<VaultRecord>> {
    let mut found = None;
    each_row(connection, listing::find_vault(&SQLITE, &id)?, |row| {
        found = vault_record(row, 0)?;
        Ok(())
    })?;
    Ok(found)
}

pub(super) fn list_backups(
    connection: &Connection,
    caller: &ProjectId,
    query: &BackupQuery,
) -> Result<Listing<OfferedBackup>> {
    let found = query.marker.map(|id| find_backup(connection, id, caller));
    let found = found.transpose().map_err(failed)?.flatten();
    let marker = listing::marker(query, found)?;
    let statement = list_backups::list_backups(&SQLITE, caller, query, marker.as_ref());
    let mut listing = Listing::empty();
    if let Some(statement) = statement.map_err(Error::store)? {
        each_row(connection, statement, |row| {
            listing::add_to(&mut listing, row, |row, at| {
                listing::offered_backup(row, at, caller)
            })
        })
        .map_err(failed)?;
    }
    Ok(listing)
}

pub(super) fn list_vaults(
    connection: &Connection,
    owner: &ProjectId,
    query: &VaultQuery,
) -> Result<Listing<VaultRecord>> {
    let statement = listing::list_vaults(&SQLITE, owner, query).map_err(Error::store)?;
    let mut listing = Listing::empty();
    if let Some(statement) = statement {
        each_row(connection, statement, |row| {
            listing::add_to(&mut listing, row, vault_record)
        })
        .map_err(failed)?;
    }
    Ok(listing)
}

fn each_row(
    connection: &Connection,
    statement: Statement<'_>,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(params_from_iter(statement.values))?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rusqlite::Connection;
    use tokio::time::timeout;

    use super::{
        super::{Sqlite, failure::failed},
        BackupQuery, Error, ProjectId, SQLITE, Statement, VaultQuery, list_backups, listing,
    };
    use crate::{
        model::{BackupId, OfferedBackup, OwnType},
        timestamp::Timestamp,
    };

    /// A statement that would take for ever.
    fn endless(connection: &Connection) -> Result<(), Error> {
        let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT count(*) FROM n";
        connection.query_row(sql, [], |_| Ok(())).map_err(failed)
    }

    fn store(folder: &tempfile::TempDir) -> Sqlite {
        Sqlite::open(&folder.path().join("test.db"), Timestamp::MAX).expect("a store")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_whose_caller_leaves_is_interrupted_and_others_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let start = Instant::now();
        for _ in 0..4 * store.lists.connections.len() {
            let left = timeout(Duration::from_millis(5), store.lists.read(endless)).await;
            assert!(left.is_err(), "it does not end by itself");
        }
        let read = store.lists.read(|_| Ok(1)).await;
        assert_eq!(read.expect("a connection is free"), 1);
        assert!(start.elapsed() < super::TIMEOUT, "no list waited for them");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_list_that_takes_too_long_ends_with_its_deadline() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let refused = store.lists.read(endless).await.expect_err("a deadline");
        assert!(matches!(refused, Error::StoreUnavailable(_)), "{refused:?}");
        let read = store.lists.read(|_| Ok(1)).await;
        assert_eq!(read.expect("the connection is free again"), 1);
    }

    fn plan(connection: &Connection, statement: Statement<'_>) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let mut plan = connection.prepare(&sql).expect("good SQL");
        let rows = plan.raw_query();
        let rows = rows.mapped(|row| row.get::<_, String>("detail"));
        rows.collect::<Result<_, _>>().expect("a plan")
    }

    #[test]
    fn a_page_in_the_usual_order_looks_at_no_row_that_is_not_on_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let _store = store(&folder);
        let connection = Connection::open(folder.path().join("test.db")).expect("its file");
        let caller: ProjectId = "caller".parse().expect("a project");
        for own_type in [OwnType::Private, OwnType::Shared, OwnType::AllGranted] {
            for marker in [None, Some(offered())] {
                let query = BackupQuery {
                    own_type,
                    ..BackupQuery::default()
                };
                let listed = list_backups::list_backups(&SQLITE, &caller, &query, marker.as_ref());
                let statement = listed.expect("good values").expect("a list");
                assert!(statement.is_common, "{own_type}");
                is_by_index(&plan(&connection, statement), own_type.as_str());
            }
        }
        let query = VaultQuery::default();
        let vaults = listing::list_vaults(&SQLITE, &caller, &query).expect("good values");
        is_by_index(&plan(&connection, vaults.expect("a list")), "vaults");
    }

    /// Whether no table is read but by an index or a key, and nothing is sorted but the page.
    fn is_by_index(steps: &[String], what: &str) {
        let of_itself = ["SCAN t", "SCAN p LEFT-JOIN", "SCAN CONSTANT ROW"];
        let scans =
            |step: &&String| step.starts_with("SCAN ") && !of_itself.contains(&step.as_str());
        let scans: Vec<_> = steps.iter().filter(scans).collect();
        assert!(scans.is_empty(), "{what}: {steps:#?}");
        let sorts = steps.iter().filter(|step| step.contains("TEMP B-TREE"));
        assert!(sorts.count() <= 1, "{what}: {steps:#?}");
    }

    fn offered() -> OfferedBackup {
        let id: BackupId = uuid::Uuid::from_u128(1).into();
        let backup = crate::model::Backup {
            id,
            project_id: "owner".parse().expect("a project"),
            vault_id: uuid::Uuid::from_u128(2).into(),
            name: "a backup".into(),
            resource_type: "OS::Nova::Server".into(),
            resource_size: 1,
            status: crate::model::BackupStatus::Available,
            encrypted: false,
        };
        OfferedBackup {
            record: backup.into(),
            member: None,
        }
    }
}
