//! A store with the rules and use cases over it, held against a model of the rules in memory:
//! random sequences of operations, after each of which both must have given the same response, and at
//! whose end the same must stand. A sequence that tells them apart is shrunk to the few operations
//! that it takes.

mod fixture;
mod model;
mod operation;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use backup_share::{
    clock::Clock,
    identity::{Caller, Identity},
    model::{
        Error, Listing, Member, OfferedBackup, ProjectId, Result, Selection, ShareId,
        VaultSelection, facts::MemberSelection, page::Page, rules::Decision,
    },
    sharing::{Sharing, Target},
    store::{Removal, RemovalRefused, Removed, Store},
    timestamp::Timestamp,
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use tokio::runtime::Runtime;

use self::{
    fixture::{GHOST, LASTING, LIMIT, World},
    model::Model,
    operation::{Choice, Operation, Step, step},
};

/// What an operation came to; an error by its name.
type Answer = std::result::Result<Said, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Added(Vec<Member>),
    Listed(Page),
    Backups(Listing<OfferedBackup>),
    One(Member),
    Removed(Removed),
    Done,
}

/// Every response that the rules can give, so that it shows where the operations do not reach one of
/// them any more.
const ANSWERS: [&str; 26] = [
    "AcceptedElsewhere",
    "Added",
    "AlreadyShared",
    "BackupEncrypted",
    "BackupNotAvailable",
    "Backups",
    "Done",
    "ImageRegistered",
    "Listed",
    "Malformed",
    "MemberDecides",
    "NoSuchBackup",
    "NoSuchMember",
    "NoSuchVault",
    "NotTheOwner",
    "One",
    "OwnerRevokes",
    "ResourceTypeNotShareable",
    "SharedWithOwner",
    "TooManyMembers",
    "UnknownProjects",
    "VaultFull",
    "VaultNotNamed",
    "VaultNotUsable",
    "VaultTypeDiffers",
    "changed by the operator",
];

/// How often each response was given.
type Seen = Mutex<BTreeMap<&'static str, usize>>;

/// Sequences that run at the same time, each in a world of its own, so that they share the waiting
/// for the disk, and the transactions of stores that put several changes into one.
const THREADS: usize = 16;

/// Holds a store against the model: `MODEL_SEQUENCES` sequences of `MODEL_OPERATIONS` operations
/// on average: a sequence that can become shorter can be shrunk.
pub fn hold(runtime: &Runtime, store: &Arc<dyn Store>) {
    let sequences = testkit::env_number("MODEL_SEQUENCES", 500);
    let operations = testkit::env_number("MODEL_OPERATIONS", 40);
    let (worlds, seen) = (AtomicU32::new(0), Seen::default());
    let share = sequences.div_ceil(THREADS);
    std::thread::scope(|scope| {
        let run = || run(runtime, store, share, operations, &worlds, &seen);
        let threads = [(); THREADS].map(|()| scope.spawn(run));
        threads.into_iter().for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|why| std::panic::resume_unwind(why))
        });
    });
    let seen = seen.into_inner().expect("no panic");
    println!(
        "{} operations in {} sequences: {seen:?}",
        seen.values().sum::<usize>(),
        worlds.into_inner()
    );
    assert!(
        seen.keys().eq(ANSWERS.iter()),
        "the operations do not reach every response, or reach another: {seen:?}"
    );
}

fn run(
    runtime: &Runtime,
    store: &Arc<dyn Store>,
    sequences: usize,
    operations: usize,
    worlds: &AtomicU32,
    seen: &Seen,
) {
    let cases = u32::try_from(sequences).expect("a number of sequences");
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&vec(step(), 1..2 * operations), |steps| {
        // In one store: opening a store for each would take longer than the rest.
        let world = World::new(worlds.fetch_add(1, Ordering::Relaxed));
        runtime
            .block_on(lockstep(store, world, &steps, seen))
            .map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, steps)) => {
            panic!("{why}\nafter {} operations: {steps:#?}", steps.len())
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Runs a sequence against both; the first difference, in words.
async fn lockstep(
    store: &Arc<dyn Store>,
    world: World,
    steps: &[Step],
    seen: &Seen,
) -> std::result::Result<(), String> {
    store
        .load_catalog(world.catalog())
        .await
        .map_err(|error| error.to_string())?;
    let time = Arc::new(Time(AtomicI64::new(1_580_899_114_209_782)));
    let sharing = Sharing::new(Arc::clone(store), Arc::new(Known), time.clone(), LIMIT);
    let service = Service {
        sharing,
        store: Arc::clone(store),
    };
    let mut model = Model::new(world);
    let mut last = None;
    for (operation, pause) in steps {
        let operation = match operation {
            Operation::Again => last.clone().unwrap_or(Operation::Again),
            other => other.clone(),
        };
        time.0.fetch_add(i64::from(*pause), Ordering::Relaxed);
        let response = service.run(&operation, &model).await;
        let ids: Vec<ShareId> = match &response {
            Ok(Said::Added(members)) => members.iter().map(|m| m.id).collect(),
            _ => vec![],
        };
        let expected = model.run(&operation, time.now(), &ids);
        if response != expected {
            return Err(format!(
                "{operation:?}\n  the service says {response:?}\n  the model says {expected:?}"
            ));
        }
        *seen
            .lock()
            .expect("no panic")
            .entry(word(&operation, &response))
            .or_default() += 1;
        last = Some(operation);
    }
    same_state(store.as_ref(), &model).await
}

fn word(operation: &Operation, response: &Answer) -> &'static str {
    let of_the_operator = operation.is_the_operators();
    let word = match response {
        Ok(_) if of_the_operator => "changed by the operator",
        Ok(Said::Added(_)) => "Added",
        Ok(Said::Listed(_)) => "Listed",
        Ok(Said::Backups(_)) => "Backups",
        Ok(Said::One(_)) => "One",
        Ok(Said::Removed(_) | Said::Done) => "Done",
        Err(error) => error,
    };
    ANSWERS
        .into_iter()
        .find(|known| *known == word)
        .unwrap_or_else(|| panic!("a new response: {word}"))
}

/// Every backup, record and vault, read back from the store; the model adds up the vaults again.
async fn same_state(store: &dyn Store, model: &Model) -> std::result::Result<(), String> {
    let everything = |backup_id, vault| Selection {
        backup_id,
        members: MemberSelection::All,
        vault,
    };
    for (number, backup) in model.world.backups.iter().enumerate() {
        let selection = everything(backup.id, VaultSelection::None);
        let mut facts = store
            .load(&selection)
            .await
            .map_err(|error| error.to_string())?;
        facts
            .members
            .sort_by(|a, b| a.dest_project_id.cmp(&b.dest_project_id));
        let mut members: Vec<_> = model
            .members
            .iter()
            .filter(|m| m.backup_id == backup.id)
            .cloned()
            .collect();
        members.sort_by(|a, b| a.dest_project_id.cmp(&b.dest_project_id));
        let backup = Some(backup).filter(|_| !model.gone.contains(&number));
        if (facts.backup.as_ref(), &facts.members) != (backup, &members) {
            return Err(format!(
                "in the end, backup {number}: the store has {facts:?}, the model {members:?}"
            ));
        }
    }
    for (number, vault) in model.world.vaults.iter().enumerate() {
        let selection = everything(
            model.world.backups[LASTING].id,
            VaultSelection::Named(vault.id),
        );
        let kept = store
            .load(&selection)
            .await
            .map_err(|error| error.to_string())?
            .vault;
        let mut expected = vault.clone();
        expected.used = model.used(vault);
        if kept.as_ref() != Some(&expected) {
            return Err(format!(
                "in the end, vault {number}: the store has {kept:?}, the model {expected:?}"
            ));
        }
    }
    Ok(())
}

/// What is tested: the use cases over a store, and the operator's hand on its data.
struct Service {
    sharing: Sharing,
    store: Arc<dyn Store>,
}

impl Service {
    async fn run(&self, operation: &Operation, model: &Model) -> Answer {
        self.said(operation, model).await.map_err(name)
    }

    async fn said(&self, operation: &Operation, model: &Model) -> Result<Said> {
        let world = &model.world;
        let target = |caller: usize, backup| Target {
            caller: fixture::project(caller),
            backup_id: world.backup_id(backup),
        };
        match operation {
            Operation::Add {
                caller,
                backup,
                projects,
            } => {
                let projects = projects.iter().map(|&p| fixture::project(p)).collect();
                self.sharing
                    .add_member(target(*caller, *backup), projects)
                    .await
                    .map(Said::Added)
            }
            Operation::List {
                caller,
                backup,
                listing,
            } => {
                let query = listing.query(model);
                self.sharing
                    .list_members(target(*caller, *backup), query)
                    .await
                    .map(Said::Listed)
            }
            Operation::ListBackups { caller, listing } => {
                let (caller, query) = (fixture::project(*caller), listing.query(model));
                let listed = self.store.list_backups(&caller, &query).await;
                listed.map(Said::Backups)
            }
            Operation::Show {
                caller,
                backup,
                member,
            } => self
                .sharing
                .show_member(target(*caller, *backup), fixture::project(*member))
                .await
                .map(Said::One),
            Operation::Update {
                caller,
                backup,
                member,
                choice,
            } => {
                let decision = match choice {
                    Choice::Accept(vault) => {
                        Decision::Accept(vault.map(|vault| world.vault_id(vault)))
                    }
                    Choice::Reject => Decision::Reject,
                    Choice::Postpone => Decision::Postpone,
                };
                let (target, member) = (target(*caller, *backup), fixture::project(*member));
                self.sharing
                    .update_member_status(target, member, decision)
                    .await
                    .map(Said::One)
            }
            Operation::Delete {
                caller,
                backup,
                member,
            } => {
                let (target, member) = (target(*caller, *backup), fixture::project(*member));
                self.sharing
                    .delete_member(target, member)
                    .await
                    .map(|()| Said::Done)
            }
            Operation::Image { .. } | Operation::Vault { .. } | Operation::Backup { .. } => self
                .store
                .load_catalog(model.changed_by(operation))
                .await
                .map(|_| Said::Done),
            Operation::Remove { backup } => {
                let removal = Removal::Backups(vec![world.backup_id(*backup)]);
                match self.store.remove(removal).await?.as_deref() {
                    Ok([removed]) => Ok(Said::Removed(removed.clone())),
                    Err(RemovalRefused::Missing { .. }) => Err(Error::NoSuchBackup),
                    other => Err(Error::store(format!("{other:?}"))),
                }
            }
            Operation::Again => Ok(Said::Done),
        }
    }
}

/// The variant's name.
fn name(error: Error) -> String {
    let text = format!("{error:?}");
    text.split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Knows every project but one.
struct Known;

#[async_trait::async_trait]
impl Identity for Known {
    async fn authenticate(&self, _token: &str) -> Result<Arc<Caller>> {
        Err(Error::UnknownCredentials)
    }

    async fn knows_project(&self, project: &ProjectId) -> Result<bool> {
        Ok(*project != fixture::project(GHOST))
    }

    fn address(&self) -> &str {
        "http://127.0.0.1/v3"
    }
}

/// Moves when the sequence says so, and sometimes it does not: two records may be of the same
/// moment.
struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).expect("a moment of 2020")
    }
}
