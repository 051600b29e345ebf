//! A server with a store of its own and a clock that tests set, and the persons who call it. Gone
//! when dropped. With a proxy before it that judges what goes through, where there is one to start.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use backup_share::{
    api::Docs,
    catalog,
    client::{Client, types},
    clock::Clock,
    config::Config,
    serve::{self, Running},
    store::Store,
    timestamp::Timestamp,
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;

use super::{kept::Kept, prism::Prism, recording::Recording};

pub const ALICE: &str = "11111111111111111111111111111111";
pub const BOB: &str = "22222222222222222222222222222222";
pub const CAROL: &str = "33333333333333333333333333333333";
pub const MALLORY: &str = "44444444444444444444444444444444";

/// One of alice's backups, by the number at the end of its id in `data.yaml`.
pub fn backup(number: u8) -> String {
    format!("d0000000-0000-4000-8000-00000000000{number}")
}

/// One of bob's vaults, likewise.
pub fn vault(number: u8) -> String {
    format!("b0000000-0000-4000-8000-00000000000{number}")
}

/// 2020-02-05T10:38:34.209782: when every house opens.
const OPENING: i64 = 1_580_899_114_209_782;

/// Stands still until it is set.
pub struct SetClock(AtomicI64);

impl SetClock {
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(
            i64::try_from(time.as_micros()).expect("a short time"),
            Ordering::SeqCst,
        );
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("a time of this century")
    }
}

pub struct House {
    pub clock: Arc<SetClock>,
    /// What its store is kept in.
    pub kept: Kept,
    pub running: Running,
    /// Whoever calls goes through it.
    proxy: Option<Prism>,
    recording: Option<Recording>,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["error_code"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {self:?}"))
            .to_owned()
    }

    /// Status and error code, as the table of errors lists them.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }
}

impl House {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings of its own.
    pub async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::furnished(include_str!("data.yaml"), settings).await
    }

    /// With data and settings of its own.
    pub async fn furnished(data: &str, settings: impl FnOnce(&mut Config)) -> Self {
        let kept = Kept::new();
        let mut config = kept.settings();
        settings(&mut config);
        let clock = Arc::new(SetClock(OPENING.into()));
        let time: Arc<dyn Clock> = clock.clone();
        let store = serve::open_store(&config, time.as_ref())
            .await
            .expect("a store");
        catalog::load_text("data.yaml", data, store.as_ref(), &time)
            .await
            .expect("good data");
        Self::start(&config, store, clock, kept).await
    }

    async fn start(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Arc<SetClock>,
        kept: Kept,
    ) -> Self {
        let running = serve::start_with(config, Docs::default(), store, clock.clone())
            .await
            .expect("a server");
        let proxy = Prism::before(&format!("http://{}", running.address));
        let recording = Recording::before(running.address);
        Self {
            clock,
            kept,
            running,
            proxy,
            recording,
            http: http(),
        }
    }

    /// The same house after its server ended and began again.
    pub async fn restarted(self) -> Self {
        let Self {
            clock,
            kept,
            running,
            ..
        } = self;
        running.stop().await;
        let config = kept.settings();
        let store = serve::open_store(&config, clock.as_ref())
            .await
            .expect("the store");
        Self::start(&config, store, clock, kept).await
    }

    pub fn endpoint(&self) -> String {
        let direct = || format!("http://{}", self.running.address);
        let prism = self.proxy.as_ref().map(|prism| prism.endpoint.clone());
        prism
            .or_else(|| Some(self.recording.as_ref()?.endpoint.clone()))
            .unwrap_or_else(direct)
    }

    /// The typed client of one person, by token and project.
    pub fn person(&self, token: &str, project: &str) -> Person {
        Person::connect(&self.endpoint(), token, project)
    }

    pub fn alice(&self) -> Person {
        self.person("alice", ALICE)
    }

    pub fn bob(&self) -> Person {
        self.person("bob", BOB)
    }

    pub fn carol(&self) -> Person {
        self.person("carol", CAROL)
    }

    pub fn mallory(&self) -> Person {
        self.person("mallory", MALLORY)
    }

    /// A request that the typed client would not send.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.endpoint()));
        match token {
            Some(token) => request.header("X-Auth-Token", token),
            None => request,
        }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> Answer {
        let request = self.request(method, path, token);
        let request = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.to_owned()),
            None => request,
        };
        answer(request).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, Some(token), None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &str) -> Answer {
        self.send(Method::POST, path, Some(token), Some(body)).await
    }

    pub async fn put(&self, path: &str, token: &str, body: &str) -> Answer {
        self.send(Method::PUT, path, Some(token), Some(body)).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(Method::DELETE, path, Some(token), None).await
    }

    /// Alice shares a backup with these projects.
    pub async fn share(&self, number: u8, projects: &[&str]) -> Answer {
        let body = serde_json::json!({"members": projects}).to_string();
        self.post(&members(ALICE, number), "alice", &body).await
    }

    /// A row of the store, as it lies on the disk: for what no operation shows.
    pub fn number(&self, sql: &str) -> i64 {
        self.kept.number(sql)
    }
}

pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("an HTTP client")
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    Answer {
        status,
        headers,
        text: response.text().await.expect("a body"),
    }
}

/// The path of a backup's members, as a project calls it.
pub fn members(project: &str, number: u8) -> String {
    format!("/v3/{project}/backups/{}/members", backup(number))
}

/// The path of one member.
pub fn member(project: &str, number: u8, member: &str) -> String {
    format!("{}/{member}", members(project, number))
}

/// Somebody with a token, using the typed client.
pub struct Person {
    pub client: Client,
    pub project: types::ProjectId,
}

/// What the typed client gives: the answer, or the service's code.
pub type Told<T> = Result<T, String>;

fn told<T>(
    outcome: Result<
        backup_share::client::ResponseValue<T>,
        backup_share::client::Error<types::Error>,
    >,
) -> Told<T> {
    match outcome {
        Ok(answer) => Ok(answer.into_inner()),
        Err(backup_share::client::Error::ErrorResponse(error)) => Err(error.error_code.clone()),
        Err(other) => panic!("{other}"),
    }
}

impl Person {
    pub fn connect(endpoint: &str, token: &str, project: &str) -> Self {
        let client = Client::connect(endpoint, token.to_owned()).expect("a client");
        Self {
            client,
            project: project.parse().expect("a project id"),
        }
    }

    pub async fn shares(&self, number: u8, projects: &[&str]) -> Told<types::AddedMembers> {
        let members: Vec<types::ProjectId> = projects
            .iter()
            .map(|p| p.parse().expect("a project id"))
            .collect();
        let call = self
            .client
            .add_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        told(call.body_map(|body| body.members(members)).send().await)
    }

    pub async fn lists(&self, number: u8) -> Told<types::MemberList> {
        told(
            self.client
                .list_members()
                .project_id(self.project.clone())
                .backup_id(id(number))
                .send()
                .await,
        )
    }

    pub async fn shows(&self, number: u8, member: &str) -> Told<types::Member> {
        let call = self
            .client
            .show_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        told(call.member_id(member).send().await).map(|answer| answer.member)
    }

    pub async fn accepts(&self, number: u8, vault: &str) -> Told<types::Member> {
        let vault: types::VaultId = vault.parse().expect("a vault id");
        self.updates(number, types::MemberStatus::Accepted, Some(vault))
            .await
    }

    pub async fn rejects(&self, number: u8) -> Told<types::Member> {
        self.updates(number, types::MemberStatus::Rejected, None)
            .await
    }

    pub async fn postpones(&self, number: u8) -> Told<types::Member> {
        self.updates(number, types::MemberStatus::Pending, None)
            .await
    }

    async fn updates(
        &self,
        number: u8,
        status: types::MemberStatus,
        vault: Option<types::VaultId>,
    ) -> Told<types::Member> {
        let call = self
            .client
            .update_member_status()
            .project_id(self.project.clone())
            .backup_id(id(number));
        let call = call.member_id(self.project.clone()).body_map(|body| {
            let body = body.status(status);
            match vault {
                Some(vault) => body.vault_id(vault),
                None => body,
            }
        });
        told(call.send().await).map(|answer| answer.member)
    }

    pub async fn revokes(&self, number: u8, member: &str) -> Told<()> {
        let call = self
            .client
            .delete_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        told(call.member_id(member).send().await)
    }
}

fn id(number: u8) -> types::BackupId {
    backup(number).parse().expect("a backup id")
}
