//! Who and what is in the world of the sequences: few projects, backups in every state, vaults with
//! hardly any room.

use backup_share::{
    model::{
        Backup, BackupDetails, BackupId, BackupRecord, BackupStatus, Member, ObjectType, ProjectId,
        ProtectType, Vault, VaultId, VaultStatus,
    },
    store::Catalog,
    timestamp::Timestamp,
};
use uuid::Uuid;

/// Projects by number. Alice owns most backups, bob one; mallory is never shared with; the identity
/// service does not know the ghost.
const PROJECTS: [&str; 12] = [
    "alice", "bob", "carol", "dave", "mallory", "p05", "p06", "p07", "p08", "p09", "p10", "ghost",
];
/// Those who call.
pub const CALLERS: usize = 5;
/// Those who may be named as members, mallory among them: only shares with her are left out.
pub const NAMED: usize = PROJECTS.len();
pub const MALLORY: usize = 4;
pub const GHOST: usize = NAMED - 1;
/// How many members a backup may have: few, so that sequences reach it.
pub const LIMIT: usize = 5;

/// A world, under ids of its own.
#[derive(Clone, Debug)]
pub struct World {
    number: u32,
    pub backups: Vec<Backup>,
    /// `used` without what shares take.
    pub vaults: Vec<Vault>,
}

/// Those that exist, and one that does not.
pub const BACKUPS: usize = 11;
pub const VAULTS: usize = 14;
/// The backup that is never removed: facts about vaults are asked for around one that is there.
pub const LASTING: usize = BACKUPS - 2;

/// Before anything that a sequence does.
pub fn early() -> Timestamp {
    Timestamp::from_micros(1_000_000).expect("a moment of 1970")
}

pub fn project(number: usize) -> ProjectId {
    PROJECTS[number].parse().expect("a project id")
}

impl World {
    pub fn new(number: u32) -> Self {
        let mut world = Self {
            number,
            backups: vec![],
            vaults: vec![],
        };
        world.vaults = (0..VAULTS - 1).map(|vault| world.vault(vault)).collect();
        world.backups = (0..BACKUPS - 1)
            .map(|backup| world.backup(backup))
            .collect();
        world
    }

    pub fn backup_id(&self, backup: usize) -> BackupId {
        self.id(1, backup).into()
    }

    pub fn vault_id(&self, vault: usize) -> VaultId {
        self.id(2, vault).into()
    }

    pub fn id(&self, kind: u8, number: usize) -> Uuid {
        Uuid::from_u128(
            (u128::from(kind) << 120) | (u128::from(self.number) << 64) | number as u128,
        )
    }

    pub fn catalog(&self) -> Catalog {
        let (vaults, backups) = (self.vaults.iter(), self.backups.iter());
        Catalog {
            vaults: vaults.cloned().map(Into::into).collect(),
            backups: backups.map(|backup| self.record(backup)).collect(),
            members: self.members(),
            ..Catalog::default()
        }
    }

    /// Those that are there from the start: half of the sequences would pass until something is
    /// shared.
    pub fn members(&self) -> Vec<Member> {
        let member = |backup: usize, project: usize| {
            let id = self.id(5, backup * 100 + project).into();
            Member::pending(id, self.backup_id(backup), self::project(project), early())
        };
        (0..3)
            .flat_map(|backup| [member(backup, 1), member(backup, 2)])
            .collect()
    }

    /// With what is only shown. It moves when the operator changes the backup: so does the order of
    /// lists.
    pub fn record(&self, backup: &Backup) -> BackupRecord {
        let number = backup.id.as_uuid().as_u128() & 0xff;
        let moved = number + u128::from(backup.encrypted) + backup.status as u128;
        let time = |number: u128| {
            let micros = i64::try_from(number % 4).ok().filter(|number| *number > 0);
            micros.and_then(Timestamp::from_micros)
        };
        let details = BackupDetails {
            created_at: time(moved),
            updated_at: time(number * 3),
            ..BackupDetails::default()
        };
        let backup = backup.clone();
        BackupRecord { backup, details }
    }

    /// The name of all its backups, by which lists leave out those of other worlds.
    pub fn name(&self) -> String {
        format!("of world {}", self.number)
    }

    /// Owner, source vault, type, size in GB, available, encrypted.
    fn backup(&self, number: usize) -> Backup {
        let (owner, vault, resource, size, available, encrypted) = match number {
            0 => (0, 0, "OS::Nova::Server", 40, true, false),
            1 => (0, 0, "OS::Nova::Server", 30, true, false),
            2 => (0, 0, "OS::Cinder::Volume", 10, true, false),
            3 => (0, 0, "OS::Sfs::Turbo", 10, true, false),
            4 => (0, 0, "OS::Nova::Server", 10, false, false),
            5 => (0, 0, "OS::Cinder::Volume", 10, true, true),
            6 => (0, 1, "OS::Nova::Server", 10, true, false),
            7 => (0, 2, "OS::Nova::Server", 0, true, false),
            8 => (0, VAULTS - 1, "OS::Nova::Server", 10, true, false),
            _ => (1, 3, "OS::Nova::Server", 10, true, false),
        };
        Backup {
            id: self.backup_id(number),
            project_id: project(owner),
            vault_id: self.vault_id(vault),
            name: self.name(),
            resource_type: resource.into(),
            resource_size: size,
            status: if available {
                BackupStatus::Available
            } else {
                BackupStatus::Unavailable
            },
            encrypted,
        }
    }

    /// Owner, kind, protection, status, size in GB, used in MB.
    fn vault(&self, number: usize) -> Vault {
        use {ObjectType as O, ProtectType as P, VaultStatus as S};
        let (owner, object_type, protect_type, status, size, used) = match number {
            0 => (0, O::Server, P::Backup, S::Available, 1000, 0),
            1 => (0, O::Server, P::Backup, S::Frozen, 1000, 0),
            2 => (0, O::Server, P::Backup, S::Lock, 1000, 0),
            // 40 + 30 GB fit, 40 + 40 would fill it to the brim, which is one too many.
            3 => (1, O::Server, P::Backup, S::Available, 80, 0),
            4 => (1, O::Server, P::Backup, S::Available, 41, 1023),
            5 => (1, O::Server, P::Backup, S::Available, 40, 0),
            6 => (1, O::Disk, P::Backup, S::Available, 11, 0),
            7 => (1, O::Server, P::Replication, S::Available, 100, 0),
            8 => (1, O::Other, P::Backup, S::Available, 100, 0),
            9 => (1, O::Server, P::Backup, S::Lock, 100, 0),
            10 => (2, O::Server, P::Backup, S::Available, 71, 0),
            11 => (2, O::Disk, P::Hybrid, S::Available, 100, 0),
            _ => (0, O::Server, P::Backup, S::Available, 11, 0),
        };
        Vault {
            id: self.vault_id(number),
            project_id: project(owner),
            name: format!("vault {number}"),
            object_type,
            protect_type,
            status,
            size,
            used,
        }
    }
}
