//! What the sequences are made of: the five operations by anybody on anything, what only the
//! operator does, and the last one again. Everything by number, so that a sequence shrinks.

use std::{fmt::Debug, str::FromStr};

use backup_share::model::{
    BackupQuery, BackupStatus, MemberStatus, OwnType, VaultStatus, listing::BackupSortKey,
    page::PageQuery,
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use uuid::Uuid;

use super::{
    fixture::{self, BACKUPS, CALLERS, GHOST, LASTING, MALLORY, NAMED, VAULTS},
    model::Model,
};

/// An operation, and how many microseconds after the last.
pub type Step = (Operation, u8);

#[derive(Clone, Debug)]
pub enum Operation {
    Add {
        caller: usize,
        backup: usize,
        projects: Vec<usize>,
    },
    List {
        caller: usize,
        backup: usize,
        listing: Listing,
    },
    /// The caller's own backups, and those shared with it.
    ListBackups {
        caller: usize,
        listing: BackupListing,
    },
    Show {
        caller: usize,
        backup: usize,
        member: usize,
    },
    Update {
        caller: usize,
        backup: usize,
        member: usize,
        choice: Choice,
    },
    Delete {
        caller: usize,
        backup: usize,
        member: usize,
    },
    /// A share comes with the operator's data: accepted, and an image registered from it.
    Image {
        backup: usize,
        member: usize,
        vault: usize,
    },
    /// A vault gets another status.
    Vault { vault: usize, status: VaultStatus },
    /// A backup gets another status.
    Backup {
        backup: usize,
        status: BackupStatus,
        encrypted: bool,
    },
    /// A backup is removed, with its shares. To change its status brings it back, without them.
    Remove { backup: usize },
    /// The operation before once more.
    Again,
}

#[derive(Clone, Copy, Debug)]
pub enum Choice {
    Accept(Option<usize>),
    Reject,
    Postpone,
}

/// A list request.
#[derive(Clone, Debug)]
pub struct Listing {
    pub status: Option<MemberStatus>,
    pub dest: Option<usize>,
    pub vault: Option<usize>,
    pub image: Option<usize>,
    pub limit: usize,
    pub offset: u64,
    /// Counts through all ids that were ever given out; beyond them: one that never was.
    pub marker: Option<usize>,
    /// Keys, and whether upwards where it says so.
    pub sort: Vec<(&'static str, Option<bool>)>,
}

/// A request for a list of backups.
#[derive(Clone, Debug)]
pub struct BackupListing {
    pub own_type: OwnType,
    pub status: Option<MemberStatus>,
    pub vault: Option<usize>,
    pub limit: usize,
    pub offset: u64,
    pub marker: Option<usize>,
    pub sort: Vec<(&'static str, Option<bool>)>,
}

pub const KEYS: [&str; 8] = [
    "status",
    "created_at",
    "updated_at",
    "backup_id",
    "image_id",
    "dest_project_id",
    "vault_id",
    "id",
];

impl Operation {
    pub fn is_the_operators(&self) -> bool {
        matches!(
            self,
            Self::Image { .. }
                | Self::Vault { .. }
                | Self::Backup { .. }
                | Self::Remove { .. }
                | Self::Again
        )
    }
}

impl BackupListing {
    pub fn query(&self, model: &Model) -> BackupQuery {
        let world = &model.world;
        BackupQuery {
            own_type: self.own_type,
            member_status: self.status,
            name: Some(world.name()),
            vault_id: self.vault.map(|vault| world.vault_id(vault)),
            limit: self.limit,
            offset: self.offset,
            marker: self.marker.map(|backup| world.backup_id(backup)),
            sort: order(&self.sort),
            ..BackupQuery::default()
        }
    }
}

impl Listing {
    pub fn query(&self, model: &Model) -> PageQuery {
        let world = &model.world;
        PageQuery {
            status: self.status,
            dest_project_id: self.dest.map(fixture::project),
            vault_id: self.vault.map(|vault| world.vault_id(vault)),
            image_id: self.image.map(|backup| model.image_id(backup).to_string()),
            limit: self.limit,
            offset: self.offset,
            marker: self
                .marker
                .map(|at| model.issued.get(at).copied().unwrap_or(Uuid::max().into())),
            sort: order(&self.sort),
        }
    }
}

fn order<S: Default + FromStr<Err: Debug>>(terms: &[(&str, Option<bool>)]) -> S {
    let term = |(key, up): &(&str, Option<bool>)| match up {
        Some(true) => format!("{key}:asc"),
        Some(false) => format!("{key}:desc"),
        None => (*key).to_owned(),
    };
    let terms: Vec<_> = terms.iter().map(term).collect();
    match terms.as_slice() {
        [] => S::default(),
        terms => terms.join(",").parse().expect("an order"),
    }
}

pub fn step() -> impl Strategy<Value = Step> {
    (operation(), 0..3_u8)
}

/// Most often what makes sense; else anything by anybody.
fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![12 => usual(), 6 => unusual(), 2 => by_the_operator(), 1 => Just(Operation::Again)]
}

/// Alice shares with bob and carol, who accept into vaults that may take it.
fn usual() -> impl Strategy<Value = Operation> {
    let backup = || prop_oneof![5 => 0..3_usize, 1 => Just(7)];
    let member = || prop_oneof![2 => Just(1), 1 => Just(2)];
    let update = (backup(), member(), choice());
    prop_oneof![
        4 => (backup(), projects())
            .prop_map(|(backup, projects)| Operation::Add { caller: 0, backup, projects }),
        8 => update.prop_map(|(backup, caller, choice)| Operation::Update { caller, backup, member: caller, choice }),
        2 => (backup(), member()).prop_map(|(backup, member)| Operation::Delete { caller: 0, backup, member }),
        2 => (0..3_usize, backup(), listing())
            .prop_map(|(caller, backup, listing)| Operation::List { caller, backup, listing }),
        3 => (0..3_usize, backup_listing())
            .prop_map(|(caller, listing)| Operation::ListBackups { caller, listing }),
    ]
}

fn unusual() -> impl Strategy<Value = Operation> {
    let one = || (0..CALLERS, 0..BACKUPS, 0..NAMED);
    let own = (0..CALLERS, prop_oneof![0..3_usize, 0..BACKUPS], choice());
    prop_oneof![
        (0..CALLERS, 0..BACKUPS, listing()).prop_map(|(caller, backup, listing)| Operation::List {
            caller,
            backup,
            listing
        }),
        (prop_oneof![Just(0), 0..CALLERS], 0..BACKUPS, projects()).prop_map(
            |(caller, backup, projects)| Operation::Add {
                caller,
                backup,
                projects
            }
        ),
        one().prop_map(|(caller, backup, member)| Operation::Show {
            caller,
            backup,
            member
        }),
        (one(), choice()).prop_map(|((caller, backup, member), choice)| Operation::Update {
            caller,
            backup,
            member,
            choice
        }),
        own.prop_map(|(caller, backup, choice)| Operation::Update {
            caller,
            backup,
            member: caller,
            choice
        }),
        one().prop_map(|(caller, backup, member)| Operation::Delete {
            caller,
            backup,
            member
        }),
    ]
}

/// Vaults and backups come and go out of order, most often back into it.
fn by_the_operator() -> impl Strategy<Value = Operation> {
    use VaultStatus::{Available, Deleting, Error, Frozen, Lock};
    let status =
        prop_oneof![5 => Just(Available), 1 => select(vec![Lock, Frozen, Deleting, Error])];
    let available =
        prop_oneof![5 => Just(BackupStatus::Available), 1 => Just(BackupStatus::Unavailable)];
    let backup = || 0..BACKUPS - 1;
    prop_oneof![
        6 => (backup(), 1..CALLERS, 0..VAULTS - 1).prop_map(|(backup, member, vault)| Operation::Image {
            // That one is bob's own.
            backup: if backup == LASTING && member == 1 { 0 } else { backup },
            member,
            vault
        }),
        6 => (0..VAULTS - 1, status).prop_map(|(vault, status)| Operation::Vault { vault, status }),
        6 => (backup(), available, prop::bool::weighted(0.1)).prop_map(|(backup, status, encrypted)| Operation::Backup {
            backup,
            status,
            encrypted
        }),
        1 => (0..LASTING).prop_map(|backup| Operation::Remove { backup }),
    ]
}

/// Distinct ones, as the callers of the use cases have made sure; most often bob or carol alone.
fn projects() -> impl Strategy<Value = Vec<usize>> {
    let all: Vec<usize> = (0..NAMED).filter(|p| *p != MALLORY).collect();
    let strangers: Vec<usize> = (3..GHOST).filter(|p| *p != MALLORY).collect();
    prop_oneof![
        3 => Just(vec![1]),
        2 => Just(vec![2]),
        1 => Just(vec![2, 1]),
        1 => subsequence(strangers, 1..4).prop_shuffle(),
        1 => subsequence(all, 1..=5).prop_shuffle(),
    ]
}

fn choice() -> impl Strategy<Value = Choice> {
    let right = select(vec![3, 3, 4, 5, 6, 10, 12]);
    prop_oneof![
        6 => right.prop_map(|vault| Choice::Accept(Some(vault))),
        2 => option::weighted(0.8, 0..VAULTS).prop_map(Choice::Accept),
        2 => Just(Choice::Reject),
        1 => Just(Choice::Postpone),
    ]
}

fn backup_listing() -> impl Strategy<Value = BackupListing> {
    let own_type = select(vec![
        OwnType::Private,
        OwnType::Shared,
        OwnType::Shared,
        OwnType::AllGranted,
    ]);
    let status = select(vec![
        MemberStatus::Accepted,
        MemberStatus::Pending,
        MemberStatus::Rejected,
    ]);
    let keys = select(BackupSortKey::WORDS.to_vec());
    let sort = vec((keys, option::of(any::<bool>())), 0..4);
    let limit = prop_oneof![Just(1000), 1..4_usize];
    (
        own_type,
        option::weighted(0.3, status),
        option::weighted(0.2, 0..VAULTS),
        limit,
        prop_oneof![3 => Just(0), 1 => 0..4_u64],
        option::weighted(0.3, 0..BACKUPS),
        sort,
    )
        .prop_map(
            |(own_type, status, vault, limit, offset, marker, sort)| BackupListing {
                own_type,
                status,
                vault,
                limit,
                offset,
                marker,
                sort,
            },
        )
}

fn listing() -> impl Strategy<Value = Listing> {
    let status = select(vec![
        MemberStatus::Accepted,
        MemberStatus::Pending,
        MemberStatus::Rejected,
    ]);
    let sort = vec((select(KEYS.to_vec()), option::of(any::<bool>())), 0..4);
    let limit = prop_oneof![Just(1000), 1..4_usize];
    let filters = (
        option::weighted(0.2, status),
        option::weighted(0.2, 0..NAMED),
        option::weighted(0.2, 0..VAULTS),
        option::weighted(0.2, 0..BACKUPS),
    );
    (
        filters,
        limit,
        prop_oneof![3 => Just(0), 1 => 0..4_u64],
        option::weighted(0.3, 0..12_usize),
        sort,
    )
        .prop_map(
            |((status, dest, vault, image), limit, offset, marker, sort)| Listing {
                status,
                dest,
                vault,
                image,
                limit,
                offset,
                marker,
                sort,
            },
        )
}
