//! A server in the process of the test, with a new store and a clock that the test sets.
//! Gone when dropped. With a proxy before it that judges or records what goes through, where the
//! environment asks for one.

use std::sync::Arc;

use backup_share::{
    api::Docs,
    catalog,
    clock::Clock,
    config::Config,
    serve::{self, Running},
    store::Store,
};
use reqwest::Method;

use crate::{
    caller::Caller,
    clock::ManualClock,
    database::{Backend, TestDatabase},
    fixture::{ALICE, BOB, CAROL, DATA, MALLORY, members},
    http::{self, Response},
    proxy::{prism::Prism, recording::Recording},
};

/// A server with the data of [`fixture`](crate::fixture), unless a test brings other data.
pub struct TestServer {
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// What its store is in.
    pub database: TestDatabase,
    /// The service itself.
    pub running: Running,
    prism: Option<Prism>,
    recording: Option<Recording>,
    http: reqwest::Client,
}

impl TestServer {
    /// On SQLite.
    pub async fn start() -> Self {
        Self::on(Backend::Sqlite).await
    }

    /// On SQLite, with other settings.
    pub async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::on_with(Backend::Sqlite, settings).await
    }

    /// On SQLite, with other data and settings.
    pub async fn with_data(data: &str, settings: impl FnOnce(&mut Config)) -> Self {
        Self::load(Backend::Sqlite, data, settings).await
    }

    /// On one of the stores.
    pub async fn on(backend: Backend) -> Self {
        Self::on_with(backend, |_| {}).await
    }

    /// On one of the stores, with other settings.
    pub async fn on_with(backend: Backend, settings: impl FnOnce(&mut Config)) -> Self {
        Self::load(backend, DATA, settings).await
    }

    async fn load(backend: Backend, data: &str, settings: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new(backend);
        let mut config = database.config();
        settings(&mut config);
        let clock = Arc::new(ManualClock::default());
        let time: Arc<dyn Clock> = clock.clone();
        let store = serve::open_store(&config, time.as_ref())
            .await
            .expect("a store");
        catalog::load_text("data.yaml", data, store.as_ref(), &time)
            .await
            .expect("good data");
        if backend.is_upgraded() {
            database.upgrade();
        }
        Self::serve(&config, store, clock, database).await
    }

    async fn serve(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        database: TestDatabase,
    ) -> Self {
        let running = serve::start_with(config, Docs::default(), store, clock.clone())
            .await
            .expect("a server");
        let prism = Prism::before(&format!("http://{}", running.address));
        let recording = Recording::before(running.address);
        Self {
            clock,
            database,
            running,
            prism,
            recording,
            http: http::client(),
        }
    }

    /// The same after it ended and began again.
    pub async fn restart(self) -> Self {
        let Self {
            clock,
            database,
            running,
            ..
        } = self;
        running.stop().await;
        let config = database.config();
        let store = serve::open_store(&config, clock.as_ref())
            .await
            .expect("the store");
        Self::serve(&config, store, clock, database).await
    }

    /// Where callers reach it: a proxy, where there is one.
    pub fn endpoint(&self) -> String {
        let direct = || format!("http://{}", self.running.address);
        let prism = self.prism.as_ref().map(|prism| prism.endpoint.clone());
        prism
            .or_else(|| Some(self.recording.as_ref()?.endpoint.clone()))
            .unwrap_or_else(direct)
    }

    /// The typed client of one person, by token and project.
    pub fn caller(&self, token: &str, project: &str) -> Caller {
        Caller::connect(&self.endpoint(), token, project)
    }

    /// The owner of the backups.
    pub fn alice(&self) -> Caller {
        self.caller("alice", ALICE)
    }

    /// The first member.
    pub fn bob(&self) -> Caller {
        self.caller("bob", BOB)
    }

    /// The second member.
    pub fn carol(&self) -> Caller {
        self.caller("carol", CAROL)
    }

    /// The stranger.
    pub fn mallory(&self) -> Caller {
        self.caller("mallory", MALLORY)
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

    /// Sends a request, with a body of JSON where there is one.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> Response {
        let request = self.request(method, path, token);
        let request = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.to_owned()),
            None => request,
        };
        http::send(request).await
    }

    /// GET.
    pub async fn get(&self, path: &str, token: &str) -> Response {
        self.send(Method::GET, path, Some(token), None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, token: &str, body: &str) -> Response {
        self.send(Method::POST, path, Some(token), Some(body)).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, token: &str, body: &str) -> Response {
        self.send(Method::PUT, path, Some(token), Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str, token: &str) -> Response {
        self.send(Method::DELETE, path, Some(token), None).await
    }

    /// Alice shares a backup with these projects.
    pub async fn share(&self, number: u8, projects: &[&str]) -> Response {
        let body = serde_json::json!({"members": projects}).to_string();
        self.post(&members(ALICE, number), "alice", &body).await
    }

    /// The number that a query of its database gives: for what no operation shows.
    pub fn number(&self, sql: &str) -> i64 {
        self.database.number(sql)
    }
}
