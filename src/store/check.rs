//! Whether the records of a store are consistent: the sums of the vaults, the states of the shares,
//! and that nothing refers to what is not there. Reads the records of any store, once; of backups
//! and vaults it has ids and sizes in memory, of members nothing.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, stream::BoxStream};

use super::{Export, Record};
use crate::model::{
    Backup, BackupId, Error, Member, MemberStatus, ProjectId, Result, Vault, VaultId,
};

/// How many violations of a kind are described; the others are counted.
const MAX_EXAMPLES: usize = 10;

/// What became of one kind of invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind: `integrity`, `records`, `capacity`, `states`, `orphans`.
    pub kind: &'static str,
    /// How many things were looked at.
    pub looked_at: usize,
    /// What they are.
    pub what: &'static str,
    /// How many of them are wrong.
    pub wrong: usize,
    /// The first of those, a sentence each.
    pub examples: Vec<String>,
}

impl Finding {
    fn new(kind: &'static str, what: &'static str) -> Self {
        Self {
            kind,
            looked_at: 0,
            what,
            wrong: 0,
            examples: vec![],
        }
    }

    fn record(&mut self, sound: bool, why: impl FnOnce() -> String) {
        self.looked_at += 1;
        if !sound {
            self.wrong += 1;
            if self.examples.len() < MAX_EXAMPLES {
                self.examples.push(why());
            }
        }
    }
}

/// Checks everything. Each kind of invariant has its finding, violated or not.
///
/// # Errors
/// [`Error::StoreUnavailable`] where the store cannot be read, and any where the database cannot
/// check itself. What is there and makes no sense is a finding.
pub async fn check(store: &dyn Export, projects: Projects) -> Result<Vec<Finding>> {
    let mut integrity = Finding::new("integrity", "integrity check of the database");
    let damage = store.damage().await?;
    integrity.record(damage.is_empty(), String::new);
    integrity.examples = damage.into_iter().take(MAX_EXAMPLES).collect();
    let mut seen = Checker::new(projects);
    seen.read(store.records()).await?;
    Ok([vec![integrity], seen.findings()].concat())
}

/// Who knows the projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projects {
    /// The store: every project that a record names must be there.
    InStore,
    /// Another service, such as Keystone.
    Elsewhere,
}

/// What has been read, as far as later records refer to it.
struct Checker {
    known: Projects,
    projects: HashSet<ProjectId>,
    users: HashSet<String>,
    vaults: HashMap<VaultId, Sums>,
    sizes: HashMap<BackupId, u64>,
    records: Finding,
    states: Finding,
    orphans: Finding,
}

/// A vault's owner, what it counts as taken by shares, and what they do take, in MB.
struct Sums {
    owner: ProjectId,
    counted: u64,
    accepted: u64,
}

impl Checker {
    fn new(known: Projects) -> Self {
        Self {
            known,
            projects: HashSet::new(),
            users: HashSet::new(),
            vaults: HashMap::new(),
            sizes: HashMap::new(),
            records: Finding::new("records", "records"),
            states: Finding::new("states", "shares"),
            orphans: Finding::new("orphans", "references"),
        }
    }

    async fn read(&mut self, mut records: BoxStream<'static, Result<Record>>) -> Result<()> {
        while let Some(record) = records.next().await {
            match record {
                Ok(record) => self.take(record),
                Err(Error::Store(why)) => self
                    .records
                    .record(false, || format!("cannot be read any further: {why}")),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn take(&mut self, record: Record) {
        self.records.record(true, String::new);
        match record {
            Record::Project(project) => {
                self.projects.insert(project.id);
            }
            Record::Account(account) => {
                let known = self.projects.contains(&account.project_id);
                self.orphans.record(known, || {
                    format!("user {}: no project {}", account.name, account.project_id)
                });
                self.users.insert(account.name);
            }
            Record::Token(token) => self.owned("a token", &token.user_name),
            Record::AccessKey(key) => self.owned("an access key", &key.user_name),
            Record::Vault { vault, shared } => self.vault(vault.vault, shared),
            Record::Backup(backup) => self.backup(&backup.backup),
            Record::Member(member) => self.member(&member),
        }
    }

    fn owned(&mut self, what: &str, user: &str) {
        self.orphans.record(self.users.contains(user), || {
            format!("{what}: no user {user}")
        });
    }

    fn project(&mut self, id: &ProjectId, named: impl FnOnce() -> String) {
        if self.known == Projects::InStore {
            self.orphans.record(self.projects.contains(id), || {
                format!("{}: no project {id}", named())
            });
        }
    }

    fn backup(&mut self, backup: &Backup) {
        let named = || format!("backup {}", backup.id);
        self.project(&backup.project_id, named);
        let owner = self.vaults.get(&backup.vault_id).map(|vault| &vault.owner);
        let sound = owner == Some(&backup.project_id);
        self.orphans.record(sound, || match owner {
            None => format!("{}: no vault {}", named(), backup.vault_id),
            Some(owner) => format!(
                "{}: vault {} is of project {owner}",
                named(),
                backup.vault_id
            ),
        });
        self.sizes.insert(backup.id, backup.megabytes());
    }

    fn vault(&mut self, vault: Vault, shared: u64) {
        self.project(&vault.project_id, || format!("vault {}", vault.id));
        self.vaults.insert(
            vault.id,
            Sums {
                owner: vault.project_id,
                counted: shared,
                accepted: 0,
            },
        );
    }

    fn member(&mut self, member: &Member) {
        let named = || {
            format!(
                "share {} of backup {} with {}",
                member.id, member.backup_id, member.dest_project_id
            )
        };
        let accepted = member.status == MemberStatus::Accepted;
        let in_order = member
            .updated_at
            .is_none_or(|updated| updated >= member.created_at);
        self.states.record(
            accepted == member.vault_id.is_some() && in_order,
            || match in_order {
                true => format!(
                    "{}: {}, and {} vault",
                    named(),
                    member.status,
                    if accepted { "no" } else { "in a" }
                ),
                false => format!("{}: updated before it was made", named()),
            },
        );
        self.project(&member.dest_project_id, named);
        let size = self.sizes.get(&member.backup_id).copied();
        self.orphans
            .record(size.is_some(), || format!("{}: no such backup", named()));
        let Some(id) = member.vault_id else { return };
        let vault = self
            .vaults
            .get_mut(&id)
            .filter(|vault| vault.owner == member.dest_project_id);
        self.orphans.record(vault.is_some(), || {
            format!("{}: no vault {id} of that project", named())
        });
        if let (Some(vault), Some(size), true) = (vault, size, accepted) {
            vault.accepted += size;
        }
    }

    fn findings(self) -> Vec<Finding> {
        let mut capacity = Finding::new("capacity", "vaults");
        // What was not read to its end cannot be added up.
        let whole = self.records.wrong == 0;
        let mut vaults: Vec<_> = self.vaults.iter().filter(|_| whole).collect();
        vaults.sort_by_key(|(id, _)| **id);
        for (
            id,
            Sums {
                counted, accepted, ..
            },
        ) in vaults
        {
            let why = || {
                format!(
                    "vault {id}: counts {counted} MB for shares, \
                     and {accepted} MB are accepted into it"
                )
            };
            capacity.record(counted == accepted, why);
        }
        vec![self.records, capacity, self.states, self.orphans]
    }
}
