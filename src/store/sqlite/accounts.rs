//! The accounts of the embedded identity in SQLite.

use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::SecretString;

use super::super::{AccessKey, Account, TokenHash, TokenRecord};
use crate::{
    model::{ProjectId, VaultId},
    timestamp::Timestamp,
};

const ACCOUNT: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled
                       FROM accounts a JOIN projects p ON p.id = a.project_id WHERE a.name = ?1";
const TOKEN: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled,
                            t.issued_at, t.expires_at, t.revoked_at IS NOT NULL, t.enabled
                     FROM tokens t JOIN accounts a ON a.name = t.user_name JOIN projects p ON p.id = a.project_id
                     WHERE t.hash = ?1";
const ACCESS_KEY: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled,
                                 k.secret, k.enabled
                          FROM access_keys k JOIN accounts a ON a.name = k.user_name
                          JOIN projects p ON p.id = a.project_id WHERE k.access = ?1";
const VAULT_OWNER: &str = "SELECT project_id FROM vaults WHERE id = ?1";
const PROJECT: &str = "SELECT EXISTS (SELECT 1 FROM projects WHERE id = ?1)";

/// An account, from name, hash, project, the project's name, roles, and whether it is enabled.
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        name: row.get(0)?,
        password_hash: row.get::<_, Option<String>>(1)?.map(SecretString::from),
        project_id: row.get(2)?,
        project_name: row.get(3)?,
        roles: row
            .get_ref(4)?
            .as_str()?
            .split(',')
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
        enabled: row.get(5)?,
    })
}

pub(super) fn find_account(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<Account>> {
    connection
        .prepare_cached(ACCOUNT)?
        .query_row([name], account)
        .optional()
}

pub(super) fn find_token(
    connection: &Connection,
    hash: &TokenHash,
) -> rusqlite::Result<Option<TokenRecord>> {
    let record = |row: &Row<'_>| {
        Ok(TokenRecord {
            account: account(row)?,
            issued_at: row.get(6)?,
            expires_at: row.get(7)?,
            revoked: row.get(8)?,
            enabled: row.get(9)?,
        })
    };
    connection
        .prepare_cached(TOKEN)?
        .query_row([hash.as_bytes()], record)
        .optional()
}

pub(super) fn find_access_key(
    connection: &Connection,
    access: &str,
) -> rusqlite::Result<Option<(AccessKey, Account)>> {
    let found = |row: &Row<'_>| {
        let account = account(row)?;
        let secret = row.get::<_, String>(6)?.into();
        let enabled = row.get(7)?;
        Ok((
            AccessKey {
                access: access.to_owned(),
                secret,
                user_name: account.name.clone(),
                enabled,
            },
            account,
        ))
    };
    connection
        .prepare_cached(ACCESS_KEY)?
        .query_row([access], found)
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
    connection.prepare_cached(sql)?.execute(params![
        hash.as_bytes(),
        user_name,
        issued_at,
        expires_at
    ])
}

pub(super) fn revoke_token(
    connection: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE hash = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![hash.as_bytes(), now])
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
        .query_row([id], |row| row.get(0))
        .optional()
}

pub(super) fn has_project(connection: &Connection, id: &ProjectId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(PROJECT)?
        .query_row([id], |row| row.get(0))
}
