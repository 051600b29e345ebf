//! The line that accepts a backup, to be pasted, and the vaults that a backup fits into.

use std::collections::HashMap;

use uuid::Uuid;

use super::{inbox::Offer, vaults};
use crate::client::types::{Backup, MemberStatus, Vault};

/// Names in place of ids are for people, and only where they are plain and stand for one thing.
pub(super) struct AcceptLines<'v> {
    /// How often a name occurs; `None` where not everything was listed.
    names: Option<HashMap<String, usize>>,
    vaults: &'v [Vault],
}

impl<'v> AcceptLines<'v> {
    pub(super) fn new(offers: &[Offer], vaults: &'v [Vault], is_everything: bool) -> Self {
        let names = is_everything.then(|| {
            let mut names = HashMap::new();
            for name in offers.iter().filter_map(|offer| offer.backup.name.clone()) {
                *names.entry(name).or_default() += 1;
            }
            names
        });
        Self { names, vaults }
    }

    /// The line that accepts a pending backup; none where it fits into no vault.
    pub(super) fn line(&self, offer: &Offer) -> Option<String> {
        if offer.status != MemberStatus::Pending {
            return None;
        }
        let vault = match fitting(self.vaults, &offer.backup).as_slice() {
            [] => return None,
            [vault] => vault_word(vault, self.vaults),
            // People have to choose.
            _ => "VAULT".to_owned(),
        };
        let name = offer
            .backup
            .name
            .as_ref()
            .filter(|name| self.is_unique(name));
        let backup = name.map_or_else(|| offer.backup.id.to_string(), String::clone);
        Some(format!("backup-share accept {backup} --vault {vault}"))
    }

    fn is_unique(&self, name: &str) -> bool {
        let count = self.names.as_ref().and_then(|names| names.get(name));
        is_plain(name) && count == Some(&1)
    }
}

/// The vaults that a backup fits into.
pub(super) fn fitting<'v>(vaults: &'v [Vault], backup: &Backup) -> Vec<&'v Vault> {
    let fits = |vault: &&Vault| {
        vaults::suits(vault, backup) && vaults::free(vault) > vaults::needed(backup)
    };
    vaults.iter().filter(fits).collect()
}

/// A vault's name, where it is plain and no other vault's; else its id.
pub(super) fn vault_word(vault: &Vault, all: &[Vault]) -> String {
    let same = all.iter().filter(|other| other.name == vault.name).count();
    match is_plain(&vault.name) && same == 1 {
        true => vault.name.clone(),
        false => vault.id.to_string(),
    }
}

/// Whether a shell and the command's own flags take it as it is, and the command as a name: owners
/// choose the names, and one that is an id would stand for another backup.
pub(super) fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_id = Uuid::try_parse(name).is_ok();
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) && !is_id
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_what_is_read_as_the_name_that_it_is_stands_in_a_line() {
        assert!(is_plain("web-server_1.2"));
        for name in [
            "",
            "--all",
            "a b",
            "$(id)",
            "44444444-0000-4000-8000-000000000001",
            "44444444000040008000000000000001",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
