//! Everything that can be wrong with a request, named by the fact. The text,
//! status and code of the response are decided in `api/problem`; this file knows nothing of them.

use std::error::Error as StdError;

use super::{BackupStatus, ImageId, ObjectType, ProjectId, ProtectType, VaultId, VaultStatus};

/// The outcome of a rule.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request is refused, or could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A part of the request is not as the contract requires.
    #[error("{place}: {reason}")]
    Malformed {
        /// Where: `/members/3`, `query parameter limit`.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// The request carries no credentials.
    #[error("no credentials")]
    NoCredentials,
    /// The identity service does not know these credentials.
    #[error("unknown credentials")]
    UnknownCredentials,
    /// The credentials were good once, and expired or were revoked.
    #[error("credentials are no longer good")]
    ExpiredCredentials,
    /// A signature that was used before: a replay.
    #[error("the signature was used before")]
    SignatureUsed,
    /// The identity service could not be asked.
    #[error("the identity service is out of reach")]
    IdentityUnavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The caller is authenticated, but not authorized.
    #[error("not the caller's to do")]
    NotAuthorized,
    /// The project in the path is not that of the credentials.
    #[error("the path is of another project than the credentials")]
    OtherProject {
        /// That of the path, where it is the id of one.
        path: Option<ProjectId>,
        /// The caller's.
        own: ProjectId,
    },
    /// Only the member itself accepts or rejects.
    #[error("the decision is the member's")]
    MemberDecides {
        /// The member.
        member: ProjectId,
    },
    /// Only the owner stops sharing.
    #[error("only the owner can stop sharing")]
    OwnerRevokes,
    /// None of the caller's roles has this action.
    #[error("no role of the caller allows {0}")]
    PolicyForbids(&'static str),
    /// The caller is over its rate limit.
    #[error("over the rate")]
    Throttled,
    /// Too many wrong passwords were tried, by the caller's address or for this user from there.
    #[error("too many wrong passwords: the next may be tried in {seconds} s")]
    TooManyGuesses {
        /// When the next may be tried.
        seconds: u64,
    },
    /// No such backup, or the caller may not know of it.
    #[error("no such backup")]
    NoSuchBackup,
    /// No such member, or the caller may not know of it.
    #[error("no such member")]
    NoSuchMember,
    /// No such vault, or the caller may not know of it.
    #[error("no such vault")]
    NoSuchVault,
    /// A member cannot share on.
    #[error("only the owner can share")]
    NotTheOwner,
    /// The backup is of neither a server nor a disk.
    #[error("a backup of {0}, which is no server and no disk")]
    ResourceTypeNotShareable(String),
    /// The backup is not available.
    #[error("the backup is {0}")]
    BackupNotAvailable(BackupStatus),
    /// The backup is encrypted.
    #[error("the backup is encrypted")]
    BackupEncrypted,
    /// The owner's own project: it has the backup.
    #[error("not to be shared with its owner")]
    SharedWithOwner(ProjectId),
    /// Projects that the identity service does not know.
    #[error("not projects that the identity service knows")]
    UnknownProjects(Vec<ProjectId>),
    /// Projects that are members already; none where the store cannot tell which.
    #[error("shared already")]
    AlreadyShared(Vec<ProjectId>),
    /// The backup would have too many members.
    #[error("{there} members and {new} more are over the limit of {limit}")]
    TooManyMembers {
        /// How many there are.
        there: usize,
        /// How many more were to be added.
        new: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Accepting without naming a vault.
    #[error("no vault named")]
    VaultNotNamed,
    /// The vault, source or destination, is in a status that forbids it.
    #[error("the status of vault {vault} forbids it")]
    VaultNotUsable {
        /// The vault.
        vault: VaultId,
        /// Its status; `None` where it is gone.
        status: Option<VaultStatus>,
    },
    /// The vault is not made for such backups.
    #[error("vault {vault} is of another type")]
    VaultTypeDiffers {
        /// The vault.
        vault: VaultId,
        /// What it is made for.
        object_type: ObjectType,
        /// How it protects.
        protect_type: ProtectType,
        /// What was backed up.
        resource_type: String,
    },
    /// The vault has not more free space than the backup's size.
    #[error("vault {vault} has {free} MB free, and {needed} MB are needed")]
    VaultFull {
        /// The vault.
        vault: VaultId,
        /// Its free space in MB.
        free: u64,
        /// The size of the backup in MB: more must be free.
        needed: u64,
    },
    /// Accepted before, into this other vault.
    #[error("accepted into vault {0}")]
    AcceptedElsewhere(VaultId),
    /// This image depends on the accepted backup.
    #[error("image {0} was registered from the backup")]
    ImageRegistered(ImageId),
    /// Too much of this kind is under way already: nothing was done.
    #[error("too busy: {0}")]
    Busy(&'static str),
    /// The store could not be reached in time, or has not responded. A write may be in doubt: done,
    /// or not.
    #[error("the store is out of reach")]
    StoreUnavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A fault of our own; the source says more, to the log alone.
    #[error("the store failed")]
    Store(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// A part of the request is not as the contract requires.
    pub fn malformed(place: impl Into<String>, reason: impl ToString) -> Self {
        Self::Malformed {
            place: place.into(),
            reason: reason.to_string(),
        }
    }

    /// Wraps a failure of the store.
    pub fn store(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Store(source.into())
    }
}
