//! Six clients that race for the same records over HTTP, and write down what they asked, what they
//! were told, and when.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::Value;
use testkit::{
    fixture::{ALICE, BOB, CAROL},
    http,
};
use tokio::sync::watch;

use super::{
    checker::{self, Operation},
    record::{Call, Request, Response, Seen, step, vault_id},
};

const CLIENTS: usize = 6;
pub const RECORDS: usize = 50;
pub const OPERATIONS: usize = 20;
/// Of each backup there are two records, which are worked on at the same time.
const MEMBERS: [(&str, &str); 2] = [(BOB, "bob"), (CAROL, "carol")];

/// What happened to each record.
pub type Histories = Vec<Vec<Operation<Call>>>;

/// Alice's backups, and two vaults with room for all of them for each of the others.
pub fn data(folder: &Path) -> PathBuf {
    let mut text = String::from("users:\n");
    for (project, name) in [(ALICE, "alice"), MEMBERS[0], MEMBERS[1]] {
        let user = format!(
            "- {{name: {name}, project_id: '{project}', roles: [member], tokens: [{name}]}}"
        );
        writeln!(text, "{user}").expect("written");
    }
    let source = "a0000000-0000-4000-8000-000000000001".to_owned();
    let of_members = (0..2).flat_map(|p| [1, 2].map(|vault| (MEMBERS[p].0, vault_id(p, vault))));
    text.push_str("vaults:\n");
    for (project, id) in of_members.chain([(ALICE, source.clone())]) {
        let kind = "object_type: server, protect_type: backup, status: available, size: 1000000";
        writeln!(
            text,
            "- {{id: {id}, project_id: '{project}', name: v, {kind}}}"
        )
        .expect("written");
    }
    text.push_str("backups:\n");
    for number in 0..RECORDS.div_ceil(2) {
        let kind =
            "name: b, resource_type: 'OS::Nova::Server', resource_size: 1, status: available";
        let id = backup(number);
        writeln!(
            text,
            "- {{id: {id}, project_id: '{ALICE}', vault_id: {source}, {kind}}}"
        )
        .expect("written");
    }
    let file = folder.join("histories.yaml");
    std::fs::write(&file, &text).expect("written");
    file
}

fn backup(number: usize) -> String {
    format!("d2000000-0000-4000-8000-{number:012}")
}

/// What is to be asked, in the order in which clients take it up: record and request.
fn plan() -> Vec<(usize, Request)> {
    let request = prop_oneof![
        3 => Just(Request::Add),
        6 => (1..=2_u8).prop_map(Request::Accept),
        2 => Just(Request::Reject),
        1 => Just(Request::Postpone),
        2 => Just(Request::Delete),
        2 => Just(Request::ShowToOwner),
        2 => Just(Request::ShowToMember),
        3 => Just(Request::ListToMember),
    ];
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let mut any = || request.new_tree(&mut runner).expect("a request").current();
    let at = |n: usize| (n / (2 * OPERATIONS) * 2 + n % 2, n % (2 * OPERATIONS) < 2);
    (0..RECORDS * OPERATIONS)
        .map(at)
        .map(|(record, first)| (record, if first { Request::Add } else { any() }))
        .collect()
}

/// The six, and where they write down what they see.
#[derive(Clone)]
pub struct Clients {
    plan: Arc<Vec<(usize, Request)>>,
    taken: Arc<AtomicUsize>,
    clock: Arc<AtomicU64>,
    histories: Arc<Mutex<Histories>>,
    http: reqwest::Client,
}

impl Clients {
    pub fn new() -> Self {
        Self {
            plan: Arc::new(plan()),
            taken: Arc::default(),
            clock: Arc::default(),
            histories: Arc::new(Mutex::new(vec![vec![]; RECORDS])),
            http: http::client(),
        }
    }

    /// How many operations have been taken up.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Does all that is planned, at these servers, each of which may move. Each client stays with
    /// one of them.
    pub async fn run(&self, servers: &[watch::Receiver<String>]) -> Histories {
        let client = |number: usize| {
            tokio::spawn(self.clone().client(servers[number % servers.len()].clone()))
        };
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        for client in clients {
            client.await.expect("no wrong response");
        }
        std::mem::take(&mut *self.histories.lock().expect("no panic"))
    }

    async fn client(self, mut server: watch::Receiver<String>) {
        while let Some(&(record, request)) =
            self.plan.get(self.taken.fetch_add(1, Ordering::SeqCst))
        {
            let operation = loop {
                let endpoint = server.borrow_and_update().clone();
                if let Some(operation) = self.ask(&endpoint, record, request).await {
                    break operation;
                }
                // No server: the request was not sent at all.
                server.changed().await.expect("a server comes back");
            };
            self.histories.lock().expect("no panic")[record].push(operation);
        }
    }

    /// `None` where there was no connection.
    async fn ask(
        &self,
        endpoint: &str,
        record: usize,
        request: Request,
    ) -> Option<Operation<Call>> {
        let invoked = self.clock.fetch_add(1, Ordering::SeqCst);
        let response = match self.send(endpoint, record, request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return None,
            Err(_) => None,
        };
        let returned = response
            .is_some()
            .then(|| self.clock.fetch_add(1, Ordering::SeqCst));
        Some(Operation {
            call: Call { request, response },
            invoked,
            returned,
        })
    }

    /// What was told; nothing, where the service does not know either.
    async fn send(
        &self,
        endpoint: &str,
        record: usize,
        request: Request,
    ) -> reqwest::Result<Option<Response>> {
        let (project, name) = MEMBERS[record % 2];
        let path = |caller: &str| {
            format!(
                "{endpoint}/v3/{caller}/backups/{}/members",
                backup(record / 2)
            )
        };
        let (method, url, token, body) = match request {
            Request::Add => (
                Method::POST,
                path(ALICE),
                "alice",
                format!(r#"{{"members": ["{project}"]}}"#),
            ),
            Request::Delete => (
                Method::DELETE,
                format!("{}/{project}", path(ALICE)),
                "alice",
                String::new(),
            ),
            Request::ShowToOwner => (
                Method::GET,
                format!("{}/{project}", path(ALICE)),
                "alice",
                String::new(),
            ),
            Request::ShowToMember => (
                Method::GET,
                format!("{}/{project}", path(project)),
                name,
                String::new(),
            ),
            Request::ListToMember => (
                Method::GET,
                format!("{endpoint}/v3/{project}/backups?own_type=shared"),
                name,
                String::new(),
            ),
            Request::Accept(_) | Request::Reject | Request::Postpone => (
                Method::PUT,
                format!("{}/{project}", path(project)),
                name,
                decision(record % 2, request),
            ),
        };
        let sent = self.http.request(method, url).header("X-Auth-Token", token);
        let response = sent
            .header("Content-Type", "application/json")
            .body(body)
            .send()
            .await?;
        let (status, text) = (response.status().as_u16(), response.text().await?);
        let json = || {
            serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
        };
        Ok(match status {
            503 => None,
            204 => Some(Response::Deleted),
            200 if request == Request::Add => {
                Some(Response::Member(Seen::read(&json()["members"][0])))
            }
            200 if request == Request::ListToMember => {
                Some(Response::Listed(listed(&json(), &backup(record / 2))))
            }
            200 => Some(Response::Member(Seen::read(&json()["member"]))),
            400 | 404 => Some(Response::Refused(
                json()["error_code"].as_str().expect("a code").to_owned(),
            )),
            other => panic!("{other} for {request:?}: {text}"),
        })
    }
}

/// Whether a backup is in a list, and in which vault.
fn listed(list: &Value, backup: &str) -> Option<Option<String>> {
    let mut items = list["backups"].as_array().expect("a list").iter();
    let item = items.find(|item| item["id"] == backup)?;
    Some(item["vault_id"].as_str().map(str::to_owned))
}

fn decision(project: usize, request: Request) -> String {
    match request {
        Request::Accept(vault) => {
            format!(
                r#"{{"status": "accepted", "vault_id": "{}"}}"#,
                vault_id(project, vault)
            )
        }
        Request::Reject => r#"{"status": "rejected"}"#.to_owned(),
        _ => r#"{"status": "pending"}"#.to_owned(),
    }
}

/// The records whose history no record could have.
pub fn broken(histories: &Histories) -> Vec<usize> {
    let holds = |record: usize| {
        checker::is_linearizable(None, &histories[record], |state, call| {
            step(record % 2, state, call)
        })
    };
    (0..histories.len())
        .filter(|&record| !holds(record))
        .collect()
}

/// Calls and responses of one history, in the order of the calls.
pub fn told(history: &[Operation<Call>]) -> String {
    let mut history = history.to_vec();
    history.sort_by_key(|operation| operation.invoked);
    let line = |o: &Operation<Call>| {
        format!(
            "{:>5} {:<7?} {:?} -> {:?}\n",
            o.invoked, o.returned, o.call.request, o.call.response
        )
    };
    history.iter().map(line).collect()
}
