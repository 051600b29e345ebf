//! Copies of stores, from SQLite into PostgreSQL and back: all of every record arrives, whatever
//! happens on the way.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use backup_share::{
    catalog::{self, DEMO},
    clock::{Clock, SystemClock},
    config::Config,
    model::{
        Backup, BackupDetails, BackupRecord, BackupStatus, Error, Member, MemberStatus, ObjectType,
        ProjectId, ProtectType, Result, Vault, VaultDetails, VaultRecord, VaultStatus,
    },
    serve,
    store::{
        AccessKey, Account, Digest, Export, Import, Project, Record, StoredToken, TokenHash,
        copy::{Compared, CopyError, copy},
        digest,
    },
    timestamp::Timestamp,
};
use futures::{StreamExt, stream};
use tempfile::TempDir;
use testkit::postgres::{self, Schema};
use uuid::Uuid;

/// More than go into one transaction.
const MANY: usize = 1_500;

fn any<T: Clone>(of: &[T]) -> T {
    of[fastrand::usize(..of.len())].clone()
}

fn maybe<T>(value: T) -> Option<T> {
    fastrand::bool().then_some(value)
}

/// In every script, with all that has to be escaped somewhere.
fn text() -> String {
    let length = fastrand::usize(..20);
    (0..length)
        .map(|_| {
            any(&[
                'a', 'B', 'z', '_', 'ß', 'Ω', '漢', '🦀', '\'', '"', '\\', '\n', ',', '%', ' ',
            ])
        })
        .collect()
}

fn name(number: usize) -> String {
    format!("{}{number}", text())
}

fn id<T: From<Uuid>>() -> T {
    Uuid::from_u128(fastrand::u128(..)).into()
}

fn project() -> ProjectId {
    let allowed: Vec<char> = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain(['_', '-'])
        .collect();
    let id: String = (0..32).map(|_| any(&allowed)).collect();
    id.parse().expect("a project id")
}

fn time() -> Timestamp {
    Timestamp::from_micros(fastrand::i64(0..4_000_000_000_000_000)).expect("a time of this era")
}

/// Everything that a store can hold, in the order in which one is read.
fn everything() -> Vec<Record> {
    let projects: Vec<_> = (0..50)
        .map(|_| Project {
            id: project(),
            name: text(),
        })
        .collect();
    let account = |number| {
        let Project {
            id,
            name: project_name,
        } = any(&projects);
        let password_hash = maybe(text().into());
        let roles = any(&[
            vec![],
            vec!["member".to_owned()],
            vec!["reader".to_owned(), "a role".to_owned()],
        ]);
        Account {
            name: name(number),
            password_hash,
            project_id: id,
            project_name,
            roles,
            enabled: fastrand::bool(),
        }
    };
    let accounts: Vec<_> = (0..100).map(account).collect();
    let token = |number: usize| StoredToken {
        hash: TokenHash::of(&number.to_string()),
        user_name: any(&accounts).name,
        issued_at: time(),
        expires_at: maybe(time()),
        revoked_at: maybe(time()),
        enabled: fastrand::bool(),
    };
    let key = |number| AccessKey {
        access: name(number),
        secret: text().into(),
        user_name: any(&accounts).name,
        enabled: fastrand::bool(),
    };
    let vault = || Vault {
        id: id(),
        project_id: project(),
        name: text(),
        object_type: any(ObjectType::WORDS).parse().expect("a word"),
        protect_type: any(ProtectType::WORDS).parse().expect("a word"),
        status: any(VaultStatus::WORDS).parse().expect("a word"),
        size: fastrand::u32(..),
        used: fastrand::u64(..1 << 62),
    };
    let vault = |_| Record::Vault {
        vault: Box::new(VaultRecord {
            vault: vault(),
            details: VaultDetails {
                description: maybe(text()),
                created_at: maybe(time()),
                enterprise_project_id: maybe(text()),
            },
        }),
        shared: fastrand::u64(..1 << 62),
    };
    let backup = || Backup {
        id: id(),
        project_id: project(),
        vault_id: id(),
        name: text(),
        resource_type: text(),
        resource_size: fastrand::u32(..),
        status: any(BackupStatus::WORDS).parse().expect("a word"),
        encrypted: fastrand::bool(),
    };
    let backup = |_| BackupRecord {
        backup: backup(),
        details: BackupDetails {
            description: maybe(text()),
            created_at: maybe(time()),
            updated_at: maybe(time()),
            protected_at: maybe(time()),
            expired_at: maybe(time()),
            resource_id: maybe(text()),
            resource_name: maybe(text()),
            image_type: maybe(text()),
            checkpoint_id: maybe(id()),
            parent_id: maybe(id()),
            enterprise_project_id: maybe(text()),
        },
    };
    let backups: Vec<_> = (0..MANY).map(backup).collect();
    let member = |_| {
        let status = any(&[
            MemberStatus::Pending,
            MemberStatus::Accepted,
            MemberStatus::Rejected,
        ]);
        Member {
            backup_id: any(&backups).backup.id,
            dest_project_id: project(),
            id: id(),
            status,
            created_at: time(),
            updated_at: maybe(time()),
            vault_id: (status == MemberStatus::Accepted).then(id),
            image_id: maybe(id()),
        }
    };
    let mut members: Vec<_> = (0..MANY).map(member).collect();
    // Many of one backup, which the project decides the order of.
    let first = backups[0].backup.id;
    members
        .iter_mut()
        .take(100)
        .for_each(|member| member.backup_id = first);
    let mut all: Vec<Record> = projects.iter().cloned().map(Record::Project).collect();
    all.extend(accounts.iter().cloned().map(Record::Account));
    all.extend((0..200).map(token).map(Record::Token));
    all.extend((0..100).map(key).map(Record::AccessKey));
    all.extend((0..200).map(vault));
    all.extend(
        backups
            .into_iter()
            .map(|backup| Record::Backup(Box::new(backup))),
    );
    all.extend(members.into_iter().map(Record::Member));
    all.sort_by_key(|record| (record.kind(), key_of(record)));
    all
}

fn key_of(record: &Record) -> Vec<u8> {
    match record {
        Record::Project(project) => project.id.as_str().into(),
        Record::Account(account) => account.name.clone().into(),
        Record::Token(token) => token.hash.as_bytes().into(),
        Record::AccessKey(key) => key.access.clone().into(),
        Record::Vault { vault, .. } => vault.vault.id.as_uuid().as_bytes().into(),
        Record::Backup(backup) => backup.backup.id.as_uuid().as_bytes().into(),
        Record::Member(m) => [
            m.backup_id.as_uuid().as_bytes(),
            m.dest_project_id.as_str().as_bytes(),
        ]
        .concat(),
    }
}

async fn digests(store: &dyn Export) -> [Digest; 7] {
    digest(store.records(), 0, || ()).await.expect("readable")
}

struct Places {
    folder: TempDir,
    schema: Schema,
}

impl Places {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            schema: Schema::create(),
        }
    }

    fn file(&self, name: &str) -> Config {
        let database = format!("sqlite:{}", self.folder.path().join(name).display());
        Config {
            database: database.into(),
            ..Config::default()
        }
    }

    fn postgres(&self) -> Config {
        postgres::config(self.schema.url())
    }
}

async fn opened(config: &Config) -> Box<dyn Import> {
    serve::open_target(config).await.expect("a store to write")
}

/// A file with these records.
async fn filled(config: &Config, records: &[Record]) -> Box<dyn Import> {
    let store = opened(config).await;
    store.insert(records.to_vec()).await.expect("written");
    store
}

async fn equal(from: &dyn Export, to: &dyn Import) -> bool {
    copy(from, to, |_, _| ())
        .await
        .expect("copied")
        .iter()
        .all(Compared::is_equal)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_store_can_hold_goes_to_postgresql_and_back() {
    let (places, records) = (Places::new(), everything());
    let expected = digest(stream::iter(records.clone()).map(Ok).boxed(), 0, || ())
        .await
        .expect("readable");
    let file = filled(&places.file("one.db"), &records).await;
    let (there, back) = (
        opened(&places.postgres()).await,
        opened(&places.file("two.db")).await,
    );
    let mut told = vec![];
    let compared = copy(file.written(), there.as_ref(), |done, all| {
        told.push((done, all))
    })
    .await
    .expect("copied");
    assert!(compared.iter().all(Compared::is_equal), "{compared:?}");
    let all = 3 * records.len() as u64;
    assert!(
        told.iter().copied().eq((1..=all).map(|done| (done, all))),
        "the progress has no gaps and comes to an end"
    );
    assert!(equal(there.written(), back.as_ref()).await);
    for store in [file, there, back] {
        assert_eq!(
            digests(store.written()).await,
            expected,
            "no field is lost, and no order"
        );
        assert_eq!(
            store.written().count().await.expect("a count"),
            records.len() as u64
        );
        assert_eq!(
            store.written().damage().await.expect("a look"),
            Vec::<String>::new()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_goes_to_postgresql_and_back_and_its_users_are_found() {
    let places = Places::new();
    let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(SystemClock);
    let store = serve::open_store(&places.file("demo.db"), clock.as_ref())
        .await
        .expect("a store");
    catalog::load_text("demo", DEMO, store.as_ref(), &clock)
        .await
        .expect("good data");
    let source = serve::find_store(&places.file("demo.db"))
        .await
        .expect("the store");
    let (there, back) = (
        opened(&places.postgres()).await,
        opened(&places.file("back.db")).await,
    );
    assert!(
        equal(source.as_ref(), there.as_ref()).await && equal(there.written(), back.as_ref()).await
    );
    assert_eq!(
        digests(back.written()).await,
        digests(source.as_ref()).await
    );
    let copied = serve::open_store(&places.postgres(), clock.as_ref())
        .await
        .expect("a store");
    let token = copied
        .find_token(&TokenHash::of("demo-owner"))
        .await
        .expect("readable");
    assert_eq!(token.expect("the token").account.name, "alice");
}

/// A target whose disk, or whose process, gives up after so many transactions.
struct Breaking {
    target: Box<dyn Import>,
    left: AtomicUsize,
}

#[async_trait]
impl Import for Breaking {
    fn written(&self) -> &dyn Export {
        self.target.written()
    }

    async fn is_unfinished(&self) -> Result<bool> {
        self.target.is_unfinished().await
    }

    async fn begin(&self) -> Result<()> {
        self.target.begin().await
    }

    async fn insert(&self, records: Vec<Record>) -> Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            0 => Err(Error::store("broken off")),
            _ => self.target.insert(records).await,
        }
    }

    async fn clear(&self) -> Result<()> {
        self.target.clear().await
    }

    async fn finish(&self) -> Result<()> {
        self.target.finish().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_broken_off_goes_on_and_no_server_starts_on_it_before() {
    let (places, records) = (Places::new(), everything());
    let source = filled(&places.file("source.db"), &records).await;
    for target in [places.postgres(), places.file("target.db")] {
        let breaking = Breaking {
            target: opened(&target).await,
            left: AtomicUsize::new(2),
        };
        let broken = copy(source.written(), &breaking, |_, _| ())
            .await
            .expect_err("broken off");
        assert!(broken.to_string().ends_with("broken off"), "{broken}");
        assert_eq!(
            breaking.written().count().await.expect("a count"),
            2_000,
            "what was written stays"
        );
        let Err(refused) = serve::open_store(&target, &SystemClock).await else {
            panic!("half a store is served")
        };
        assert!(refused.to_string().contains("is not finished"), "{refused}");
        let again = Breaking {
            target: opened(&target).await,
            left: AtomicUsize::new(2),
        };
        assert!(
            equal(source.written(), &again).await,
            "it goes on: there are two transactions left, and not four"
        );
        serve::open_store(&target, &SystemClock)
            .await
            .expect("it is whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_broken_off_starts_over_where_the_source_has_changed() {
    let (places, mut records) = (Places::new(), everything());
    let source = filled(&places.file("source.db"), &records).await;
    let breaking = Breaking {
        target: opened(&places.postgres()).await,
        left: AtomicUsize::new(1),
    };
    copy(source.written(), &breaking, |_, _| ())
        .await
        .expect_err("broken off");
    let without = records
        .iter()
        .position(|record| matches!(record, Record::Vault { .. }))
        .expect("a vault");
    records.remove(without);
    let changed = filled(&places.file("changed.db"), &records).await;
    let target = opened(&places.postgres()).await;
    assert!(equal(changed.written(), target.as_ref()).await);
    assert_eq!(
        digests(target.written()).await,
        digests(changed.written()).await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_records_that_the_source_does_not_have_stays_as_it_is() {
    let places = Places::new();
    let (source, target) = (
        opened(&places.file("source.db")).await,
        opened(&places.postgres()).await,
    );
    let (ours, theirs) = (everything(), everything());
    source.insert(ours.clone()).await.expect("written");
    // Some of them ours as they are, and one of them ours in other words.
    let mut stands = theirs[..5].to_vec();
    stands.push(ours[0].clone());
    let Record::Project(other) = ours[1].clone() else {
        panic!("projects come first")
    };
    stands.push(Record::Project(Project {
        name: other.name + "!",
        ..other
    }));
    target.insert(stands).await.expect("written");
    let before = digests(target.written()).await;
    let refused = copy(source.written(), target.as_ref(), |_, _| ())
        .await
        .expect_err("refused");
    assert!(matches!(refused, CopyError::Foreign(6)), "{refused}");
    assert_eq!(digests(target.written()).await, before);
    assert!(
        !target.is_unfinished().await.expect("a response"),
        "a server may go on with it"
    );
}
