//! The five operations on HTTP: unpack, call the use case, wrap. Routes and their documentation are one.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    caller::{self, Permitted},
    extract::{BackupPath, JsonBody, ListQuery, MemberPath},
    problem::Problem,
    router::App,
    types::{AddMember, AddedMembers, MemberAnswer, MemberList, UpdateMember},
};

#[utoipa::path(
    post,
    path = "/v3/{project_id}/backups/{backup_id}/members",
    operation_id = "add_member",
    request_body = AddMember,
    responses((status = 200, body = AddedMembers)),
)]
pub(super) async fn add_member(
    State(app): State<App>,
    caller: Permitted<caller::AddMember>,
    BackupPath(backup): BackupPath,
    JsonBody(body): JsonBody<AddMember>,
) -> Result<Json<AddedMembers>, Problem> {
    let added = app.sharing.add_member(caller.about(backup), body.members).await?;
    Ok(Json(added.into()))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups/{backup_id}/members",
    operation_id = "list_members",
    responses((status = 200, body = MemberList)),
)]
pub(super) async fn list_members(
    State(app): State<App>,
    caller: Permitted<caller::ListMembers>,
    BackupPath(backup): BackupPath,
    ListQuery(query): ListQuery,
) -> Result<Json<MemberList>, Problem> {
    let page = app.sharing.list_members(caller.about(backup), query).await?;
    Ok(Json(page.into()))
}

#[utoipa::path(
    put,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    operation_id = "update_member_status",
    request_body = UpdateMember,
    responses((status = 200, body = MemberAnswer)),
)]
pub(super) async fn update_member_status(
    State(app): State<App>,
    caller: Permitted<caller::UpdateMemberStatus>,
    MemberPath(backup, member): MemberPath,
    JsonBody(body): JsonBody<UpdateMember>,
) -> Result<Json<MemberAnswer>, Problem> {
    let member = app.sharing.update_member_status(caller.about(backup), member, body.into()).await?;
    Ok(Json(MemberAnswer { member: member.into() }))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    operation_id = "show_member",
    responses((status = 200, body = MemberAnswer)),
)]
pub(super) async fn show_member(
    State(app): State<App>,
    caller: Permitted<caller::ShowMember>,
    MemberPath(backup, member): MemberPath,
) -> Result<Json<MemberAnswer>, Problem> {
    let member = app.sharing.show_member(caller.about(backup), member).await?;
    Ok(Json(MemberAnswer { member: member.into() }))
}

#[utoipa::path(
    delete,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    operation_id = "delete_member",
    responses((status = 204)),
)]
pub(super) async fn delete_member(
    State(app): State<App>,
    caller: Permitted<caller::DeleteMember>,
    MemberPath(backup, member): MemberPath,
) -> Result<StatusCode, Problem> {
    app.sharing.delete_member(caller.about(backup), member).await?;
    Ok(StatusCode::NO_CONTENT)
}
