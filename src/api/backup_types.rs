//! The bodies of the operations on backups, field by field as the contract has them, and their way
//! from the model: what a caller may see of a backup is decided there.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    schemas,
    types::{Text, Zoned},
};
use crate::model::{self, BackupDetails, Listing, ProjectId, VisibleBackup};

/// A backup.
#[derive(Serialize, ToSchema)]
#[schema(as = Backup)]
pub(super) struct BackupBody {
    #[schema(value_type = schemas::BackupId)]
    id: Text<model::BackupId>,
    #[schema(required = false)]
    name: Option<String>,
    #[schema(required = false)]
    description: Option<String>,
    #[schema(value_type = schemas::ProjectId)]
    project_id: Text<ProjectId>,
    #[schema(value_type = Option<schemas::VaultId>)]
    vault_id: Option<Text<model::VaultId>>,
    status: &'static str,
    resource_type: String,
    resource_id: Option<String>,
    resource_name: Option<String>,
    #[schema(value_type = Option<i64>, minimum = 0)]
    resource_size: Option<u32>,
    resource_az: Option<&'static str>,
    image_type: Option<String>,
    #[schema(value_type = Option<schemas::CheckpointId>)]
    checkpoint_id: Option<Text<uuid::Uuid>>,
    #[schema(value_type = Option<schemas::BackupId>)]
    parent_id: Option<Text<uuid::Uuid>>,
    provider_id: Option<&'static str>,
    #[schema(value_type = Option<schemas::DateTime>)]
    created_at: Option<Zoned>,
    #[schema(value_type = Option<schemas::DateTime>)]
    updated_at: Option<Zoned>,
    #[schema(value_type = Option<schemas::DateTime>)]
    protected_at: Option<Zoned>,
    #[schema(value_type = Option<schemas::DateTime>)]
    expired_at: Option<Zoned>,
    enterprise_project_id: Option<String>,
    incremental: Option<bool>,
    version: Option<i64>,
    #[schema(value_type = Vec<Object>, required = false)]
    children: [(); 0],
    #[schema(value_type = Vec<Object>, required = false)]
    replication_records: [(); 0],
    #[schema(required = false)]
    extend_info: Option<BackupExtendInfo>,
}

/// More about a backup.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupExtendInfo {
    auto_trigger: Option<bool>,
    bootable: Option<bool>,
    encrypted: Option<bool>,
    incremental: Option<bool>,
    snapshot_id: Option<&'static str>,
    support_lld: Option<bool>,
    supported_restore_mode: Option<&'static str>,
    contain_system_disk: Option<bool>,
    system_disk: Option<bool>,
    os_images_data: Option<Vec<BackupImage>>,
}

/// An image that was registered from a backup.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupImage {
    #[schema(value_type = Option<schemas::ImageId>)]
    image_id: Option<Text<model::ImageId>>,
}

impl From<VisibleBackup> for BackupBody {
    fn from(visible: VisibleBackup) -> Self {
        let enterprise_project_id = visible.enterprise_project_id().map(str::to_owned);
        let extend_info = Some(extend_info(&visible));
        let (backup, details) = (visible.record.backup, visible.record.details);
        let BackupDetails { description, .. } = details;
        Self {
            id: Text(backup.id),
            name: Some(backup.name),
            description,
            project_id: Text(backup.project_id),
            vault_id: visible.vault_id.map(Text),
            status: backup.status.shown().as_str(),
            resource_type: backup.resource_type,
            resource_id: details.resource_id,
            resource_name: details.resource_name,
            resource_size: Some(backup.resource_size),
            resource_az: None,
            image_type: details.image_type,
            checkpoint_id: details.checkpoint_id.map(Text),
            parent_id: details.parent_id.map(Text),
            provider_id: None,
            created_at: details.created_at.map(Zoned),
            updated_at: details.updated_at.map(Zoned),
            protected_at: details.protected_at.map(Zoned),
            expired_at: details.expired_at.map(Zoned),
            enterprise_project_id,
            incremental: None,
            version: None,
            children: [],
            replication_records: [],
            extend_info,
        }
    }
}

/// An object and not null: some clients read its fields without asking whether there is one.
fn extend_info(visible: &VisibleBackup) -> BackupExtendInfo {
    let image = |id| BackupImage {
        image_id: Some(Text(id)),
    };
    BackupExtendInfo {
        auto_trigger: None,
        bootable: None,
        encrypted: visible.encrypted,
        incremental: None,
        snapshot_id: None,
        support_lld: None,
        supported_restore_mode: None,
        contain_system_disk: None,
        system_disk: None,
        os_images_data: Some(visible.image_id.map(image).into_iter().collect()),
    }
}

/// One backup.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupAnswer {
    backup: BackupBody,
}

impl From<VisibleBackup> for BackupAnswer {
    fn from(visible: VisibleBackup) -> Self {
        Self {
            backup: visible.into(),
        }
    }
}

/// One page of backups.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupList {
    backups: Vec<BackupBody>,
    #[schema(value_type = i64, minimum = 0, required = false)]
    count: u64,
    #[schema(value_type = i64, minimum = 0, required = false)]
    offset: u64,
    #[schema(value_type = i64, minimum = 0, required = false)]
    limit: usize,
}

impl BackupList {
    pub(super) fn new(page: Listing<VisibleBackup>, limit: usize, offset: u64) -> Self {
        Self {
            backups: page.items.into_iter().map(Into::into).collect(),
            count: page.total,
            offset,
            limit,
        }
    }
}
