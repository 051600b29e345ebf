//! The accounts of the embedded identity in SQLite.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::{
    AccessKey, Account, TokenHash, TokenRecord,
    accounts::{ACCESS_KEY, ACCOUNT, TOKEN, access_key, token},
    tables::Stored,
    values::read,
};
use crate::{
    model::{ProjectId, VaultId},
    timestamp::Timestamp,
};

const VAULT_OWNER: &str = "SELECT project_id FROM vaults WHERE id = ?1";
const PROJECT: &str = "SELECT EXISTS (SELECT 1 FROM projects WHERE id = ?1)";

pub(super) fn find_account(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<Account>> {
    connection
        .prepare_cached(&ACCOUNT)?
        .query_row([name], |row| Account::read(row, 0))
        .optional()
}

pub(super) fn find_token(
    connection: &Connection,
    hash: &TokenHash,
) -> rusqlite::Result<Option<TokenRecord>> {
    connection
        .prepare_cached(&TOKEN)?
        .query_row([hash], |row| token(row))
        .optional()
}

pub(super) fn find_access_key(
    connection: &Connection,
    access: &str,
) -> rusqlite::Result<Option<(AccessKey, Account)>> {
    connection
        .prepare_cached(&ACCESS_KEY)?
        .query_row([access], |row| access_key(row))
        .optional()
}

pub(super) fn insert_token(
    connection: &Connection,
    hash: &TokenHash,
    user_name: &str,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO tokens (hash, user_name, issued_at, expires_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute(params![hash, user_name, issued_at, expires_at])
}

pub(super) fn revoke_token(
    connection: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE hash = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![hash, now])
        .map(|hit| hit == 1)
}

/// Deletes at most so many tokens that expired before `before`; until then their users are told
/// that they expired.
pub(super) fn delete_tokens(
    connection: &Connection,
    before: Timestamp,
    limit: u32,
) -> rusqlite::Result<u64> {
    let expired = "SELECT hash FROM tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2";
    let mut delete =
        connection.prepare_cached(&format!("DELETE FROM tokens WHERE hash IN ({expired})"))?;
    delete
        .execute(params![before, limit])
        .map(|deleted| deleted as u64)
}

pub(super) fn find_vault_owner(
    connection: &Connection,
    id: VaultId,
) -> rusqlite::Result<Option<ProjectId>> {
    connection
        .prepare_cached(VAULT_OWNER)?
        .query_row([id], |row| read(row, 0, "vaults.project_id"))
        .optional()
}

pub(super) fn has_project(connection: &Connection, id: &ProjectId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(PROJECT)?
        .query_row([id], |row| row.get(0))
}
