//! The operations on share members: unpack, call the use case, wrap. Routes and their documentation are
//! one.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    app::App,
    caller::{self, Permitted},
    extract::{ListQuery, MemberId},
    json_body::JsonBody,
    parameters::{OfBackup, OfMember, OfMembers, OfPage},
    problem::Problem,
    refusals::{BodyRefusals, Refusals},
    types::{AddMember, AddedMembers, MemberAnswer, MemberList, UpdateMember},
};
use crate::model::page::PageQuery;

#[utoipa::path(
    post,
    path = "/v3/{project_id}/backups/{backup_id}/members",
    params(OfBackup),
    request_body = AddMember,
    responses((status = 200, body = AddedMembers), Refusals, BodyRefusals),
)]
pub(super) async fn add_member(
    State(app): State<App>,
    caller: Permitted<caller::AddMember>,
    JsonBody(body): JsonBody<AddMember>,
) -> Result<Json<AddedMembers>, Problem> {
    caller.note_members(&body.members);
    let added = app.sharing.add_member(caller.target, body.members).await?;
    Ok(Json(added.into()))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups/{backup_id}/members",
    params(OfBackup, OfMembers, OfPage),
    responses((status = 200, body = MemberList), Refusals),
)]
pub(super) async fn list_members(
    State(app): State<App>,
    caller: Permitted<caller::ListMembers>,
    ListQuery(query): ListQuery<PageQuery>,
) -> Result<Json<MemberList>, Problem> {
    let page = app.sharing.list_members(caller.target, query).await?;
    Ok(Json(page.into()))
}

#[utoipa::path(
    put,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    params(OfMember),
    request_body = UpdateMember,
    responses((status = 200, body = MemberAnswer), Refusals, BodyRefusals),
)]
pub(super) async fn update_member_status(
    State(app): State<App>,
    caller: Permitted<caller::UpdateMemberStatus>,
    MemberId(member): MemberId,
    JsonBody(body): JsonBody<UpdateMember>,
) -> Result<Json<MemberAnswer>, Problem> {
    let member = app
        .sharing
        .update_member_status(caller.target, member, body.into())
        .await?;
    Ok(Json(MemberAnswer {
        member: member.into(),
    }))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    params(OfMember),
    responses((status = 200, body = MemberAnswer), Refusals),
)]
pub(super) async fn show_member(
    State(app): State<App>,
    caller: Permitted<caller::ShowMember>,
    MemberId(member): MemberId,
) -> Result<Json<MemberAnswer>, Problem> {
    let member = app.sharing.show_member(caller.target, member).await?;
    Ok(Json(MemberAnswer {
        member: member.into(),
    }))
}

#[utoipa::path(
    delete,
    path = "/v3/{project_id}/backups/{backup_id}/members/{member_id}",
    params(OfMember),
    responses((status = 204), Refusals),
)]
pub(super) async fn delete_member(
    State(app): State<App>,
    caller: Permitted<caller::DeleteMember>,
    MemberId(member): MemberId,
) -> Result<StatusCode, Problem> {
    app.sharing.delete_member(caller.target, member).await?;
    Ok(StatusCode::NO_CONTENT)
}
