//! The accounts of the embedded identity in PostgreSQL. Each is one statement, and each write may
//! be repeated.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Error, error::SqlState};

use super::{
    super::{
        AccessKey, Account, TokenHash, TokenRecord,
        accounts::{ACCESS_KEY, ACCOUNT, TOKEN, access_key, token},
        tables::Stored,
        values::read,
    },
    retry::AttemptError,
    session::Session,
};
use crate::{
    model::{self, ProjectId, VaultId},
    timestamp::Timestamp,
};

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

pub(super) async fn find_account(
    session: &Session,
    name: &str,
) -> Result<Option<Account>, AttemptError> {
    let rows = session.read(&ACCOUNT, &[&name]).await?;
    rows.first().map(|row| Account::read(row, 0)).transpose()
}

pub(super) async fn find_token(
    session: &Session,
    hash: &TokenHash,
) -> Result<Option<TokenRecord>, AttemptError> {
    let rows = session.read(&TOKEN, &[hash]).await?;
    rows.first().map(token).transpose()
}

pub(super) async fn find_access_key(
    session: &Session,
    access: &str,
) -> Result<Option<(AccessKey, Account)>, AttemptError> {
    let rows = session.read(&ACCESS_KEY, &[&access]).await?;
    rows.first().map(access_key).transpose()
}

pub(super) async fn insert_token(
    client: &ClientWrapper,
    hash: &TokenHash,
    user_name: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), AttemptError> {
    let statement = client.prepare_cached(INSERT_TOKEN).await?;
    match client
        .execute(&statement, &[hash, &user_name, &issued_at, &expires_at])
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
        .execute(&statement, &[hash, &now])
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
) -> Result<Option<ProjectId>, AttemptError> {
    let rows = session.read(VAULT_OWNER, &[&id]).await?;
    let owner = rows.first().map(|row| read(row, 0, "vaults.project_id"));
    owner.transpose()
}

pub(super) async fn has_project(session: &Session, id: &ProjectId) -> Result<bool, AttemptError> {
    Ok(!session.read(PROJECT, &[id]).await?.is_empty())
}
