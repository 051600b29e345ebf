//! The rules once more, written from the description of the service and not from its code: as
//! tables and plain lists, without a thought of speed. Vaults are added up again whenever somebody
//! asks.

use std::{cmp::Ordering, collections::BTreeSet};

use backup_share::{
    model::{
        Backup, BackupStatus, Error, ImageId, Member, MemberStatus, ObjectType, ProjectId,
        ProtectType, ShareId, Vault, VaultStatus, page::Page,
    },
    store::{Catalog, Removed},
    timestamp::Timestamp,
};
use uuid::Uuid;

use super::{
    super::lists::expected,
    Answer, Said,
    fixture::{self, GHOST, LIMIT, World},
    name,
    operation::{Choice, Listing, Operation},
};

pub struct Model {
    pub world: World,
    pub members: Vec<Member>,
    /// The backups that were removed, by number.
    pub gone: BTreeSet<usize>,
    /// The ids of all records that there ever were.
    pub issued: Vec<ShareId>,
}

type Outcome = Result<Said, Error>;

impl Model {
    pub fn new(world: World) -> Self {
        let members = world.members();
        Self {
            issued: members.iter().map(|m| m.id).collect(),
            members,
            gone: BTreeSet::new(),
            world,
        }
    }

    /// `ids`: what the service called new records, which is not for the model to know.
    pub fn run(&mut self, operation: &Operation, now: Timestamp, ids: &[ShareId]) -> Answer {
        let outcome = match operation {
            Operation::Add {
                caller,
                backup,
                projects,
            } => self.add(*caller, *backup, projects, now, ids),
            Operation::List {
                caller,
                backup,
                listing,
            } => self.list(*caller, *backup, listing),
            Operation::ListBackups { caller, listing } => {
                let (caller, query) = (fixture::project(*caller), listing.query(self));
                expected::list(&self.catalog(), &caller, &query).map(Said::Backups)
            }
            Operation::Show {
                caller,
                backup,
                member,
            } => self
                .find(*caller, *backup, *member)
                .map(|(_, at)| Said::One(self.members[at].clone())),
            Operation::Update {
                caller,
                backup,
                member,
                choice,
            } => self.update(*caller, *backup, *member, *choice, now),
            Operation::Delete {
                caller,
                backup,
                member,
            } => self.delete(*caller, *backup, *member),
            Operation::Image { .. } | Operation::Vault { .. } | Operation::Backup { .. } => {
                self.take_over(self.changed_by(operation));
                Ok(Said::Done)
            }
            Operation::Remove { backup } => self.remove(*backup),
            Operation::Again => Ok(Said::Done),
        };
        outcome.map_err(name)
    }

    /// All that is there.
    pub fn catalog(&self) -> Catalog {
        let there = self.world.backups.iter().enumerate();
        let there = there.filter(|(number, _)| !self.gone.contains(number));
        Catalog {
            backups: there.map(|(_, backup)| self.world.record(backup)).collect(),
            members: self.members.clone(),
            ..Catalog::default()
        }
    }

    /// What a vault holds, in MB.
    pub fn used(&self, vault: &Vault) -> u64 {
        let accepted = self
            .members
            .iter()
            .filter(|m| m.status == MemberStatus::Accepted && m.vault_id == Some(vault.id));
        let sizes = accepted.map(|m| {
            self.world
                .backups
                .iter()
                .find(|b| b.id == m.backup_id)
                .expect("its backup")
        });
        vault.used
            + sizes
                .map(|b| u64::from(b.resource_size) * 1024)
                .sum::<u64>()
    }

    pub fn image_id(&self, backup: usize) -> ImageId {
        self.world.id(3, backup).into()
    }

    /// Who the caller is to the backup: the owner (true), a member (false), or a stranger.
    fn relation(&self, caller: &ProjectId, number: usize) -> Result<(Backup, bool), Error> {
        let there = self
            .world
            .backups
            .get(number)
            .filter(|_| !self.gone.contains(&number));
        let backup = there.ok_or(Error::NoSuchBackup)?;
        let member = self.position(backup, caller).is_some();
        match (backup.project_id == *caller, member) {
            (true, _) => Ok((backup.clone(), true)),
            (false, true) => Ok((backup.clone(), false)),
            (false, false) => Err(Error::NoSuchBackup),
        }
    }

    fn position(&self, backup: &Backup, project: &ProjectId) -> Option<usize> {
        self.members
            .iter()
            .position(|m| m.backup_id == backup.id && m.dest_project_id == *project)
    }

    /// Whether the caller is the owner, and where the record is.
    fn find(&self, caller: usize, number: usize, member: usize) -> Result<(bool, usize), Error> {
        let (backup, owner) = self.relation(&fixture::project(caller), number)?;
        let at = self
            .position(&backup, &fixture::project(member))
            .ok_or(Error::NoSuchMember)?;
        if owner || caller == member {
            Ok((owner, at))
        } else {
            Err(Error::NoSuchMember)
        }
    }

    fn add(
        &mut self,
        caller: usize,
        number: usize,
        named: &[usize],
        now: Timestamp,
        ids: &[ShareId],
    ) -> Outcome {
        let (backup, owner) = self.relation(&fixture::project(caller), number)?;
        let source = self
            .world
            .vaults
            .iter()
            .find(|v| v.id == backup.vault_id)
            .map(|v| v.status);
        let there = self
            .members
            .iter()
            .filter(|m| m.backup_id == backup.id)
            .count();
        let projects: Vec<ProjectId> = named.iter().map(|&p| fixture::project(p)).collect();
        // In the order of the page.
        let rules = [
            (owner, Error::NotTheOwner),
            (
                object_type(&backup).is_some(),
                Error::ResourceTypeNotShareable(String::new()),
            ),
            (
                backup.status == BackupStatus::Available,
                Error::BackupNotAvailable(backup.status),
            ),
            (!backup.encrypted, Error::BackupEncrypted),
            (
                matches!(source, Some(VaultStatus::Available | VaultStatus::Lock)),
                Error::VaultNotUsable {
                    vault: backup.vault_id,
                    status: source,
                },
            ),
            (
                !projects.contains(&backup.project_id),
                Error::SharedWithOwner(backup.project_id.clone()),
            ),
            (!named.contains(&GHOST), Error::UnknownProjects(vec![])),
            (
                projects.iter().all(|p| self.position(&backup, p).is_none()),
                Error::AlreadyShared(vec![]),
            ),
            (
                there + projects.len() <= LIMIT,
                Error::TooManyMembers {
                    there,
                    new: projects.len(),
                    limit: LIMIT,
                },
            ),
        ];
        if let Some((_, error)) = rules.into_iter().find(|(kept, _)| !kept) {
            return Err(error);
        }
        let id = |at: usize| ids.get(at).copied().unwrap_or(Uuid::nil().into());
        let fresh = |(at, project)| Member {
            id: id(at),
            backup_id: backup.id,
            dest_project_id: project,
            status: MemberStatus::Pending,
            created_at: now,
            updated_at: None,
            vault_id: None,
            image_id: None,
        };
        let added: Vec<Member> = projects.into_iter().enumerate().map(fresh).collect();
        assert!(
            added.iter().all(|m| !self.issued.contains(&m.id)),
            "an id is given out twice: {added:?}"
        );
        self.issued.extend(added.iter().map(|m| m.id));
        self.members.extend(added.clone());
        Ok(Said::Added(added))
    }

    fn list(&self, caller: usize, number: usize, listing: &Listing) -> Outcome {
        let project = fixture::project(caller);
        let (backup, owner) = self.relation(&project, number)?;
        let of_backup = self.members.iter().filter(|m| m.backup_id == backup.id);
        let mut seen: Vec<&Member> = of_backup
            .filter(|m| owner || m.dest_project_id == project)
            .collect();
        seen.sort_by(|a, b| ordered(&listing.sort, a, b));
        // Everything after the marker, whether or not the marker itself meets the filters.
        let query = listing.query(self);
        let start = match query.marker {
            None => 0,
            Some(id) => {
                1 + seen
                    .iter()
                    .position(|m| m.id == id)
                    .ok_or_else(|| Error::malformed("", ""))?
            }
        };
        let meets = |m: &&&Member| {
            listing.status.is_none_or(|status| m.status == status)
                && listing
                    .dest
                    .is_none_or(|p| m.dest_project_id == fixture::project(p))
                && listing
                    .vault
                    .is_none_or(|v| m.vault_id == Some(self.world.vault_id(v)))
                && listing
                    .image
                    .is_none_or(|b| m.image_id == Some(self.image_id(b)))
        };
        let skipped = usize::try_from(listing.offset).expect("a small offset");
        let page = seen[start..]
            .iter()
            .filter(meets)
            .skip(skipped)
            .take(listing.limit);
        let members = page.map(|m| (*m).clone()).collect();
        Ok(Said::Listed(Page {
            members,
            total: seen.iter().filter(meets).count(),
        }))
    }

    fn update(
        &mut self,
        caller: usize,
        number: usize,
        member: usize,
        choice: Choice,
        now: Timestamp,
    ) -> Outcome {
        use MemberStatus::{Accepted, Pending, Rejected};
        let (owner, at) = self.find(caller, number, member)?;
        if owner {
            let member = fixture::project(member);
            return Err(Error::MemberDecides { member });
        }
        let record = self.members[at].clone();
        let wanted = match choice {
            Choice::Accept(_) => Accepted,
            Choice::Reject => Rejected,
            Choice::Postpone => Pending,
        };
        let vault = match choice {
            Choice::Accept(None) => return Err(Error::VaultNotNamed),
            Choice::Accept(Some(vault)) => Some(vault),
            Choice::Reject | Choice::Postpone => None,
        };
        let vault_id = vault.map(|vault| self.world.vault_id(vault));
        // From, to: the table.
        match (record.status, wanted) {
            (Pending, Pending) | (Rejected, Rejected) => return Ok(Said::One(record)),
            (Accepted, Accepted) if record.vault_id == vault_id => return Ok(Said::One(record)),
            (Accepted, Pending | Rejected) if record.image_id.is_some() => {
                return Err(Error::ImageRegistered(record.image_id.expect("some")));
            }
            (Pending | Rejected | Accepted, Accepted) => {
                self.can_take(number, &record, vault.expect("named"))?
            }
            (Pending | Accepted, Rejected) | (Rejected | Accepted, Pending) => {}
        }
        let record = &mut self.members[at];
        (record.status, record.vault_id, record.updated_at) = (wanted, vault_id, Some(now));
        Ok(Said::One(record.clone()))
    }

    fn can_take(&self, number: usize, record: &Member, vault: usize) -> Result<(), Error> {
        let backup = &self.world.backups[number];
        let own = self
            .world
            .vaults
            .get(vault)
            .filter(|v| v.project_id == record.dest_project_id);
        let vault = own.ok_or(Error::NoSuchVault)?;
        let room = u64::from(vault.size) * 1024
            > self.used(vault) + u64::from(backup.resource_size) * 1024;
        let fits = vault.protect_type == ProtectType::Backup
            && Some(vault.object_type) == object_type(backup);
        let rules = [
            (
                fits,
                Error::VaultTypeDiffers {
                    vault: vault.id,
                    object_type: vault.object_type,
                    protect_type: vault.protect_type,
                    resource_type: String::new(),
                },
            ),
            (
                vault.status == VaultStatus::Available,
                Error::VaultNotUsable {
                    vault: vault.id,
                    status: Some(vault.status),
                },
            ),
            (
                record.status != MemberStatus::Accepted,
                Error::AcceptedElsewhere(vault.id),
            ),
            (
                room,
                Error::VaultFull {
                    vault: vault.id,
                    free: 0,
                    needed: 0,
                },
            ),
        ];
        rules
            .into_iter()
            .find(|(kept, _)| !kept)
            .map_or(Ok(()), |(_, error)| Err(error))
    }

    fn delete(&mut self, caller: usize, number: usize, member: usize) -> Outcome {
        let (owner, at) = self.find(caller, number, member)?;
        match &self.members[at] {
            _ if !owner => Err(Error::OwnerRevokes),
            Member {
                status: MemberStatus::Accepted,
                image_id: Some(image),
                ..
            } => Err(Error::ImageRegistered(*image)),
            _ => {
                self.members.remove(at);
                Ok(Said::Done)
            }
        }
    }

    fn remove(&mut self, number: usize) -> Outcome {
        if !self.gone.insert(number) {
            return Err(Error::NoSuchBackup);
        }
        let backup = &self.world.backups[number];
        let (went, left) = std::mem::take(&mut self.members)
            .into_iter()
            .partition(|m| m.backup_id == backup.id);
        self.members = left;
        let went: Vec<Member> = went;
        let mut removed = Removed {
            id: backup.id.to_string(),
            shares: went.len() as u64,
            ..Removed::default()
        };
        for member in went {
            removed.images += u64::from(member.image_id.is_some());
            if let Some(vault) = member.vault_id {
                *removed.freed.entry(vault).or_default() += u64::from(backup.resource_size) * 1024;
            }
        }
        Ok(Said::Removed(removed))
    }

    /// The operator's operation as data to load.
    pub fn changed_by(&self, operation: &Operation) -> Catalog {
        let mut catalog = Catalog::default();
        match operation {
            Operation::Image {
                backup,
                member,
                vault,
            } => {
                // A data file has the backups of its members.
                let there = &self.world.backups[*backup];
                catalog.backups.push(self.world.record(there));
                catalog.members.push(Member {
                    id: self.world.id(4, backup * 100 + member).into(),
                    backup_id: self.world.backup_id(*backup),
                    dest_project_id: fixture::project(*member),
                    status: MemberStatus::Accepted,
                    created_at: fixture::early(),
                    updated_at: None,
                    vault_id: Some(self.world.vault_id(*vault)),
                    image_id: Some(self.image_id(*backup)),
                });
            }
            Operation::Vault { vault, status } => {
                let changed = Vault {
                    status: *status,
                    ..self.world.vaults[*vault].clone()
                };
                catalog.vaults.push(changed.into());
            }
            Operation::Backup {
                backup,
                status,
                encrypted,
            } => {
                let (status, encrypted) = (*status, *encrypted);
                let changed = Backup {
                    status,
                    encrypted,
                    ..self.world.backups[*backup].clone()
                };
                catalog.backups.push(self.world.record(&changed));
            }
            _ => {}
        }
        catalog
    }

    /// A share that is there already stays as it is; vaults and backups are brought up to date.
    fn take_over(&mut self, catalog: Catalog) {
        for new in catalog.vaults {
            self.world
                .vaults
                .iter_mut()
                .filter(|v| v.id == new.vault.id)
                .for_each(|v| *v = new.vault.clone());
        }
        for new in catalog.backups {
            let number = self
                .world
                .backups
                .iter()
                .position(|b| b.id == new.backup.id)
                .expect("a backup of this world");
            self.gone.remove(&number);
            self.world.backups[number] = new.backup;
        }
        for member in catalog.members {
            let backup = self
                .world
                .backups
                .iter()
                .find(|b| b.id == member.backup_id)
                .expect("its backup");
            if self.position(backup, &member.dest_project_id).is_none() {
                self.issued.push(member.id);
                self.members.push(member);
            }
        }
    }
}

fn object_type(backup: &Backup) -> Option<ObjectType> {
    match backup.resource_type.as_str() {
        "OS::Nova::Server" => Some(ObjectType::Server),
        "OS::Cinder::Volume" => Some(ObjectType::Disk),
        _ => None,
    }
}

/// By the keys one after the other, downwards where nothing is said, the id last of all in the
/// direction of the key before it.
fn ordered(sort: &[(&'static str, Option<bool>)], a: &Member, b: &Member) -> Ordering {
    let sort = if sort.is_empty() {
        &[("created_at", None)]
    } else {
        sort
    };
    let last = sort.last().and_then(|(_, up)| *up);
    let mut order = Ordering::Equal;
    for (key, up) in sort.iter().copied().chain([("id", last)]) {
        let this = text(key, a).cmp(&text(key, b));
        order = order.then(if up == Some(true) {
            this
        } else {
            this.reverse()
        });
    }
    order
}

/// A field as text that sorts as the field does; nothing before everything.
fn text(key: &str, m: &Member) -> String {
    match key {
        "status" => m.status.to_string(),
        "created_at" => m.created_at.to_string(),
        "updated_at" => m.updated_at.map(|t| t.to_string()).unwrap_or_default(),
        "backup_id" => m.backup_id.to_string(),
        "image_id" => m.image_id.map(|id| id.to_string()).unwrap_or_default(),
        "dest_project_id" => m.dest_project_id.to_string(),
        "vault_id" => m.vault_id.map(|id| id.to_string()).unwrap_or_default(),
        _ => m.id.to_string(),
    }
}
