//! The queries of the lists: from the texts of a request to what the model is asked. Which
//! parameters there are, and their bounds, is said in the contract.

use super::extract::{QueryText, ReadQuery};
use crate::model::{
    BackupQuery, Operation, Result, VaultQuery, listing::DEFAULT_LIMIT, page::PageQuery,
};

/// An enterprise project that means all of them.
const ALL_ENTERPRISE_PROJECTS: &str = "all_granted_eps";
/// Filters on what this server does not know: whatever is asked for, nothing has it.
const UNKNOWN_OF_BACKUPS: [&str; 4] = ["resource_az", "used_percent", "dec", "incremental"];
const UNKNOWN_OF_VAULTS: [&str; 2] = ["policy_id", "resource_ids"];

impl ReadQuery for PageQuery {
    const OPERATION: Operation = Operation::ListMembers;

    fn read(query: &QueryText) -> Result<Self> {
        Ok(Self {
            status: query.value("status")?,
            dest_project_id: query.value("dest_project_id")?,
            vault_id: query.value("vault_id")?,
            image_id: query.value("image_id")?,
            limit: query.value("limit")?.unwrap_or(DEFAULT_LIMIT),
            offset: query.value("offset")?.unwrap_or_default(),
            marker: query.value("marker")?,
            sort: query.value("sort")?.unwrap_or_default(),
        })
    }
}

impl ReadQuery for BackupQuery {
    const OPERATION: Operation = Operation::ListBackups;

    fn read(query: &QueryText) -> Result<Self> {
        Ok(Self {
            own_type: query.value("own_type")?.unwrap_or_default(),
            member_status: query.value("member_status")?,
            name: query.value("name")?,
            status: query.all("status")?,
            resource_type: query.value("resource_type")?,
            vault_id: query.value("vault_id")?,
            checkpoint_id: query.value("checkpoint_id")?,
            resource_id: query.value("resource_id")?,
            resource_name: query.value("resource_name")?,
            start_time: query.value("start_time")?,
            end_time: query.value("end_time")?,
            image_type: query.value("image_type")?,
            parent_id: query.value("parent_id")?,
            enterprise_project_id: enterprise_project(query)?,
            matches_none: UNKNOWN_OF_BACKUPS.iter().any(|name| query.has(name)),
            sort: query.value("sort")?.unwrap_or_default(),
            limit: query.value("limit")?.unwrap_or(DEFAULT_LIMIT),
            offset: query.value("offset")?.unwrap_or_default(),
            marker: query.value("marker")?,
        })
    }
}

impl ReadQuery for VaultQuery {
    const OPERATION: Operation = Operation::ListVaults;

    fn read(query: &QueryText) -> Result<Self> {
        let other_cloud = query
            .value::<String>("cloud_type")?
            .is_some_and(|it| it != "public");
        Ok(Self {
            id: query.all("id")?,
            name: query.value("name")?,
            object_type: query.value("object_type")?,
            protect_type: query.value("protect_type")?,
            status: query.value("status")?,
            enterprise_project_id: enterprise_project(query)?,
            matches_none: other_cloud || UNKNOWN_OF_VAULTS.iter().any(|name| query.has(name)),
            limit: query.value("limit")?.unwrap_or(DEFAULT_LIMIT),
            offset: query.value("offset")?.unwrap_or_default(),
        })
    }
}

/// The enterprise project to filter by; none where all are asked for.
fn enterprise_project(query: &QueryText) -> Result<Option<String>> {
    let id = query.value::<String>("enterprise_project_id")?;
    Ok(id.filter(|id| id != ALL_ENTERPRISE_PROJECTS))
}
