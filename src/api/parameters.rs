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

/// Of what belongs to a project.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfProject {
    project_id: schemas::ProjectId,
}

/// Of one vault.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfVault {
    project_id: schemas::ProjectId,
    vault_id: schemas::VaultId,
}

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfPage {
    #[param(required = false, minimum = 1, maximum = 1000, default = 1000)]
    limit: i32,
    #[param(
        required = false,
        minimum = 0,
        maximum = 9223372036854775807_i64,
        default = 0
    )]
    offset: i64,
}

/// The query of a list of members.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfMembers {
    #[param(required = false)]
    status: schemas::MemberStatus,
    #[param(required = false)]
    dest_project_id: schemas::ProjectId,
    #[param(required = false)]
    vault_id: schemas::VaultId,
    #[param(required = false, min_length = 1, max_length = 64)]
    image_id: String,
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

/// The query of a list of backups.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfBackups {
    #[param(required = false)]
    own_type: schemas::OwnType,
    #[param(required = false)]
    member_status: schemas::MemberStatus,
    #[param(required = false, min_length = 1, max_length = 255)]
    name: String,
    #[param(required = false, min_items = 1, max_items = 8, style = Form, explode)]
    status: Vec<schemas::BackupStatusFilter>,
    #[param(required = false, min_length = 1, max_length = 255)]
    resource_type: String,
    #[param(required = false)]
    vault_id: schemas::VaultId,
    #[param(required = false)]
    checkpoint_id: schemas::CheckpointId,
    #[param(required = false, min_length = 1, max_length = 255)]
    resource_id: String,
    #[param(required = false, min_length = 1, max_length = 255)]
    resource_name: String,
    #[param(required = false)]
    start_time: schemas::QueryTime,
    #[param(required = false)]
    end_time: schemas::QueryTime,
    #[param(required = false, min_length = 1, max_length = 64)]
    image_type: String,
    #[param(required = false)]
    parent_id: schemas::BackupId,
    #[param(required = false)]
    enterprise_project_id: schemas::EnterpriseProjectId,
    #[param(required = false, min_length = 1, max_length = 255)]
    resource_az: String,
    #[param(required = false, min_length = 1, max_length = 64)]
    used_percent: String,
    #[param(required = false)]
    dec: bool,
    #[param(required = false)]
    incremental: bool,
    #[param(required = false)]
    show_replication: bool,
    #[param(required = false)]
    marker: schemas::BackupId,
    #[param(
        required = false,
        max_length = 255,
        default = "created_at:desc",
        pattern = "^(created_at|updated_at|name|status|protected_at|id)(:(asc|desc))?\
                   (,(created_at|updated_at|name|status|protected_at|id)(:(asc|desc))?)*$"
    )]
    sort: String,
}

/// The query of a list of vaults.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct OfVaults {
    #[param(required = false, min_items = 1, max_items = 100, style = Form, explode)]
    id: Vec<schemas::VaultId>,
    #[param(required = false, min_length = 1, max_length = 255)]
    name: String,
    #[param(required = false)]
    object_type: schemas::ObjectTypeFilter,
    #[param(required = false)]
    protect_type: schemas::ProtectTypeFilter,
    #[param(required = false)]
    status: schemas::VaultStatusFilter,
    #[param(required = false, min_length = 1, max_length = 255)]
    policy_id: String,
    #[param(required = false, min_length = 1, max_length = 4096)]
    resource_ids: String,
    #[param(required = false)]
    enterprise_project_id: schemas::EnterpriseProjectId,
    #[param(required = false, inline)]
    cloud_type: schemas::CloudType,
}
