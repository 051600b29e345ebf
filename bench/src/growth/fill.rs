//! Stores of any size, made by SQL alone: over HTTP, ten million shares would take an hour. Rows
//! come in the order of random keys, so that the trees are as full as those of a store that has
//! grown.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::requests::SHARES;
use crate::{Outcome, workload};

/// A store of the projects, users and vaults that the requests name, and so many shares, all
/// pending; how long it took.
pub fn fill(program: &Path, file: &Path, members: usize) -> Outcome<Duration> {
    let start = Instant::now();
    workload::prepare(program, &format!("sqlite:{}", file.display()), 0)?;
    let mut connection = unsafely(file)?;
    let transaction = connection.transaction()?;
    backups(&transaction, members / SHARES)?;
    shares(&transaction, members / SHARES)?;
    transaction.commit()?;
    connection.execute_batch("PRAGMA journal_mode = wal")?;
    Ok(start.elapsed())
}

/// A connection to a file that may be lost with the machine: nothing is lost then but a measurement.
pub fn unsafely(file: &Path) -> Outcome<Connection> {
    let connection = Connection::open(file)?;
    // The cache, in KiB, holds all of the largest store.
    connection.execute_batch(
        "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -4194304;",
    )?;
    Ok(connection)
}

fn backups(connection: &Connection, backups: usize) -> Outcome<()> {
    let mut insert = connection.prepare(
        "INSERT INTO backups (id, project_id, vault_id, name, resource_type, resource_size, status, encrypted)
         VALUES (?1, ?2, ?3, 'backup', 'OS::Nova::Server', 1, 'available', 0)",
    )?;
    let (owner, vault) = (
        workload::project(workload::OWNER),
        workload::vault_id(workload::OWNER, 0),
    );
    for number in 0..backups {
        insert.execute(params![
            bytes(workload::backup_id(number).as_uuid()),
            owner,
            bytes(vault.as_uuid())
        ])?;
    }
    Ok(())
}

fn shares(connection: &Connection, backups: usize) -> Outcome<()> {
    let mut insert = connection.prepare(
        "INSERT INTO members (backup_id, dest_project_id, id, status, created_at) VALUES (?1, ?2, ?3, 'pending', ?4)",
    )?;
    let projects: Vec<_> = (0..SHARES).map(workload::project).collect();
    // Round after round, as users do: a backup's shares do not come all at once.
    for (at, project) in projects.iter().enumerate() {
        for number in 0..backups {
            let id = workload::share_id(number * SHARES + at);
            insert.execute(params![
                bytes(workload::backup_id(number).as_uuid()),
                project,
                bytes(&id),
                number as i64
            ])?;
        }
    }
    Ok(())
}

/// An id as the store keeps it.
pub fn bytes(id: &Uuid) -> &[u8] {
    id.as_bytes()
}
