//! The bodies of the operations on vaults, field by field as the contract has them, and their way
//! from the model.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    schemas,
    types::{Text, Zoned},
};
use crate::model::{self, Listing, ProjectId, VaultRecord, backup::DEFAULT_ENTERPRISE_PROJECT};

/// A vault.
#[derive(Serialize, ToSchema)]
#[schema(as = Vault)]
pub(super) struct VaultBody {
    #[schema(value_type = schemas::VaultId)]
    id: Text<model::VaultId>,
    name: String,
    description: Option<String>,
    #[schema(value_type = schemas::ProjectId)]
    project_id: Text<ProjectId>,
    provider_id: Option<&'static str>,
    user_id: Option<&'static str>,
    #[schema(value_type = Option<schemas::DateTime>)]
    created_at: Option<Zoned>,
    enterprise_project_id: Option<String>,
    auto_bind: Option<bool>,
    auto_expand: Option<bool>,
    #[schema(required = false)]
    bind_rules: Option<VaultBindRules>,
    tags: Option<[Tag; 0]>,
    #[schema(value_type = Option<Vec<Object>>)]
    resources: Option<[(); 0]>,
    billing: VaultBilling,
}

/// Which resources are put into a vault.
#[derive(Serialize, ToSchema)]
pub(super) struct VaultBindRules {
    tags: Option<[Tag; 0]>,
}

/// A tag.
#[derive(Serialize, ToSchema)]
pub(super) struct Tag {
    key: &'static str,
    value: Option<&'static str>,
}

/// What a vault is for, how large it is, and how full.
#[derive(Serialize, ToSchema)]
pub(super) struct VaultBilling {
    object_type: &'static str,
    protect_type: &'static str,
    status: &'static str,
    #[schema(value_type = i64, minimum = 0)]
    size: u32,
    #[schema(value_type = i64, minimum = 0)]
    used: u64,
    #[schema(value_type = Option<i64>, minimum = 0)]
    allocated: Option<u64>,
    charging_mode: Option<&'static str>,
    cloud_type: Option<&'static str>,
    consistent_level: Option<&'static str>,
    spec_code: Option<String>,
    storage_unit: Option<&'static str>,
    frozen_scene: Option<&'static str>,
    order_id: Option<&'static str>,
    product_id: Option<&'static str>,
    is_multi_az: Option<bool>,
}

impl From<VaultRecord> for VaultBody {
    fn from(record: VaultRecord) -> Self {
        let billing = VaultBilling::from(&record.vault);
        let (vault, details) = (record.vault, record.details);
        let enterprise_project = details.enterprise_project_id;
        Self {
            id: Text(vault.id),
            name: vault.name,
            description: details.description,
            project_id: Text(vault.project_id),
            provider_id: None,
            user_id: None,
            created_at: details.created_at.map(Zoned),
            enterprise_project_id: enterprise_project
                .or_else(|| Some(DEFAULT_ENTERPRISE_PROJECT.to_owned())),
            auto_bind: Some(false),
            auto_expand: Some(false),
            bind_rules: Some(VaultBindRules { tags: Some([]) }),
            tags: Some([]),
            resources: Some([]),
            billing,
        }
    }
}

/// The words are the vendor's for a vault that is paid for by use, in the public cloud.
impl From<&model::Vault> for VaultBilling {
    fn from(vault: &model::Vault) -> Self {
        let object_type = vault.object_type.as_str();
        let protect_type = vault.protect_type.as_str();
        Self {
            object_type,
            protect_type,
            status: vault.status.as_str(),
            size: vault.size,
            used: vault.used,
            allocated: Some(0),
            charging_mode: Some("post_paid"),
            cloud_type: Some("public"),
            consistent_level: Some("crash_consistent"),
            spec_code: Some(format!("vault.{protect_type}.{object_type}.normal")),
            storage_unit: Some("vault"),
            frozen_scene: None,
            order_id: None,
            product_id: None,
            is_multi_az: Some(false),
        }
    }
}

/// One vault.
#[derive(Serialize, ToSchema)]
pub(super) struct VaultAnswer {
    vault: VaultBody,
}

impl From<VaultRecord> for VaultAnswer {
    fn from(record: VaultRecord) -> Self {
        Self {
            vault: record.into(),
        }
    }
}

/// One page of vaults.
#[derive(Serialize, ToSchema)]
pub(super) struct VaultList {
    vaults: Vec<VaultBody>,
    #[schema(value_type = i64, minimum = 0, required = false)]
    count: u64,
    #[schema(value_type = i64, minimum = 0, required = false)]
    offset: u64,
    #[schema(value_type = i64, minimum = 0, required = false)]
    limit: usize,
}

impl VaultList {
    pub(super) fn new(page: Listing<VaultRecord>, limit: usize, offset: u64) -> Self {
        Self {
            vaults: page.items.into_iter().map(Into::into).collect(),
            count: page.total,
            offset,
            limit,
        }
    }
}
