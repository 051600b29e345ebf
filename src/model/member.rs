//! A member of a backup, and the moves between its states. Who may move it is in `rules`.

use super::{BackupId, Error, ImageId, ProjectId, Result, ShareId, VaultId, words::words};
use crate::timestamp::Timestamp;

/// One share of one backup with one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The id of the record. Paths never name it.
    pub id: ShareId,
    /// The shared backup.
    pub backup_id: BackupId,
    /// The project it is shared with: the `member_id` of paths.
    pub dest_project_id: ProjectId,
    /// How far the share has come.
    pub status: MemberStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed; `None` until it first does.
    pub updated_at: Option<Timestamp>,
    /// The member's vault that holds the accepted backup.
    pub vault_id: Option<VaultId>,
    /// The image that the member registered from the accepted backup.
    pub image_id: Option<ImageId>,
}

/// How far a share has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberStatus {
    /// The member has the backup in one of the member's vaults.
    Accepted,
    /// The member has not decided.
    Pending,
    /// The member does not want it.
    Rejected,
}

words! { MemberStatus, "status", {
    Pending = "pending", Accepted = "accepted", Rejected = "rejected",
}}

impl Member {
    /// A fresh share, which the member has not seen yet.
    pub fn pending(
        id: ShareId,
        backup_id: BackupId,
        dest_project_id: ProjectId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            backup_id,
            dest_project_id,
            status: MemberStatus::Pending,
            created_at: now,
            updated_at: None,
            vault_id: None,
            image_id: None,
        }
    }

    /// The share after its member took the backup into `vault_id`.
    pub fn accepted(&self, vault_id: VaultId, now: Timestamp) -> Self {
        Self {
            status: MemberStatus::Accepted,
            vault_id: Some(vault_id),
            updated_at: Some(now),
            ..self.clone()
        }
    }

    /// The share after its member let go of the backup, or took back a rejection.
    ///
    /// # Errors
    /// [`Error::ImageRegistered`] where an image depends on the accepted backup.
    pub fn released(&self, status: MemberStatus, now: Timestamp) -> Result<Self> {
        self.may_let_go()?;
        Ok(Self {
            status,
            vault_id: None,
            updated_at: Some(now),
            ..self.clone()
        })
    }

    /// The share with another image, or none.
    pub fn with_image(&self, image_id: Option<ImageId>, now: Timestamp) -> Self {
        Self {
            image_id,
            updated_at: Some(now),
            ..self.clone()
        }
    }

    /// An accepted backup stays while an image depends on it.
    ///
    /// # Errors
    /// [`Error::ImageRegistered`].
    pub fn may_let_go(&self) -> Result<()> {
        match (self.status, self.image_id) {
            (MemberStatus::Accepted, Some(image)) => Err(Error::ImageRegistered(image)),
            _ => Ok(()),
        }
    }
}
