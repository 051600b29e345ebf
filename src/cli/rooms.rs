//! Where there is room for backups that are to be accepted: planned for all of them before the first
//! is, so that those that are accepted at a time do not race for the same room.

use super::{CliError, session::ClientSession, vaults, words::IdOrName};
use crate::client::types::{Backup, Vault, VaultId};

/// Vaults to accept into, and what will be free in them by then.
pub(super) struct Rooms {
    vaults: Vec<(Vault, i64)>,
    /// Whether they were named, in the order in which they are to be filled.
    chosen: bool,
}

impl Rooms {
    pub(super) async fn of(
        session: &ClientSession,
        named: &[IdOrName<VaultId>],
    ) -> Result<Self, CliError> {
        let mut ids = vec![];
        for vault in named {
            let id = session.vault(vault).await?;
            // What is free in it is there once.
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let all = vaults::all(session).await?;
        let chosen = !ids.is_empty();
        let mut vaults = if chosen { vec![] } else { all.clone() };
        for id in ids {
            let vault = all.iter().find(|vault| vault.id == id).cloned();
            let missing = || CliError::Refused(format!("Your project has no vault {id}."));
            vaults.push(vault.ok_or_else(missing)?);
        }
        let vaults = vaults
            .into_iter()
            .map(|vault| (vaults::free(&vault), vault));
        let vaults = vaults.map(|(free, vault)| (vault, free)).collect();
        Ok(Self { vaults, chosen })
    }

    /// Room for a backup, which is taken from what is free; or why there is none.
    pub(super) fn assign(&mut self, backup: &Backup) -> Result<VaultId, String> {
        let needed = vaults::needed(backup);
        let suitable = self
            .vaults
            .iter_mut()
            .filter(|(vault, _)| vaults::suits(vault, backup));
        let mut suitable: Vec<_> = suitable.collect();
        if !self.chosen && suitable.len() > 1 {
            let many = suitable.len();
            return Err(format!(
                "{many} of your vaults are suitable: choose with --vault VAULT."
            ));
        }
        match suitable.iter_mut().find(|(_, free)| *free > needed) {
            Some((vault, free)) => {
                *free -= needed;
                Ok(vault.id.clone())
            }
            None => Err(format!("no vault fits: {}.", vaults::wanted(backup))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Backup, Rooms, Vault};

    const FIRST: &str = "4b27c05b-8ad7-48c6-a886-526666c035f0";
    const SECOND: &str = "0f2c1a77-53f3-4a0b-8a35-1c7f7b0f6e21";

    /// As the vendor's cloud sends it: without what this service sends as null.
    fn vault(id: &str, object_type: &str, size: u32) -> (Vault, i64) {
        let billing = json!({
            "object_type": object_type, "protect_type": "backup", "status": "available",
            "size": size, "used": 1024,
        });
        let vault = json!({"id": id, "name": "v", "project_id": "p", "billing": billing});
        let vault: Vault = serde_json::from_value(vault).expect("a vault");
        let free = crate::cli::vaults::free(&vault);
        (vault, free)
    }

    fn backup(resource_type: &str, size: u32) -> Backup {
        let id = "a5200268-74a5-4806-acc6-95793ab0228b";
        let backup = json!({
            "id": id, "project_id": "o", "status": "available", "resource_type": resource_type,
            "resource_size": size,
        });
        serde_json::from_value(backup).expect("a backup")
    }

    #[test]
    fn vaults_are_filled_in_the_order_in_which_they_are_named() {
        let vaults = vec![vault(FIRST, "server", 41), vault(SECOND, "server", 100)];
        let mut rooms = Rooms {
            vaults,
            chosen: true,
        };
        let mut assign = |size| {
            let assigned = rooms.assign(&backup("OS::Nova::Server", size));
            assigned.map(|vault| vault.to_string())
        };
        assert_eq!(
            assign(40).as_deref(),
            Ok(SECOND),
            "40 GB are free, which is not more"
        );
        assert_eq!(assign(39).as_deref(), Ok(FIRST));
        assert_eq!(assign(30).as_deref(), Ok(SECOND));
        assert!(assign(30).is_err_and(|why| why.contains("more than 30 GB free")));
        assert_eq!(assign(28).as_deref(), Ok(SECOND));
    }

    #[test]
    fn without_a_choice_only_the_one_vault_of_the_kind_is_taken() {
        let disks = vault(SECOND, "disk", 100);
        let one = vec![vault(FIRST, "server", 100), disks.clone()];
        let mut rooms = Rooms {
            vaults: one,
            chosen: false,
        };
        let disk = rooms.assign(&backup("OS::Cinder::Volume", 1));
        assert_eq!(disk.map(|vault| vault.to_string()).as_deref(), Ok(SECOND));
        let mut rooms = Rooms {
            vaults: vec![disks.clone(), disks],
            chosen: false,
        };
        let why = rooms.assign(&backup("OS::Cinder::Volume", 1));
        assert!(why.is_err_and(|why| why.contains("--vault")));
    }
}
