//! The second sentence of a refusal: which of the ids that the caller sent are meant, or who must do
//! what. It never tells what the caller may not know: a caller that gets one has seen the backup,
//! the vault or the project already.

use std::fmt::Display;

use crate::model::{Error, ProjectId, VaultStatus, vault::MB_PER_GB};

/// What a person needs next; `None` where the first sentence says it all.
pub(super) fn advice(error: &Error) -> Option<String> {
    Some(match error {
        Error::Malformed { place, reason } => format!("{place}: {reason}"),
        Error::SignatureUsed => "The signature was used before: sign the request again.".to_owned(),
        Error::IdentityUnavailable(_) => {
            "The identity service is out of reach: callers that it has not confirmed yet are refused until it is back."
                .to_owned()
        }
        Error::OtherProject { path, own } => other_project(path.as_ref(), own),
        Error::MemberDecides { member } => {
            format!("Only the member decides, with a token of its own project: {member}.")
        }
        Error::OwnerRevokes => {
            "Only the owner of the backup can stop sharing it: ask the owner, or reject the backup."
                .to_owned()
        }
        Error::TooManyGuesses { seconds } => {
            format!("Too many wrong passwords: try again in {seconds} seconds.")
        }
        Error::NotTheOwner => "Only the project that owns the backup can share it.".to_owned(),
        Error::ResourceTypeNotShareable(of) => format!("This is a backup of {of}."),
        Error::BackupNotAvailable(status) => format!("Its status is {status}."),
        Error::SharedWithOwner(project) => {
            format!("{project} is the project that owns the backup.")
        }
        Error::UnknownProjects(unknown) => {
            format!("Not known to the identity service: {}.", list(unknown))
        }
        Error::AlreadyShared(members) if members.is_empty() => return None,
        Error::AlreadyShared(members) => format!("It is shared already with {}.", list(members)),
        Error::TooManyMembers { there, new, limit } => format!(
            "It is shared with {there}, the request adds {new}, and {limit} are allowed."
        ),
        Error::VaultNotNamed => {
            "Name a vault of your own project in vault_id to accept into.".to_owned()
        }
        Error::VaultNotUsable { vault, status } => vault_status(vault, *status),
        Error::VaultTypeDiffers {
            vault,
            object_type,
            protect_type,
            resource_type,
        } => format!(
            "Vault {vault} has the object type {object_type} and the protection {protect_type}; \
             this is a backup of {resource_type}."
        ),
        Error::VaultFull {
            vault,
            free,
            needed,
        } => format!(
            "Vault {vault} has {free} MB free; the backup of {} GB needs more than {needed} MB.",
            needed / u64::from(MB_PER_GB)
        ),
        Error::AcceptedElsewhere(vault) => {
            format!("It is accepted into vault {vault}: reject it first, then accept it again.")
        }
        Error::ImageRegistered(image) => format!("Image {image} must be deleted first."),
        Error::Busy(_) => "Too busy: nothing was done.".to_owned(),
        Error::StoreUnavailable(_) => {
            "The store did not respond in time. A change may have been made: repeating the request \
             is safe."
                .to_owned()
        }
        Error::NoCredentials
        | Error::UnknownCredentials
        | Error::ExpiredCredentials
        | Error::NotAuthorized
        | Error::PolicyForbids(_)
        | Error::Throttled
        | Error::NoSuchBackup
        | Error::NoSuchMember
        | Error::NoSuchVault
        | Error::BackupEncrypted
        | Error::Store(_) => return None,
    })
}

fn other_project(path: Option<&ProjectId>, own: &ProjectId) -> String {
    match path {
        Some(path) => format!("The path is of project {path}, the credentials of {own}."),
        None => format!("The path is of no project, the credentials of {own}."),
    }
}

fn vault_status(vault: impl Display, status: Option<VaultStatus>) -> String {
    match status {
        Some(status) => format!("The status of vault {vault} is {status}."),
        None => format!("Vault {vault} is gone."),
    }
}

fn list(projects: &[ProjectId]) -> String {
    let projects: Vec<_> = projects.iter().map(ProjectId::as_str).collect();
    projects.join(", ")
}
