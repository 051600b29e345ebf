//! What a store on PostgreSQL does in a second for 64 callers, and how long one caller alone waits.
//! On a private cluster, with `fsync`, on this machine: no network, no standby.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on panics; it reads the clock"
)]

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use backup_share::{
    model::{
        Backup, BackupId, BackupStatus, ObjectType, ProjectId, ProtectType, Selection, Vault,
        VaultId, VaultSelection, VaultStatus,
        facts::MemberSelection,
        rules::{self, Decision, NewMembers},
    },
    store::{Catalog, Store, postgres::Postgres},
    timestamp::Timestamp,
};
use testkit::postgres::{self, Cluster};
use uuid::Uuid;

const ROUNDS: usize = 5;
const CALLERS: usize = 64;
/// Changes by all callers together, in one burst.
const MANY: usize = 6_400;
/// Changes by one caller alone.
const FEW: usize = 400;
/// One for each caller.
const VAULTS: usize = CALLERS;
/// For accepts into all vaults, into one, and by one caller: each once in a round.
const BACKUPS: usize = ROUNDS * (2 * MANY + FEW);
/// The disk's time to settle before durable writes.
const REST: Duration = Duration::from_millis(500);

type Any = Arc<dyn Store>;

fn now() -> Timestamp {
    Timestamp::from_micros(1_580_899_114_209_782).expect("a moment of 2020")
}

fn project(name: &str) -> ProjectId {
    name.parse().expect("a project id")
}

fn backup_id(number: usize) -> BackupId {
    // Spread over the index, as random ids are.
    let spread = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Uuid::from_u64_pair(spread, number as u64).into()
}

fn vault_id(number: usize) -> VaultId {
    Uuid::from_u128(1 + number as u128).into()
}

fn catalog() -> Catalog {
    let backup = |number| Backup {
        id: backup_id(number),
        project_id: project("owner"),
        vault_id: vault_id(VAULTS),
        name: "a server".into(),
        resource_type: "OS::Nova::Server".into(),
        resource_size: 1,
        status: BackupStatus::Available,
        encrypted: false,
    };
    let vault = |number| Vault {
        id: vault_id(number),
        project_id: project(if number < VAULTS { "bob" } else { "owner" }),
        name: "a vault".into(),
        object_type: ObjectType::Server,
        protect_type: ProtectType::Backup,
        status: VaultStatus::Available,
        size: 100_000_000,
        used: 0,
    };
    let (backups, vaults) = (
        (0..BACKUPS).map(|n| backup(n).into()).collect(),
        (0..=VAULTS).map(|n| vault(n).into()).collect(),
    );
    Catalog {
        backups,
        vaults,
        ..Catalog::default()
    }
}

async fn add(store: &Any, backup: usize) {
    let selection = Selection {
        backup_id: backup_id(backup),
        members: MemberSelection::All,
        vault: VaultSelection::OfBackup,
    };
    let members = vec![(project("bob"), Uuid::from_u128(backup as u128).into())];
    let new = NewMembers {
        members,
        unknown: vec![],
        limit: 10,
        now: now(),
    };
    let rule = move |facts: &_| rules::add_member(facts, &project("owner"), &new);
    store
        .change(selection, Box::new(rule))
        .await
        .expect("added");
}

fn bobs(backup: usize, vault: VaultSelection) -> Selection {
    let members = MemberSelection::Of {
        caller: project("bob"),
        member: project("bob"),
    };
    Selection {
        backup_id: backup_id(backup),
        members,
        vault,
    }
}

async fn accept(store: &Any, backup: usize, vault: usize) {
    let id = vault_id(vault);
    let bob = project("bob");
    let rule = move |facts: &_| {
        rules::update_member_status(facts, &bob, &bob, Decision::Accept(Some(id)), now())
    };
    store
        .change(bobs(backup, VaultSelection::Named(id)), Box::new(rule))
        .await
        .expect("accepted");
}

async fn show(store: &Any, backup: usize) {
    let facts = store
        .load(&bobs(backup, VaultSelection::None))
        .await
        .expect("facts");
    assert_eq!(facts.members.len(), 1);
}

/// What a burst came to: per second, and the median of how long each took.
#[derive(Clone, Copy)]
struct Figures {
    rate: f64,
    median: Duration,
}

/// Runs `one` for each number, by so many callers at a time, who each take the next.
async fn burst<F: Future<Output = ()> + Send + 'static>(
    callers: usize,
    numbers: std::ops::Range<usize>,
    one: impl Fn(usize, usize) -> F + Clone + Send + 'static,
) -> Figures {
    Command::new("sync").status().expect("sync");
    tokio::time::sleep(REST).await;
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let start = Instant::now();
    let caller = |caller: usize| {
        let (next, end, one) = (Arc::clone(&next), numbers.end, one.clone());
        async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return took;
                }
                let start = Instant::now();
                one(caller, number).await;
                took.push(start.elapsed());
            }
        }
    };
    let tasks: Vec<_> = (0..callers).map(caller).map(tokio::spawn).collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.expect("no panic"));
    }
    let elapsed = start.elapsed();
    took.sort_unstable();
    Figures {
        rate: took.len() as f64 / elapsed.as_secs_f64(),
        median: took[took.len() / 2],
    }
}

const KINDS: [&str; 7] = [
    "add, 64 callers",
    "accept into 64 vaults, 64 callers",
    "accept into one vault, 64 callers",
    "show, 64 callers",
    "add, one caller",
    "accept, one caller",
    "show, one caller",
];

async fn round(store: &Any, number: usize) -> [Figures; KINDS.len()] {
    let first = number * (2 * MANY + FEW);
    let (spread, one) = (first..first + MANY, first + MANY..first + 2 * MANY);
    let few = one.end..one.end + FEW;
    macro_rules! burst {
        ($callers:expr, $numbers:expr, |$store:ident, $caller:ident, $number:ident| $one:expr) => {{
            let shared = Arc::clone(store);
            burst($callers, $numbers, move |$caller, $number| {
                let $store = Arc::clone(&shared);
                async move { $one.await }
            })
            .await
        }};
    }
    let adds = burst!(
        CALLERS,
        spread.start..one.end,
        |store, _caller, number| add(&store, number)
    );
    let spread_accepts = burst!(CALLERS, spread.clone(), |store, caller, number| accept(
        &store, number, caller
    ));
    let accepts_into_one = burst!(CALLERS, one.clone(), |store, _caller, number| accept(
        &store, number, 0
    ));
    let shows = burst!(CALLERS, spread.start..one.end, |store, _caller, number| {
        show(&store, number)
    });
    [
        adds,
        spread_accepts,
        accepts_into_one,
        shows,
        burst!(1, few.clone(), |store, _caller, number| add(&store, number)),
        burst!(1, few.clone(), |store, caller, number| accept(
            &store, number, caller
        )),
        burst!(1, few, |store, _caller, number| show(&store, number)),
    ]
}

fn main() {
    let cluster = Cluster::with("fsync = on");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let settings = (&postgres::config(String::new()).postgres).into();
        let store: Any = Arc::new(
            Postgres::open(&cluster.url(), &settings, now())
                .await
                .expect("a store"),
        );
        store.load_catalog(catalog()).await.expect("a good catalog");
        let mut rounds = Vec::new();
        for number in 0..ROUNDS {
            rounds.push(round(&store, number).await);
        }
        println!("| | per second | median µs |\n|---|--:|--:|");
        for (at, kind) in KINDS.iter().enumerate() {
            let mut of: Vec<_> = rounds.iter().map(|round| round[at]).collect();
            of.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            let Figures { rate, median } = of[ROUNDS / 2];
            println!("| {kind} | {rate:.0} | {} |", median.as_micros());
        }
    });
}
