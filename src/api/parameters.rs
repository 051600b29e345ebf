//! The parameters as the derived document has them. Nothing here is ever made: the extractors read
//! them, these say what they look like. What they are for is said in the contract alone.

use utoipa::IntoParams;

use super::schemas;

/// Of the members of a backup.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfBackup {
    project_id: schemas::ProjectId,
    backup_id: schemas::BackupId,
}

/// Of one member of a backup.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfMember {
    project_id: schemas::ProjectId,
    backup_id: schemas::BackupId,
    member_id: schemas::ProjectId,
}

/// The query of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfList {
    #[param(required = false)]
    status: schemas::MemberStatus,
    #[param(required = false)]
    dest_project_id: schemas::ProjectId,
    #[param(required = false)]
    vault_id: schemas::VaultId,
    #[param(required = false)]
    image_id: schemas::ImageId,
    #[param(required = false, minimum = 1, maximum = 1000, default = 1000)]
    limit: i32,
    #[param(
        required = false,
        minimum = 0,
        maximum = 9223372036854775807_i64,
        default = 0
    )]
    offset: i64,
    #[param(required = false)]
    marker: schemas::ShareId,
    #[param(
        required = false,
        max_length = 255,
        default = "created_at:desc",
        pattern = "^(status|created_at|updated_at|backup_id|image_id|dest_project_id|vault_id|id)\
                   (:(asc|desc))?\
                   (,(status|created_at|updated_at|backup_id|image_id|dest_project_id|vault_id|id)\
                   (:(asc|desc))?)*$"
    )]
    sort: String,
}
