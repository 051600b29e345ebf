//! The server under attack: a process with a store for itself and the data of the stories; what it
//! uses of the machine, and how long other callers wait meanwhile. Gone when dropped.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use testkit::{fixture::DATA, postgres::Schema, process::ServerProcess};

use super::wire;

pub const ALICE: &str = "11111111111111111111111111111111";
pub const BOB: &str = "22222222222222222222222222222222";

/// A share that is there from the start: alice's eighth backup, with bob.
pub fn share() -> String {
    format!("/v3/{ALICE}/backups/d0000000-0000-4000-8000-000000000008/members/{BOB}")
}

/// The members of one of alice's backups, by the number at the end of its id.
pub fn members(number: u8) -> String {
    format!("/v3/{ALICE}/backups/d0000000-0000-4000-8000-00000000000{number}/members")
}

/// The store that it is on.
pub enum Store {
    Sqlite,
    Postgres,
}

pub struct Server {
    pub process: ServerProcess,
    /// With `data.yaml`, `store.db` where that is the store, and `log`: its stderr.
    pub folder: TempDir,
    schema: Option<Schema>,
}

impl Server {
    pub fn on(store: Store) -> Self {
        Self::with(store, &[], "")
    }

    /// With settings, as variables (`LIMITS_BODY_SECONDS`), and a prefix of shell words (`ulimit -n
    /// 256;`).
    pub fn with(store: Store, settings: &[(&str, &str)], before: &str) -> Self {
        Self::made(store, settings, before, None)
    }

    /// The same, with a stderr other than the file `log`.
    pub fn with_stderr(
        store: Store,
        settings: &[(&str, &str)],
        before: &str,
        stderr: Stdio,
    ) -> Self {
        Self::made(store, settings, before, Some(stderr))
    }

    fn made(store: Store, settings: &[(&str, &str)], before: &str, stderr: Option<Stdio>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("data.yaml"), DATA).expect("written");
        let schema = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(Schema::create()),
        };
        let database = schema.as_ref().map_or_else(
            || format!("sqlite:{}", folder.path().join("store.db").display()),
            Schema::url,
        );
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{before} exec \"$0\" \"$@\""))
            .arg(program());
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database,
            "--data",
        ]);
        command.arg(folder.path().join("data.yaml"));
        command
            .env("TMPDIR", folder.path())
            .env("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn");
        command.envs(
            settings
                .iter()
                .map(|(name, value)| (format!("BACKUP_SHARE_{name}"), value)),
        );
        let log = File::create(folder.path().join("log")).expect("a file");
        command.stderr(stderr.unwrap_or_else(|| log.into()));
        Self {
            process: ServerProcess::spawn(command),
            folder,
            schema,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of the store.
    pub fn database(&self) -> String {
        let file = || format!("sqlite:{}", self.file("store.db").display());
        self.schema.as_ref().map_or_else(file, Schema::url)
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).expect("a log")
    }

    /// What it uses of the machine now.
    pub fn usage(&self) -> Usage {
        Usage::of(self.process.child.id())
    }

    /// Looks at what it usage, and at how long others wait, until [`Watch::end`].
    pub fn watch(&self) -> Watch {
        Watch::begin(self.process.child.id(), self.address())
    }

    /// SIGTERM; how long it took to end.
    pub fn stop(self) -> Duration {
        self.process.terminate()
    }
}

/// The build under attack.
pub fn program() -> PathBuf {
    std::env::var_os("EDGES_SERVER").map_or_else(testkit::process::program, PathBuf::from)
}

/// What a process uses of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Resident memory, in MB.
    pub memory: u64,
    pub threads: u64,
    pub descriptors: u64,
}

impl Usage {
    fn of(process: u32) -> Self {
        let folder = Path::new("/proc").join(process.to_string());
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or_default()
        };
        let descriptors = fs::read_dir(folder.join("fd")).map_or(0, |open| open.count() as u64);
        Self {
            memory: number("VmRSS:") / 1024,
            threads: number("Threads:"),
            descriptors,
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            threads: self.threads.max(other.threads),
            descriptors: self.descriptors.max(other.descriptors),
        }
    }
}

/// What was seen during an attack.
#[derive(Debug)]
pub struct Seen {
    pub peak: Usage,
    /// How long a `show_member` with a good token took, each on a new connection.
    pub waits: Vec<Duration>,
    /// Those that came to nothing, or to another status than 200.
    pub failed: usize,
}

impl Seen {
    /// A part of the waits was at most so long: 0.5, 0.99.
    pub fn quantile(&self, part: f64) -> Duration {
        let at = (self.waits.len().saturating_sub(1)) as f64 * part;
        self.waits.get(at as usize).copied().unwrap_or_default()
    }

    pub fn longest(&self) -> Duration {
        self.waits.last().copied().unwrap_or_default()
    }

    /// The figures, in a line for people.
    pub fn print(&self, attack: &str) {
        let Usage {
            memory,
            threads,
            descriptors,
        } = self.peak;
        println!(
            "{attack}: peak {memory} MB, {threads} threads, {descriptors} descriptors; others: {} shows, {} failed, \
             p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
            self.waits.len(),
            self.failed,
            self.quantile(0.5),
            self.quantile(0.99),
            self.longest(),
        );
    }
}

pub struct Watch {
    ended: Arc<AtomicBool>,
    usage: JoinHandle<Usage>,
    others: JoinHandle<(Vec<Duration>, usize)>,
}

impl Watch {
    fn begin(process: u32, address: SocketAddr) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ended);
        let usage = thread::spawn(move || {
            let mut most = Usage::default();
            while !until.load(Ordering::Relaxed) {
                most = most.max(Usage::of(process));
                thread::sleep(Duration::from_millis(5));
            }
            most
        });
        let until = Arc::clone(&ended);
        let others = thread::spawn(move || {
            let (mut waits, mut failed) = (vec![], 0);
            let request = wire::get(&share(), Some("alice"));
            while !until.load(Ordering::Relaxed) {
                let start = Instant::now();
                let status = wire::ask(address, &request, Duration::from_secs(10))
                    .map(|response| response.status);
                waits.push(start.elapsed());
                failed += usize::from(!matches!(status, Ok(200)));
                thread::sleep(Duration::from_millis(10));
            }
            waits.sort_unstable();
            (waits, failed)
        });
        Self {
            ended,
            usage,
            others,
        }
    }

    pub fn end(self) -> Seen {
        self.ended.store(true, Ordering::Relaxed);
        let peak = self.usage.join().expect("no panic");
        let (waits, failed) = self.others.join().expect("no panic");
        Seen {
            peak,
            waits,
            failed,
        }
    }
}
