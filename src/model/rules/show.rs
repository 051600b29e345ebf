//! What may be seen of backups and vaults, beside the members of a backup.

use crate::model::{
    Error, MemberStatus, OfferedBackup, ProjectId, Result, VaultRecord, VisibleBackup,
};

/// A backup by itself.
///
/// # Errors
/// [`Error::NoSuchBackup`], to one that rejected it as well: it has let go of it.
pub fn show_backup(found: Option<OfferedBackup>, caller: &ProjectId) -> Result<VisibleBackup> {
    let found = found.ok_or(Error::NoSuchBackup)?;
    match &found.member {
        None if found.record.backup.project_id == *caller => Ok(listed_backup(found)),
        Some(member) if member.status != MemberStatus::Rejected => Ok(listed_backup(found)),
        None | Some(_) => Err(Error::NoSuchBackup),
    }
}

/// A backup of the caller's list: to its owner and to one that accepted it whole, to others what
/// they need to decide.
pub fn listed_backup(offered: OfferedBackup) -> VisibleBackup {
    match &offered.member {
        None => VisibleBackup::owned(offered.record),
        Some(member) if offered.is_shown_whole() => VisibleBackup::accepted(offered.record, member),
        Some(_) => VisibleBackup::offered(offered.record),
    }
}

/// A vault by itself.
///
/// # Errors
/// [`Error::NoSuchVault`], for another project's as well.
pub fn show_vault(found: Option<VaultRecord>, caller: &ProjectId) -> Result<VaultRecord> {
    found
        .filter(|record| record.vault.project_id == *caller)
        .ok_or(Error::NoSuchVault)
}
