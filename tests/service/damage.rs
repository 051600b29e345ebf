//! Files that were damaged unnoticed: the server is killed, bits of its write-ahead log
//! or of its database are cut off, zeroed or flipped, and the store is opened again.
//!
//! The log has checksums: whatever happens to it, what comes back is the store as it was after some
//! of its writes, in the order in which they were acknowledged, and all of none or one. A log that
//! is in the midst of being moved into the database is the one exception that SQLite makes; the
//! server truncates a log that it has moved. The database file has no checksums: damage of its
//! structure is refused or found by `store check`, a flipped bit within a value is not.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use backup_share::{
    model::MemberStatus,
    store::{
        Export, Record, check,
        sqlite::{Sqlite, SqliteFile},
    },
};
use futures::StreamExt;
use reqwest::Method;
use testkit::{
    backups,
    database::sqlite_url,
    env_number,
    fixture::{ALICE, BOB},
    http,
    process::ServerProcess,
};

/// How many backups are shared before the server is killed.
const SHARED: usize = 40;
const PAGE: usize = 4096;

/// The status of each share, by the number of its backup.
type Shares = BTreeMap<usize, MemberStatus>;

/// A small generator of pseudorandom numbers (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Killed {
    /// Right after a write.
    UnderLoad,
    /// When it has moved its log into the database.
    Resting,
}

/// What a killed server left: its files, and the shares after each of its writes.
struct Left {
    database: Vec<u8>,
    log: Vec<u8>,
    after: Vec<Shares>,
}

/// One write after the other, so that the order of the commits is known.
async fn leave(killed: Killed) -> Left {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("test.db");
    let mut server = ServerProcess::start(
        &sqlite_url(folder.path()),
        &[backups::data(folder.path(), SHARED)],
    );
    moved(&file).await;
    let mut after = vec![Shares::new()];
    for number in 0..SHARED {
        if number == SHARED / 3 {
            // From here on the log is written again, over what it held before.
            moved(&file).await;
        }
        for status in [
            MemberStatus::Pending,
            MemberStatus::Accepted,
            MemberStatus::Rejected,
        ]
        .iter()
        .take(2 + number % 2)
        {
            let mut shares = after.last().expect("one").clone();
            decide(&server.endpoint(), number, *status).await;
            shares.insert(number, *status);
            after.push(shares);
        }
    }
    if killed == Killed::Resting {
        moved(&file).await;
    }
    server.kill();
    let log = fs::read(file.with_file_name("test.db-wal")).unwrap_or_default();
    Left {
        database: fs::read(&file).expect("the database"),
        log,
        after,
    }
}

async fn decide(endpoint: &str, number: usize, status: MemberStatus) {
    let (method, caller, token, path, body) = match status {
        MemberStatus::Pending => (
            Method::POST,
            ALICE,
            "alice",
            String::new(),
            format!(r#"{{"members": ["{BOB}"]}}"#),
        ),
        _ => {
            let vault = "b0000000-0000-4000-8000-000000000001";
            let body = format!(r#"{{"status": "{status}", "vault_id": "{vault}"}}"#);
            (Method::PUT, BOB, "bob", format!("/{BOB}"), body)
        }
    };
    let url = format!(
        "{endpoint}/v3/{caller}/backups/{}/members{path}",
        backups::backup(number)
    );
    let request = http::client()
        .request(method, url)
        .header("X-Auth-Token", token);
    let response = request
        .header("Content-Type", "application/json")
        .body(body)
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 200);
}

/// Waits until the server, which has nothing to do, has moved its log into the database.
async fn moved(file: &Path) {
    let log = file.with_file_name("test.db-wal");
    for _ in 0..2_000 {
        if fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the log is not moved");
}

/// What became of damaged files.
enum Came {
    /// Opened, and all of it holds together.
    Sound(Shares),
    /// Opened, and `store check` finds it.
    Found,
    /// Not opened; the sentence.
    Refused(String),
}

async fn open(left: &[u8], log: &[u8]) -> Came {
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("test.db");
    fs::write(&file, left).expect("written");
    fs::write(file.with_file_name("test.db-wal"), log).expect("written");
    match Sqlite::open(
        &file,
        backup_share::timestamp::Timestamp::from_micros(0).expect("a moment"),
    ) {
        Ok(store) => drop(store),
        Err(error) => return Came::Refused(error.to_string()),
    }
    let store = match SqliteFile::find(&file) {
        Ok(store) => store,
        Err(error) => return Came::Refused(error.to_string()),
    };
    match check::check(&store, check::Projects::InStore).await {
        Ok(findings) if findings.iter().all(|finding| finding.wrong == 0) => {
            Came::Sound(shares(&store).await)
        }
        Ok(_) | Err(_) => Came::Found,
    }
}

async fn shares(store: &SqliteFile) -> Shares {
    let number = |id: String| id[id.len() - 12..].parse().expect("a number");
    let records: Vec<_> = store.records().collect().await;
    let members = records
        .into_iter()
        .filter_map(|record| match record.expect("a record") {
            Record::Member(member) => Some((number(member.backup_id.to_string()), member.status)),
            _ => None,
        });
    members.collect()
}

/// Cut off, zeroed towards the end, or with some bits flipped; says which.
fn damaged(bytes: &[u8], chance: &mut Chance) -> (&'static str, Vec<u8>) {
    let mut bytes = bytes.to_vec();
    let at = chance.below(bytes.len());
    match chance.below(4) {
        0 => {
            bytes.truncate(at);
            ("truncated", bytes)
        }
        1 => {
            let from = bytes.len()
                - bytes
                    .len()
                    .min((1 + chance.below(8)) * PAGE + chance.below(PAGE));
            bytes[from..].fill(0);
            ("zeroed", bytes)
        }
        2 => {
            let (page, all) = (chance.below(bytes.len() / PAGE), bytes.len());
            bytes[page * PAGE..all.min((page + 1 + chance.below(3)) * PAGE)].fill(0);
            ("a hole", bytes)
        }
        _ => {
            for _ in 0..=chance.below(3) {
                let at = chance.below(bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            }
            ("bits flipped", bytes)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_gives_the_first_writes_and_never_half_of_one() {
    let left = leave(Killed::UnderLoad).await;
    let mut chance = Chance(0x5DEE_CE66);
    let (mut whole, mut prefixes, mut refused) = (0, 0, 0);
    for _ in 0..env_number("DAMAGES", 150) {
        let (how, log) = damaged(&left.log, &mut chance);
        match open(&left.database, &log).await {
            Came::Sound(shares) => match left.after.iter().position(|after| *after == shares) {
                Some(at) if at + 1 == left.after.len() => whole += 1,
                Some(_) => prefixes += 1,
                None => panic!("{how}: never was like this: {shares:?}"),
            },
            Came::Refused(_) => refused += 1,
            Came::Found => panic!("{how}: opened, and does not hold together"),
        }
    }
    let length = left.log.len();
    println!(
        "log of {length} bytes: {prefixes} times the first writes, {whole} times all, {refused} times refused"
    );
    assert!(prefixes > 0, "there was something to lose");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_moved_into_the_database_is_empty_and_has_nothing_to_lose() {
    let left = leave(Killed::Resting).await;
    assert!(
        left.log.is_empty(),
        "it would be read again, and a damaged one in part"
    );
    let Came::Sound(shares) = open(&left.database, &[]).await else {
        panic!("the database alone is whole")
    };
    assert_eq!(Some(&shares), left.after.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_refused_or_found_and_never_a_panic() {
    let left = leave(Killed::Resting).await;
    let last = left.after.last().expect("one");
    let mut chance = Chance(0xDEAD_BEEF);
    let mut came: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for _ in 0..env_number("DAMAGES", 150) {
        let (how, database) = damaged(&left.database, &mut chance);
        let what = match open(&database, &[]).await {
            Came::Refused(why) => {
                assert!(
                    why.contains("test.db") && why.lines().count() == 1,
                    "one sentence: {why}"
                );
                "refused"
            }
            Came::Found => "found by check",
            Came::Sound(shares) if shares == *last => "unnoticed, all shares as they were",
            Came::Sound(_) => "unnoticed, a share differs",
        };
        assert!(
            how == "bits flipped" || !what.starts_with("unnoticed, a"),
            "{how}: {what}"
        );
        *came.entry((how, what)).or_default() += 1;
    }
    println!("{came:#?}");
}
