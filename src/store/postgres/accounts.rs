//! The accounts of the embedded identity in PostgreSQL. Each is one statement, and each write may
//! be repeated.

use deadpool_postgres::ClientWrapper;
use secrecy::SecretString;
use tokio_postgres::{Error, Row, error::SqlState};

use super::{
    super::{AccessKey, Account, TokenHash, TokenRecord},
    retry::Failure,
    session::Session,
};
use crate::{
    model::{self, ProjectId, VaultId},
    timestamp::Timestamp,
};

const ACCOUNT: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled
                       FROM accounts a JOIN projects p ON p.id = a.project_id WHERE a.name = $1";
const TOKEN: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled,
                            t.issued_at, t.expires_at, t.revoked_at IS NOT NULL, t.enabled
                     FROM tokens t JOIN accounts a ON a.name = t.user_name JOIN projects p ON p.id = a.project_id
                     WHERE t.hash = $1";
const ACCESS_KEY: &str = "SELECT a.name, a.password_hash, a.project_id, p.name, a.roles, a.enabled,
                                 k.secret, k.enabled
                          FROM access_keys k JOIN accounts a ON a.name = k.user_name
                          JOIN projects p ON p.id = a.project_id WHERE k.access = $1";
const VAULT_OWNER: &str = "SELECT project_id FROM vaults WHERE id = $1";
const PROJECT: &str = "SELECT 1 FROM projects WHERE id = $1";
// Written again where it is there: only a write waits until the standby has what came before it.
const INSERT_TOKEN: &str =
    "INSERT INTO tokens (hash, user_name, issued_at, expires_at) VALUES ($1, $2, $3, $4)
                            ON CONFLICT (hash) DO UPDATE SET issued_at = excluded.issued_at";
const REVOKE_TOKEN: &str =
    "UPDATE tokens SET revoked_at = coalesce(revoked_at, $2) WHERE hash = $1";
// Several servers do it at once: none waits for another, and none deletes what another has just
// begun to.
const DELETE_TOKENS: &str = "DELETE FROM tokens WHERE hash IN (
                                 SELECT hash FROM tokens WHERE expires_at < $1
                                 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";

/// An account, from name, hash, project, the project's name, roles, and whether it is enabled.
pub(super) fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        name: row.try_get(0)?,
        password_hash: row.try_get::<_, Option<String>>(1)?.map(SecretString::from),
        project_id: row.try_get(2)?,
        project_name: row.try_get(3)?,
        roles: row
            .try_get::<_, &str>(4)?
            .split(',')
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
        enabled: row.try_get(5)?,
    })
}

pub(super) async fn find_account(
    session: &Session,
    name: &str,
) -> Result<Option<Account>, Failure> {
    Ok(session
        .read(ACCOUNT, &[&name])
        .await?
        .first()
        .map(account)
        .transpose()?)
}

pub(super) async fn find_token(
    session: &Session,
    hash: &TokenHash,
) -> Result<Option<TokenRecord>, Failure> {
    let record = |row: &Row| {
        Ok(TokenRecord {
            account: account(row)?,
            issued_at: row.try_get(6)?,
            expires_at: row.try_get(7)?,
            revoked: row.try_get(8)?,
            enabled: row.try_get(9)?,
        })
    };
    session
        .read(TOKEN, &[&hash.as_bytes().as_slice()])
        .await?
        .first()
        .map(record)
        .transpose()
}

pub(super) async fn find_access_key(
    session: &Session,
    access: &str,
) -> Result<Option<(AccessKey, Account)>, Failure> {
    let found = |row: &Row| {
        let account = account(row)?;
        let secret = row.try_get::<_, String>(6)?.into();
        let enabled = row.try_get(7)?;
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
    session
        .read(ACCESS_KEY, &[&access])
        .await?
        .first()
        .map(found)
        .transpose()
}

pub(super) async fn insert_token(
    client: &ClientWrapper,
    hash: &TokenHash,
    user_name: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Failure> {
    let statement = client.prepare_cached(INSERT_TOKEN).await?;
    let hash = hash.as_bytes().as_slice();
    match client
        .execute(&statement, &[&hash, &user_name, &issued_at, &expires_at])
        .await
    {
        Ok(_) => Ok(()),
        // The user was removed between its login and this.
        Err(error) if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) => {
            Err(model::Error::UnknownCredentials.into())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn revoke_token(
    client: &ClientWrapper,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<bool, Error> {
    let statement = client.prepare_cached(REVOKE_TOKEN).await?;
    client
        .execute(&statement, &[&hash.as_bytes().as_slice(), &now])
        .await
        .map(|hit| hit == 1)
}

/// Deletes at most so many tokens that expired before `before`; until then their users are told
/// that they expired.
pub(super) async fn delete_tokens(
    client: &ClientWrapper,
    before: Timestamp,
    limit: u32,
) -> Result<u64, Error> {
    let statement = client.prepare_cached(DELETE_TOKENS).await?;
    client
        .execute(&statement, &[&before, &i64::from(limit)])
        .await
}

pub(super) async fn find_vault_owner(
    session: &Session,
    id: VaultId,
) -> Result<Option<ProjectId>, Failure> {
    Ok(session
        .read(VAULT_OWNER, &[&id])
        .await?
        .first()
        .map(|row| row.try_get(0))
        .transpose()?)
}

pub(super) async fn has_project(session: &Session, id: &ProjectId) -> Result<bool, Failure> {
    Ok(!session.read(PROJECT, &[id]).await?.is_empty())
}
