//! The operations on vaults. Unpack, call the use case, wrap.

use axum::{Json, extract::State};

use super::{
    app::App,
    caller::{self, Permitted},
    extract::ListQuery,
    parameters::{OfPage, OfProject, OfVault, OfVaults},
    problem::Problem,
    refusals::Refusals,
    vault_types::{VaultAnswer, VaultList},
};
use crate::model::VaultQuery;

#[utoipa::path(
    get,
    path = "/v3/{project_id}/vaults",
    params(OfProject, OfVaults, OfPage),
    responses((status = 200, body = VaultList), Refusals),
)]
pub(super) async fn list_vaults(
    State(app): State<App>,
    caller: Permitted<caller::ListVaults>,
    ListQuery(query): ListQuery<VaultQuery>,
) -> Result<Json<VaultList>, Problem> {
    let (limit, offset) = (query.limit, query.offset);
    let listing = app.sharing.list_vaults(caller.target, query).await?;
    Ok(Json(VaultList::new(listing, limit, offset)))
}

#[utoipa::path(
    get,
    path = "/v3/{project_id}/vaults/{vault_id}",
    params(OfVault),
    responses((status = 200, body = VaultAnswer), Refusals),
)]
pub(super) async fn show_vault(
    State(app): State<App>,
    caller: Permitted<caller::ShowVault>,
) -> Result<Json<VaultAnswer>, Problem> {
    let (project, vault) = caller.target;
    let vault = app.sharing.show_vault(&project, vault).await?;
    Ok(Json(vault.into()))
}
