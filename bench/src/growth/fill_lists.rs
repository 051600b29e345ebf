//! Stores in which each member has as many shares, however many members there are: for lists of what
//! is shared with one. Made by SQL alone, and in the order of random keys, as the others are.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use backup_share::store::TokenHash;
use rusqlite::{Connection, Transaction, params};

use super::fill::{bytes, unsafely};
use crate::{Outcome, workload};

/// How many shares each member has.
pub const EACH: usize = 1_000;
/// How many members each backup has, where there are as many.
const MEMBERS: usize = 10;
/// The first of them is the project of this number: those before have users already.
const FIRST: usize = 1_000;
/// The member that has very many shares, where there are as many backups.
pub const HEAVY: usize = FIRST - 1;
/// How many it has.
pub const HEAVY_SHARES: usize = 100_000;
/// Between the moments when two backups were made, in microseconds.
const APART: i64 = 1_000_000;

/// The number of a member.
pub fn member(number: usize) -> usize {
    FIRST + number
}

/// How many members there are.
pub fn members(shares: usize) -> usize {
    (shares / EACH).max(1)
}

/// A store of so many shares, and those of the one that has very many; how long it took.
pub fn fill(program: &Path, file: &Path, shares: usize) -> Outcome<Duration> {
    let start = Instant::now();
    workload::prepare(program, &format!("sqlite:{}", file.display()), 0)?;
    let mut connection = unsafely(file)?;
    let transaction = connection.transaction()?;
    for number in (0..members(shares)).map(member).chain([HEAVY]) {
        user(&transaction, number)?;
    }
    let each = members(shares).min(MEMBERS);
    backups(&transaction, shares / each)?;
    share(&transaction, shares, each)?;
    transaction.commit()?;
    connection.execute_batch("PRAGMA journal_mode = wal")?;
    Ok(start.elapsed())
}

fn user(connection: &Transaction<'_>, number: usize) -> Outcome<()> {
    let (project, name) = (workload::project(number), format!("user-{number}"));
    let hash = TokenHash::of(&workload::token(number));
    connection.execute(
        "INSERT INTO projects (id, name) VALUES (?1, ?1)",
        [&project],
    )?;
    connection.execute(
        "INSERT INTO accounts (name, project_id, roles) VALUES (?1, ?2, 'member')",
        [&name, &project],
    )?;
    connection.execute(
        "INSERT INTO tokens (hash, user_name, issued_at) VALUES (?1, ?2, 0)",
        params![hash.as_bytes(), name],
    )?;
    Ok(())
}

fn backups(connection: &Connection, backups: usize) -> Outcome<()> {
    let mut insert = connection.prepare(
        "INSERT INTO backups (id, project_id, vault_id, name, resource_type, resource_size, status,
                              encrypted, created_at, resource_name)
         VALUES (?1, ?2, ?3, 'backup', 'OS::Nova::Server', 1, 'available', 0, ?4, 'server')",
    )?;
    let owner = workload::project(workload::OWNER);
    let vault = workload::vault_id(workload::OWNER, 0);
    for number in 0..backups {
        insert.execute(params![
            bytes(workload::backup_id(number).as_uuid()),
            owner,
            bytes(vault.as_uuid()),
            number as i64 * APART
        ])?;
    }
    Ok(())
}

/// Backup after backup is shared with the next members in turn.
fn share(connection: &Connection, shares: usize, each: usize) -> Outcome<()> {
    let mut insert = connection.prepare(
        "INSERT INTO members (backup_id, dest_project_id, id, status, created_at, backup_created_at)
         VALUES (?1, ?2, ?3, 'pending', ?4, ?4)",
    )?;
    let all = members(shares);
    let projects: Vec<_> = (0..all).map(|n| workload::project(member(n))).collect();
    let heavy = workload::project(HEAVY);
    let of_all = (0..shares).map(|at| (at, at / each, &projects[at % all]));
    let backups = shares / each;
    let of_heavy = (0..HEAVY_SHARES).filter(|_| backups >= HEAVY_SHARES);
    let of_heavy = of_heavy.map(|at| (shares + at, at * (backups / HEAVY_SHARES), &heavy));
    for (share, backup, project) in of_all.chain(of_heavy) {
        insert.execute(params![
            bytes(workload::backup_id(backup).as_uuid()),
            project,
            bytes(&workload::share_id(share)),
            backup as i64 * APART
        ])?;
    }
    Ok(())
}
