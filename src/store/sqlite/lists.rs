//! Lists out of SQLite. One may look at very many rows: it has a connection and a thread of its
//! own, so that the short reads of other requests never wait for it, a deadline, and is
//! interrupted when its caller leaves.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    thread::available_parallelism,
    time::Duration,
};

use rusqlite::{Connection, InterruptHandle, params_from_iter};
use tokio::{sync::Semaphore, time::timeout_at};

use super::{
    super::listing::{self, SQLITE, Statement},
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
        let under_way = Arc::new(UnderWay::default());
        let interrupt = InterruptOnDrop(Arc::clone(&under_way));
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = idle(&connections);
            under_way.begin(&connection)?;
            let outcome = in_one_transaction(&connection, read);
            under_way.end();
            outcome
        });
        let outcome = timeout_at(deadline, read).await;
        drop(interrupt);
        match outcome {
            Ok(outcome) => outcome.map_err(Error::store)?,
            Err(_) => Err(Error::StoreUnavailable(
                format!("a list was not read in {TIMEOUT:?}").into(),
            )),
        }
    }
}

/// A connection that nobody uses: there are as many as permits.
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

/// How the read that is under way can be interrupted, and whether it need not begin.
#[derive(Default)]
struct UnderWay(Mutex<Progress>);

#[derive(Default)]
enum Progress {
    #[default]
    Waiting,
    Reading(InterruptHandle),
    Over,
}

impl UnderWay {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, connection: &Connection) -> Result<()> {
        let mut progress = self.progress();
        match *progress {
            Progress::Over => Err(Error::Busy("the caller of a list has left")),
            Progress::Waiting | Progress::Reading(_) => {
                *progress = Progress::Reading(connection.get_interrupt_handle());
                Ok(())
            }
        }
    }

    /// Before the connection is another's.
    fn end(&self) {
        *self.progress() = Progress::Over;
    }
}

/// Interrupts a read whose caller does not wait for it any more.
struct InterruptOnDrop(Arc<UnderWay>);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        let progress = std::mem::replace(&mut *self.0.progress(), Progress::Over);
        if let Progress::Reading(read) = progress {
            read.interrupt();
        }
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
    let statement = listing::list_backups(&SQLITE, caller, query, marker.as_ref());
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
    each_row(connection, statement, |row| {
        listing::add_to(&mut listing, row, vault_record)
    })
    .map_err(failed)?;
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
