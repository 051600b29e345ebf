//! What a caller sees of a backup: the owner and a member that accepted it all of it, a member that
//! has not decided yet what it needs to decide. Who sees which is decided in `rules`.

use super::{
    BackupDetails, BackupRecord, ImageId, Member, VaultId, backup::DEFAULT_ENTERPRISE_PROJECT,
};

/// A backup as a caller sees it: what the caller may not see is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleBackup {
    /// The backup.
    pub record: BackupRecord,
    /// The caller's vault that holds it.
    pub vault_id: Option<VaultId>,
    /// The image that the caller registered from it.
    pub image_id: Option<ImageId>,
    /// Whether it is encrypted; `None` where the caller may not know.
    pub encrypted: Option<bool>,
    sees_all: bool,
}

impl VisibleBackup {
    /// To its owner.
    pub(super) fn owned(record: BackupRecord) -> Self {
        Self {
            vault_id: Some(record.backup.vault_id),
            image_id: None,
            encrypted: Some(record.backup.encrypted),
            sees_all: true,
            record,
        }
    }

    /// To a member that accepted it.
    pub(super) fn accepted(record: BackupRecord, member: &Member) -> Self {
        Self {
            vault_id: member.vault_id,
            image_id: member.image_id,
            ..Self::owned(record)
        }
    }

    /// To a member that has not, or no longer, accepted it.
    pub(super) fn offered(mut record: BackupRecord) -> Self {
        record.details = BackupDetails {
            description: record.details.description,
            created_at: record.details.created_at,
            ..BackupDetails::default()
        };
        Self {
            vault_id: None,
            encrypted: None,
            sees_all: false,
            ..Self::owned(record)
        }
    }

    /// The enterprise project of the resource, as far as the caller may see it.
    pub fn enterprise_project_id(&self) -> Option<&str> {
        let named = self.record.details.enterprise_project_id.as_deref();
        self.sees_all
            .then(|| named.unwrap_or(DEFAULT_ENTERPRISE_PROJECT))
    }
}
