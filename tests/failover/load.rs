//! Load through two servers, and the account of it: what must be there, because it was acknowledged,
//! and what may.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use testkit::backups::{self, backup};
use tokio::task::JoinHandle;

const ALICE: &str = "11111111111111111111111111111111";
const BOB: &str = "22222222222222222222222222222222";
const WRITERS: usize = 8;
const RECORDS: usize = 800;
/// Between two attempts at a write.
const PAUSE: Duration = Duration::from_millis(100);

/// What can be said of bob's record of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Pending,
    Accepted,
}

impl State {
    /// Shared, accepted, and shared no more, over and over.
    fn next(self) -> Self {
        match self {
            Self::Absent => Self::Pending,
            Self::Pending => Self::Accepted,
            Self::Accepted => Self::Absent,
        }
    }
}

/// What clients saw of one server, or of both.
#[derive(Clone, Copy)]
pub struct Seen {
    pub acknowledged: usize,
    /// 503s.
    pub refused: usize,
    /// Reads that did not show what had been acknowledged before.
    pub stale: usize,
    /// The longest time without an acknowledged write.
    pub gap: Duration,
    last: Instant,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            acknowledged: 0,
            refused: 0,
            stale: 0,
            gap: Duration::ZERO,
            last: Instant::now(),
        }
    }

    fn acknowledge(&mut self) {
        self.acknowledged += 1;
        self.gap = self.gap.max(self.last.elapsed());
        self.last = Instant::now();
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            acknowledged: self.acknowledged + other.acknowledged,
            refused: self.refused + other.refused,
            stale: self.stale + other.stale,
            gap: self.gap.max(other.gap),
            last: self.last.max(other.last),
        }
    }
}

/// Clients of two servers, and their account.
pub struct Clients {
    http: reqwest::Client,
    servers: [String; 2],
    /// For each record what it may be: more than one thing where a write has an unknown outcome.
    records: Vec<Mutex<Vec<State>>>,
    seen: [Mutex<Seen>; 2],
    stopping: AtomicBool,
}

/// What the servers need to know for it.
pub fn data(folder: &Path) -> std::path::PathBuf {
    backups::data(folder, RECORDS)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic")
}

impl Clients {
    pub fn of(servers: [String; 2]) -> Arc<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Beyond any deadline of a server: a server that does not respond within it breaks the promise.
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(8));
        // Servers close what is idle for 10 s, which is how long a gap may be.
        let http = http
            .pool_idle_timeout(Duration::from_secs(5))
            .build()
            .expect("a client");
        let records = (0..RECORDS)
            .map(|_| Mutex::new(vec![State::Absent]))
            .collect();
        let seen = [Seen::nothing(), Seen::nothing()].map(Mutex::new);
        Arc::new(Self {
            http,
            servers,
            records,
            seen,
            stopping: AtomicBool::new(false),
        })
    }

    /// Writes until it is stopped.
    pub fn start(self: &Arc<Self>) -> Running {
        self.stopping.store(false, Ordering::Relaxed);
        self.seen
            .iter()
            .for_each(|seen| *locked(seen) = Seen::nothing());
        let writer = |number| tokio::spawn(Arc::clone(self).write(number));
        Running {
            clients: Arc::clone(self),
            writers: (0..WRITERS).map(writer).collect(),
        }
    }

    /// Its own records, one after the other.
    async fn write(self: Arc<Self>, number: usize) {
        for record in (number..RECORDS).step_by(WRITERS).cycle() {
            if self.stopping.load(Ordering::Relaxed) || !self.advance(record, number % 2).await {
                return;
            }
        }
    }

    /// Writes through one server until it is acknowledged, and reads through the other. Whether
    /// there was time for it.
    async fn advance(&self, record: usize, server: usize) -> bool {
        let before = locked(&self.records[record])[0];
        let after = before.next();
        *locked(&self.records[record]) = vec![before, after];
        let mut again = false;
        loop {
            let (status, text) = self.put(&self.servers[server], record, after).await;
            let done_before = again
                && text.contains(if after == State::Pending {
                    ".6703"
                } else {
                    ".6705"
                });
            if status.is_success() || done_before {
                break;
            }
            assert_eq!(
                status,
                StatusCode::SERVICE_UNAVAILABLE,
                "{record}: {before:?} to {after:?}: {text}"
            );
            locked(&self.seen[server]).refused += 1;
            if self.stopping.load(Ordering::Relaxed) {
                return false;
            }
            again = true;
            tokio::time::sleep(PAUSE).await;
        }
        *locked(&self.records[record]) = vec![after];
        locked(&self.seen[server]).acknowledge();
        let other = 1 - server;
        let read = self.state(&self.servers[other], record).await;
        let mut seen = locked(&self.seen[other]);
        seen.refused += usize::from(read.is_none());
        seen.stale += usize::from(read.is_some_and(|state| state != after));
        true
    }

    async fn put(&self, server: &str, record: usize, state: State) -> (StatusCode, String) {
        let add = format!(r#"{{"members": ["{BOB}"]}}"#);
        let accept =
            r#"{"status": "accepted", "vault_id": "b0000000-0000-4000-8000-000000000001"}"#;
        let members =
            |project: &str| format!("{server}/v3/{project}/backups/{}/members", backup(record));
        match state {
            State::Pending => self.send(Method::POST, members(ALICE), "alice", add).await,
            State::Accepted => {
                self.send(
                    Method::PUT,
                    format!("{}/{BOB}", members(BOB)),
                    "bob",
                    accept.into(),
                )
                .await
            }
            State::Absent => {
                self.send(
                    Method::DELETE,
                    format!("{}/{BOB}", members(ALICE)),
                    "alice",
                    String::new(),
                )
                .await
            }
        }
    }

    /// What a server says; `None` for a 503.
    async fn state(&self, server: &str, record: usize) -> Option<State> {
        let url = format!("{server}/v3/{ALICE}/backups/{}/members", backup(record));
        let (status, text) = self.send(Method::GET, url, "alice", String::new()).await;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        assert_eq!(status, 200, "{text}");
        let response: Value = serde_json::from_str(&text).expect("JSON");
        let members = response["members"].as_array().expect("a list");
        assert!(members.len() <= 1, "there twice: {text}");
        Some(
            match members.first().map(|member| member["status"].as_str()) {
                None => State::Absent,
                Some(Some("pending")) => State::Pending,
                Some(Some("accepted")) => State::Accepted,
                Some(other) => panic!("{other:?}"),
            },
        )
    }

    async fn state_in_the_end(&self, server: &str, record: usize) -> State {
        let ask = async {
            loop {
                if let Some(state) = self.state(server, record).await {
                    break state;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ask)
            .await
            .expect("no 503 when all is well")
    }

    async fn send(
        &self,
        method: Method,
        url: String,
        token: &str,
        body: String,
    ) -> (StatusCode, String) {
        let request = self.http.request(method, url).header("X-Auth-Token", token);
        let request = request
            .header("Content-Type", "application/json")
            .body(body);
        let response = request.send().await.expect("a response: the servers live");
        (
            response.status(),
            response.text().await.expect("a whole response"),
        )
    }

    pub fn seen(&self) -> [Seen; 2] {
        self.seen.each_ref().map(|seen| *locked(seen))
    }

    /// How many records are not what they have to be, as both servers show them. What they are is
    /// the account from here.
    pub async fn lost(&self) -> usize {
        let records: Vec<_> = (0..RECORDS).collect();
        let mut lost = 0;
        for some in records.chunks(WRITERS) {
            lost += join_all(some.iter().map(|&record| self.is_lost(record)))
                .await
                .into_iter()
                .filter(|l| *l)
                .count();
        }
        lost
    }

    async fn is_lost(&self, record: usize) -> bool {
        let [one, other] = self
            .servers
            .each_ref()
            .map(|server| self.state_in_the_end(server, record));
        let (is, other) = tokio::join!(one, other);
        assert_eq!(is, other, "record {record} is the same on both servers");
        let may = std::mem::replace(&mut *locked(&self.records[record]), vec![is]);
        !may.contains(&is)
    }
}

/// Writers at work.
pub struct Running {
    clients: Arc<Clients>,
    writers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Until both servers have acknowledged so many writes more.
    pub async fn go_on(&self, more: usize) {
        let start = self.clients.seen();
        let end = Instant::now() + Duration::from_secs(60);
        while self
            .clients
            .seen()
            .iter()
            .zip(start)
            .any(|(now, then)| now.acknowledged < then.acknowledged + more)
        {
            assert!(Instant::now() < end, "both servers write again");
            assert!(
                self.writers.iter().all(|writer| !writer.is_finished()),
                "a writer has seen what may not be"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What each server acknowledged, and what it did not.
    pub async fn stop(self) -> [Seen; 2] {
        self.clients.stopping.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.expect("no wrong response");
        }
        self.clients.seen()
    }
}
