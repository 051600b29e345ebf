//! What clients send whose language no test here runs, byte for byte: `tests/replay/*.yaml` has
//! each request, where in the client's source it is made, and what the client reads of the
//! response. Each flow is replayed against a new server, once for each kind of credentials. Clients
//! that run here are in `tests/sdk`.

mod exchange;
mod reads;
mod signing;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use backup_share::model::Operation;
use testkit::server::TestServer;

use exchange::Response;
use signing::Signs;
use table::{Credentials, Flow, Person, Request, Table};

const DATA: &str = include_str!("../replay/data.yaml");
const TERRAFORM: &str = include_str!("../replay/terraform.yaml");
const GO_SDK: &str = include_str!("../replay/go_sdk_v3.yaml");
const GOPHERTELEKOMCLOUD: &str = include_str!("../replay/gophertelekomcloud.yaml");

/// Words of the tables and what they stand for in `data.yaml`; requests add what they keep.
type Words = BTreeMap<String, String>;

const WORDS: [(&str, &str); 10] = [
    ("owner", "0a000000000000000000000000000001"),
    ("member", "0b000000000000000000000000000002"),
    ("other", "0c000000000000000000000000000003"),
    ("backup", "b0000000-0000-4000-8000-000000000001"),
    ("no backup", "b0000000-0000-4000-8000-00000000000f"),
    ("owner's vault", "a0000000-0000-4000-8000-000000000001"),
    ("vault", "c0000000-0000-4000-8000-000000000001"),
    ("other vault", "c0000000-0000-4000-8000-000000000002"),
    ("checkpoint", "e0000000-0000-4000-8000-000000000001"),
    ("resource", "5c000000-0000-4000-8000-000000000001"),
];

/// One flow of a client, with one kind of credentials, against a server of its own.
struct Replay<'a> {
    table: &'a Table,
    flow: &'a Flow,
    credentials: Credentials,
    server: TestServer,
    words: Words,
}

impl<'a> Replay<'a> {
    async fn of(table: &'a Table, flow: &'a Flow, credentials: Credentials) -> Self {
        let server = TestServer::with_data(DATA, |_| {}).await;
        let mut words: Words = WORDS
            .map(|(word, value)| (word.to_owned(), value.to_owned()))
            .into();
        words.insert("host".to_owned(), server.running.address.to_string());
        Self {
            table,
            flow,
            credentials,
            server,
            words,
        }
    }

    async fn run(&mut self) {
        let flow = self.flow;
        for request in &flow.requests {
            self.check(request).await;
        }
        let (table, requests) = (self.table, flow.requests.len());
        let outcome = match flow.refused {
            Some(_) => "refused, as expected",
            None => "all read",
        };
        println!(
            "{} {}: {} ({:?}): {requests} requests, {outcome}",
            table.client, table.version, flow.flow, self.credentials
        );
    }

    async fn check(&mut self, request: &Request) {
        let bytes = self.bytes(request);
        let response = exchange::send(self.server.running.address, &bytes).await;
        let about = self.about(request, &bytes, &response);
        assert_eq!(
            response.status, request.status,
            "the client expects another status\n{about}"
        );
        self.check_body(request, &response, &about);
        self.keep(request, &response, &about);
    }

    fn check_body(&self, request: &Request, response: &Response, about: &str) {
        assert!(
            response.header("x-request-id").is_some(),
            "every response names its request\n{about}"
        );
        if response.status == 204 {
            assert!(response.body.is_empty(), "204 has no body\n{about}");
            return;
        }
        let body = response.json(about);
        for (path, expected) in &request.reads {
            let expected = fill(expected, &self.words);
            reads::check(&body, path, &expected, &self.table.shapes)
                .unwrap_or_else(|error| panic!("{error}\n{about}"));
        }
        if let Some(only) = &request.only_array {
            assert_eq!(reads::arrays(&body), [only.as_str()], "{about}");
        }
    }

    fn keep(&mut self, request: &Request, response: &Response, about: &str) {
        for (word, from) in &request.keep {
            let value = match from.strip_prefix("header ") {
                Some(name) => response.header(name).map(str::to_owned),
                None => reads::text(&response.json(about), from),
            };
            let value = value.unwrap_or_else(|| panic!("{from} is not there\n{about}"));
            self.words.insert(word.clone(), value);
        }
    }

    /// The request as it goes out.
    fn bytes(&self, request: &Request) -> Vec<u8> {
        let mut words = self.words.clone();
        let keys = keys(request.by);
        for (word, value) in [
            ("access key", keys.access),
            ("date", signing::DATE),
            ("token", keys.token),
        ] {
            words.entry(word.to_owned()).or_insert(value.to_owned());
        }
        let body = fill(&request.body, &words);
        words.insert("length".to_owned(), body.len().to_string());
        let head = fill(&self.credentials.keep_lines(&request.head), &words);
        let signs = Signs {
            headers: request.signs.as_ref().unwrap_or(&self.table.signs),
            query: &self.table.signed_query,
            access: keys.access,
            secret: keys.secret,
        };
        let head = signing::sign(&head, &body, &signs);
        format!("{}\r\n\r\n{body}", head.trim_end().replace('\n', "\r\n")).into_bytes()
    }

    fn about(&self, request: &Request, bytes: &[u8], response: &Response) -> String {
        let Self { table, flow, .. } = self;
        format!(
            "{} {}, {}, {}\n{}/blob/{}/{}\n{}\n--\n{response:?}",
            table.client,
            table.version,
            flow.flow,
            request.does,
            table.repository,
            table.commit,
            request.source.replace(':', "#L"),
            String::from_utf8_lossy(bytes),
        )
    }
}

/// What a person of `data.yaml` shows who it is.
struct Keys {
    token: &'static str,
    access: &'static str,
    secret: &'static str,
}

fn keys(person: Person) -> Keys {
    match person {
        Person::Owner => Keys {
            token: "olgas-token",
            access: "OLGASKEY",
            secret: "olgas-secret",
        },
        Person::Member => Keys {
            token: "maxs-token",
            access: "MAXSKEY",
            secret: "maxs-secret",
        },
    }
}

/// A text of a table, with the words in braces replaced.
fn fill(text: &str, words: &Words) -> String {
    words.iter().fold(text.to_owned(), |text, (word, value)| {
        text.replace(&format!("{{{word}}}"), value)
    })
}

async fn replay(table: &str) {
    let table = Table::read(table);
    for flow in &table.flows {
        for &credentials in &flow.credentials {
            Replay::of(&table, flow, credentials).await.run().await;
        }
    }
}

#[tokio::test]
async fn terraforms_provider_gets_what_it_reads() {
    replay(TERRAFORM).await;
}

#[tokio::test]
async fn the_vendors_sdk_for_go_gets_what_it_reads() {
    replay(GO_SDK).await;
}

#[tokio::test]
async fn gophertelekomcloud_gets_what_it_reads_or_is_refused() {
    replay(GOPHERTELEKOMCLOUD).await;
}

#[test]
fn every_operation_of_the_contract_is_replayed() {
    let tables = [TERRAFORM, GO_SDK, GOPHERTELEKOMCLOUD].map(Table::read);
    let flows = tables.iter().flat_map(|table| &table.flows);
    let replayed: BTreeSet<&str> = flows
        .flat_map(|flow| &flow.requests)
        .map(|request| request.operation.as_str())
        .filter(|operation| *operation != "none")
        .collect();
    let operations: BTreeSet<&str> = Operation::ALL.map(Operation::id).into();
    assert_eq!(
        replayed, operations,
        "operations replayed, and those there are"
    );
}
