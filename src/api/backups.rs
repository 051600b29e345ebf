//! The operations on backups: a project's own, and those that are shared with it. Unpack, call the
//! use case, wrap.

use axum::{Json, extract::State};

use super::{
    app::App,
    backup_types::{BackupAnswer, BackupList},
    caller::{self, Permitted},
    extract::ListQuery,
    parameters::{OfBackup, OfBackups, OfPage, OfProject},
    problem::Problem,
    refusals::Refusals,
};
use crate::model::BackupQuery;

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups",
    params(OfProject, OfBackups, OfPage),
    responses((status = 200, body = BackupList), Refusals),
)]
pub(super) async fn list_backups(
    State(app): State<App>,
    caller: Permitted<caller::ListBackups>,
    ListQuery(query): ListQuery<BackupQuery>,
) -> Result<Json<BackupList>, Problem> {
    let (limit, offset) = (query.limit, query.offset);
    let listing = app.sharing.list_backups(caller.target, query).await?;
    Ok(Json(BackupList::new(listing, limit, offset)))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups/{backup_id}",
    params(OfBackup),
    responses((status = 200, body = BackupAnswer), Refusals),
)]
pub(super) async fn show_backup(
    State(app): State<App>,
    caller: Permitted<caller::ShowBackup>,
) -> Result<Json<BackupAnswer>, Problem> {
    let backup = app.sharing.show_backup(caller.target).await?;
    Ok(Json(backup.into()))
}
