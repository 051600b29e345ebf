//! Lists out of PostgreSQL, and single backups and vaults with all that is shown of them.

use tokio_postgres::{Row, types::ToSql};

use super::{
    super::{
        list_backups, listing,
        sql::{POSTGRES, Statement},
        tables::vault_record,
    },
    retry::AttemptError,
    session::Session,
};
use crate::model::{
    BackupId, BackupQuery, Listing, OfferedBackup, ProjectId, VaultId, VaultQuery, VaultRecord,
};

pub(super) async fn find_backup(
    session: &Session,
    id: BackupId,
    caller: &ProjectId,
) -> Result<Option<OfferedBackup>, AttemptError> {
    let rows = read(session, listing::find_backup(&POSTGRES, &id, caller)?).await?;
    let found = rows.first();
    found.map_or(Ok(None), |row| listing::offered_backup(row, 0, caller))
}

pub(super) async fn find_vault(
    session: &Session,
    id: VaultId,
) -> Result<Option<VaultRecord>, AttemptError> {
    let rows = read(session, listing::find_vault(&POSTGRES, &id)?).await?;
    rows.first().map_or(Ok(None), |row| vault_record(row, 0))
}

/// The page comes from one statement, and thereby from one snapshot. Before it, where there is a
/// marker, its place is looked up.
pub(super) async fn list_backups(
    session: &Session,
    caller: &ProjectId,
    query: &BackupQuery,
) -> Result<Listing<OfferedBackup>, AttemptError> {
    let found = match query.marker {
        Some(id) => find_backup(session, id, caller).await?,
        None => None,
    };
    let marker = listing::marker(query, found)?;
    let mut listing = Listing::empty();
    let statement = list_backups::list_backups(&POSTGRES, caller, query, marker.as_ref())?;
    if let Some(statement) = statement {
        for row in &read(session, statement).await? {
            listing::add_to(&mut listing, row, |row, at| {
                listing::offered_backup(row, at, caller)
            })?;
        }
    }
    Ok(listing)
}

pub(super) async fn list_vaults(
    session: &Session,
    owner: &ProjectId,
    query: &VaultQuery,
) -> Result<Listing<VaultRecord>, AttemptError> {
    let mut listing = Listing::empty();
    let statement = listing::list_vaults(&POSTGRES, owner, query)?;
    if let Some(statement) = statement {
        for row in &read(session, statement).await? {
            listing::add_to(&mut listing, row, vault_record)?;
        }
    }
    Ok(listing)
}

/// Callers can ask for very many different statements: only the common ones stay prepared.
async fn read(session: &Session, statement: Statement<'_>) -> Result<Vec<Row>, AttemptError> {
    let values = statement.values.iter().map(|value| value as _);
    let values: Vec<&(dyn ToSql + Sync)> = values.collect();
    match statement.is_common {
        true => session.read(&statement.sql, &values).await,
        false => session.read_once(&statement.sql, &values).await,
    }
}
