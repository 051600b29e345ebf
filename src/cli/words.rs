//! Parsers for values of the command line and the environment. An invalid one is wrong usage, reported
//! before anything is sent.

use secrecy::SecretString;
use uuid::Uuid;

use crate::client::types::{BackupId, ListMembersSort, MemberStatus, ProjectId, VaultId};

pub(super) fn project(text: &str) -> Result<ProjectId, String> {
    text.parse()
        .map_err(|_| "a project id has 1 to 64 letters, digits, `-` and `_`".to_owned())
}

pub(super) fn backup(text: &str) -> Result<BackupId, String> {
    uuid(text).map(Into::into)
}

pub(super) fn vault(text: &str) -> Result<VaultId, String> {
    uuid(text).map(Into::into)
}

pub(super) fn uuid(text: &str) -> Result<Uuid, String> {
    text.parse()
        .map_err(|_| "it is no UUID like a5200268-74a5-4806-acc6-95793ab0228b".to_owned())
}

pub(super) fn status(text: &str) -> Result<MemberStatus, String> {
    text.parse()
        .map_err(|_| "it is not pending, accepted or rejected".to_owned())
}

pub(super) fn sort(text: &str) -> Result<ListMembersSort, String> {
    let keys = "status, created_at, updated_at, backup_id, image_id, dest_project_id, vault_id, id";
    text.parse()
        .map_err(|_| format!("it is no list like status:asc,created_at:desc of the keys {keys}"))
}

pub(super) fn text(text: &str) -> Result<String, String> {
    filled(text).map(str::to_owned)
}

pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    filled(text).map(Into::into)
}

/// An empty value is a script's unset variable more often than intended.
fn filled(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        Err("it is empty".to_owned())
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_wrong_with_a_word_is_said_in_the_fields_words() {
        assert!(super::project("0605767b5780d5762fc5c0118072a564").is_ok());
        assert!(super::project("a/b").is_err_and(|reason| reason.contains("project id")));
        assert!(super::vault("4b27c05b").is_err_and(|reason| reason.contains("UUID")));
        assert!(super::status("new").is_err_and(|reason| reason.contains("pending")));
        assert!(super::sort("status,id:asc").is_ok());
        assert!(super::sort("name").is_err_and(|reason| reason.contains("dest_project_id")));
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert_eq!(super::secret("").err().as_deref(), Some("it is empty"));
    }
}
