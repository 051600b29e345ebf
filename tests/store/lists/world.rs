//! Backups and vaults for lists: mine, those of others that are shared with me, and those that are
//! not; with few different values, so that filters find some and orders have ties, and with gaps.

use std::hash::{DefaultHasher, Hash, Hasher};

use backup_share::{
    model::{
        Backup, BackupDetails, BackupId, BackupQuery, BackupRecord, Member, ObjectType, ProjectId,
        ProtectType, Vault, VaultDetails, VaultId, VaultQuery, VaultRecord, VaultStatus,
    },
    store::Catalog,
    timestamp::Timestamp,
};
use uuid::Uuid;

use super::{super::suite::project, pending_share, statuses};

pub const ME: &str = "me";
pub const OTHER: &str = "other";
/// The vault that I accept into.
pub const MY_VAULT: u128 = 500;
const BACKUPS: u128 = 120;

pub fn me() -> ProjectId {
    project(ME)
}

pub fn time(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).expect("a moment")
}

/// One of few by the number, or none.
fn some<T: Clone>(number: u128, out_of: &[T]) -> Option<T> {
    out_of.get(number as usize % (out_of.len() + 1)).cloned()
}

/// Scattered, so that no order is that of another key.
fn mixed(number: u128, salt: u128) -> u128 {
    let mut hash = DefaultHasher::new();
    (number, salt).hash(&mut hash);
    u128::from(hash.finish() % 10_007)
}

fn texts(word: &str) -> [String; 2] {
    [format!("{word}-a"), format!("{word}-B")]
}

fn ids() -> [Uuid; 2] {
    [Uuid::from_u128(900), Uuid::from_u128(901)]
}

/// The moments that backups are made at.
fn times() -> Vec<Timestamp> {
    // One before 1970.
    [-5, 10, 20, 30, 40].map(time).into()
}

fn details(n: u128) -> BackupDetails {
    BackupDetails {
        description: some(mixed(n, 1), &texts("description")),
        created_at: some(mixed(n, 2), &times()),
        updated_at: some(mixed(n, 3), &times()),
        protected_at: some(mixed(n, 4), &times()),
        expired_at: some(mixed(n, 5), &times()),
        resource_id: some(mixed(n, 6), &texts("resource")),
        resource_name: some(mixed(n, 7), &texts("server")),
        image_type: some(mixed(n, 8), &texts("image")),
        checkpoint_id: some(mixed(n, 9), &ids()),
        parent_id: some(mixed(n, 10), &ids()),
        enterprise_project_id: some(mixed(n, 11), &texts("project")),
    }
}

/// A third is mine.
fn backup(n: u128) -> BackupRecord {
    let owner = [ME, OTHER, "third"][n as usize % 3];
    let status = statuses().nth(mixed(n, 12) as usize % 9).expect("a status");
    let backup = Backup {
        // Not in the order of the numbers.
        id: backup_id(n),
        project_id: project(owner),
        vault_id: Uuid::from_u128(600 + mixed(n, 13) % 2).into(),
        // Those of other alphabets, and large letters, in the order of their bytes.
        name: ["a", "B", "ä", "b"][mixed(n, 14) as usize % 4].to_owned(),
        resource_type: ["OS::Nova::Server", "OS::Cinder::Volume"][mixed(n, 15) as usize % 2].into(),
        resource_size: 1,
        status,
        encrypted: false,
    };
    let details = details(n);
    BackupRecord { backup, details }
}

fn backup_id(n: u128) -> BackupId {
    Uuid::from_u128((mixed(n, 16) << 100) + n + 1).into()
}

/// Of each share status some with me, and all with carol.
fn shared(record: &BackupRecord, n: u128) -> Vec<Member> {
    let id = record.backup.id;
    let mine = pending_share(10_000 + n, id, ME);
    let made = Timestamp::from_micros(77).expect("a moment");
    let mine = match mixed(n, 17) % 4 {
        0 => Some(mine),
        1 => {
            let vault = Uuid::from_u128(MY_VAULT + mixed(n, 18) % 2);
            Some(mine.accepted(vault.into(), made))
        }
        2 => Some(Member {
            status: backup_share::model::MemberStatus::Rejected,
            ..mine
        }),
        _ => None,
    };
    let mine = mine.filter(|_| record.backup.project_id != me());
    mine.into_iter()
        .chain([pending_share(20_000 + n, id, "carol")])
        .collect()
}

fn vault(n: u128) -> VaultRecord {
    let vault = Vault {
        id: Uuid::from_u128(MY_VAULT + n).into(),
        project_id: me(),
        name: ["one", "two"][n as usize % 2].into(),
        object_type: ObjectType::WORDS[n as usize % 7].parse().expect("a type"),
        protect_type: ProtectType::WORDS[n as usize % 3].parse().expect("a type"),
        status: VaultStatus::WORDS[n as usize % 5]
            .parse()
            .expect("a status"),
        size: 1_000,
        used: n as u64,
    };
    let details = VaultDetails {
        description: some(n, &texts("description")),
        created_at: some(mixed(n, 19), &times()),
        enterprise_project_id: some(n, &texts("project")),
    };
    VaultRecord { vault, details }
}

pub fn catalog() -> Catalog {
    let backups: Vec<_> = (0..BACKUPS).map(backup).collect();
    let members = (0..BACKUPS).zip(&backups);
    let members = members.flat_map(|(n, record)| shared(record, n)).collect();
    let mut vaults: Vec<_> = (0..20).map(vault).collect();
    vaults.extend((100..102).map(|n| {
        let mut record = vault(n);
        record.vault.project_id = project(OTHER);
        record
    }));
    Catalog {
        vaults,
        backups,
        members,
        ..Catalog::default()
    }
}

/// So many of another project's, each shared with me.
pub fn shared_with_me(count: usize) -> Catalog {
    let backup = |n: u128| {
        let mut record = backup(n);
        record.backup.project_id = project(OTHER);
        record.backup.id = Uuid::from_u128((mixed(n, 20) << 100) + n + 1).into();
        record.backup.name = format!("backup {}", record.backup.id);
        record
    };
    let backups: Vec<_> = (0..count as u128).map(backup).collect();
    let share = |(n, record): (u128, &BackupRecord)| pending_share(n, record.backup.id, ME);
    Catalog {
        members: (10_000..).zip(&backups).map(share).collect(),
        backups,
        ..Catalog::default()
    }
}

/// What [`shared_with_me`] calls the backup of a share.
pub fn name_of(member: &Member) -> String {
    format!("backup {}", member.backup_id)
}

/// What is accepted into a vault, in MB.
pub fn accepted_by(catalog: &Catalog, vault: VaultId) -> u64 {
    let accepted = catalog.members.iter();
    // Each of these backups has one GB.
    accepted.filter(|m| m.vault_id == Some(vault)).count() as u64 * 1024
}

/// A query with each filter by itself, and with several.
pub fn filters(query: &BackupQuery) -> Vec<BackupQuery> {
    let with = |filter: &dyn Fn(&mut BackupQuery)| {
        let mut query = query.clone();
        filter(&mut query);
        query
    };
    let mut filters = vec![
        with(&|q| q.name = Some("B".into())),
        with(&|q| q.name = Some("nobody's".into())),
        with(&|q| q.status = statuses().take(1).collect()),
        with(&|q| {
            q.status = statuses()
                .skip(1)
                .take(3)
                .chain(statuses().skip(1))
                .collect()
        }),
        with(&|q| q.resource_type = Some("OS::Cinder::Volume".into())),
        with(&|q| q.start_time = Some(time(20))),
        with(&|q| q.end_time = Some(time(20))),
        with(&|q| (q.start_time, q.end_time) = (Some(time(20)), Some(time(20)))),
        with(&|q| (q.start_time, q.end_time) = (Some(time(30)), Some(time(10)))),
        with(&|q| q.resource_id = Some("resource-B".into())),
        with(&|q| q.resource_name = Some("server-a".into())),
        with(&|q| q.image_type = Some("image-a".into())),
        with(&|q| q.checkpoint_id = Some(ids()[0])),
        with(&|q| q.parent_id = Some(ids()[1])),
    ];
    for vault in [MY_VAULT, MY_VAULT + 1, 600, 601] {
        filters.push(with(&|q| q.vault_id = Some(Uuid::from_u128(vault).into())));
    }
    for project in ["0", "project-a", "project-B", ""] {
        filters.push(with(&|q| q.enterprise_project_id = Some(project.into())));
    }
    let both = filters
        .iter()
        .zip(filters.iter().skip(5))
        .map(|(one, other)| BackupQuery {
            name: Some("a".into()),
            status: other.status.clone(),
            ..one.clone()
        });
    let both: Vec<_> = both.collect();
    filters.extend(both);
    filters
}

pub fn vault_filters() -> Vec<VaultQuery> {
    let all = VaultQuery::default;
    let mut filters = vec![
        VaultQuery {
            id: vec![Uuid::from_u128(MY_VAULT).into()],
            ..all()
        },
        VaultQuery {
            id: vec![Uuid::from_u128(MY_VAULT + 100).into()],
            ..all()
        },
        VaultQuery {
            id: [0, 1, 2, 2, 100]
                .map(|n| Uuid::from_u128(MY_VAULT + n).into())
                .into(),
            ..all()
        },
        VaultQuery {
            name: Some("two".into()),
            ..all()
        },
        VaultQuery {
            name: Some("three".into()),
            ..all()
        },
    ];
    for word in ObjectType::WORDS {
        filters.push(VaultQuery {
            object_type: word.parse().ok(),
            ..all()
        });
    }
    for word in ProtectType::WORDS {
        filters.push(VaultQuery {
            protect_type: word.parse().ok(),
            ..all()
        });
    }
    for word in VaultStatus::WORDS {
        filters.push(VaultQuery {
            status: word.parse().ok(),
            ..all()
        });
    }
    for project in ["0", "project-a", "project-B"] {
        filters.push(VaultQuery {
            enterprise_project_id: Some(project.into()),
            ..all()
        });
    }
    filters
}

pub fn meets(VaultRecord { vault, details }: &VaultRecord, query: &VaultQuery) -> bool {
    let project = details.enterprise_project_id.as_deref().unwrap_or("0");
    (query.id.is_empty() || query.id.contains(&vault.id))
        && query.name.as_ref().is_none_or(|name| vault.name == *name)
        && query
            .object_type
            .is_none_or(|kind| vault.object_type == kind)
        && query
            .protect_type
            .is_none_or(|kind| vault.protect_type == kind)
        && query.status.is_none_or(|status| vault.status == status)
        && query
            .enterprise_project_id
            .as_deref()
            .is_none_or(|asked| asked == project)
}
