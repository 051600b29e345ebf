//! A Keystone for tests: responds as the real one does, injects faults, and counts calls.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ServiceCredentials, Settings, Transport, Unreachable};
use crate::{clock::Clock, timestamp::Timestamp};

/// The time of the runtime that a test runs on, which tests can let pass.
pub(super) struct RuntimeClock(Instant);

impl RuntimeClock {
    pub(super) fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.0.elapsed().as_micros()).expect("a short test");
        Timestamp::from_micros(1_700_000_000_000_000 + passed).expect("a time of this century")
    }
}

/// The fault that is injected into exchanges.
#[derive(Clone, Copy)]
pub(super) enum Weather {
    Clear,
    /// The connection is refused.
    Refused,
    /// The connection is open, and no response comes.
    Hung,
    /// Half of the delay before the request arrives, half before the response does.
    Slow(Duration),
    /// A response of something else, or of a Keystone in trouble.
    Answers(u16, &'static str),
}

/// What a token is for.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) project: Option<&'static str>,
    pub(super) ends: Timestamp,
}

pub(super) struct FakeKeystone {
    clock: Arc<RuntimeClock>,
    state: Mutex<FakeState>,
}

pub(super) struct FakeState {
    pub(super) weather: Weather,
    /// Valid tokens of callers.
    pub(super) callers: BTreeMap<String, Holder>,
    /// Valid tokens of the service account.
    pub(super) own: Vec<String>,
    /// The lifetime of a token of the service account.
    pub(super) lifetime: Duration,
    pub(super) account_good: bool,
    pub(super) account_trusted: bool,
    /// Projects, and whether they are enabled.
    pub(super) projects: BTreeMap<&'static str, bool>,
    /// How often was asked about each token.
    pub(super) asked: BTreeMap<String, usize>,
    pub(super) log_ins: usize,
    /// All exchanges, failed ones included.
    pub(super) exchanges: usize,
    /// Calls in flight by token.
    pending: BTreeMap<String, usize>,
    /// The most of them at once.
    pub(super) most_pending: usize,
    /// All calls in flight, and the most of them at once.
    under_way: usize,
    pub(super) most_under_way: usize,
}

impl FakeKeystone {
    pub(super) fn start(clock: &Arc<RuntimeClock>) -> Arc<Self> {
        let state = FakeState {
            weather: Weather::Clear,
            callers: BTreeMap::new(),
            own: vec![],
            lifetime: Duration::from_secs(3600),
            account_good: true,
            account_trusted: true,
            projects: BTreeMap::from([("known", true), ("disabled", false)]),
            asked: BTreeMap::new(),
            log_ins: 0,
            exchanges: 0,
            pending: BTreeMap::new(),
            most_pending: 0,
            under_way: 0,
            most_under_way: 0,
        };
        Arc::new(Self {
            clock: Arc::clone(clock),
            state: Mutex::new(state),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().expect("no test panics with it")
    }

    /// Issues a token for an hour.
    pub(super) fn issues(&self, token: &str) {
        let ends = self.clock.after(Duration::from_secs(3600));
        self.state().callers.insert(
            token.into(),
            Holder {
                project: Some("known"),
                ends,
            },
        );
    }

    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut state = self.state();
        if request.method() == Method::POST {
            state.log_ins += 1;
            if !state.account_good {
                return response(401, &json!({"error": {"code": 401}}));
            }
            let token = format!("own-{}", state.log_ins);
            state.own.push(token.clone());
            let ends = self.clock.after(state.lifetime);
            let mut issued = response(
                201,
                &token_body(&Holder {
                    project: Some("service"),
                    ends,
                }),
            );
            issued
                .headers_mut()
                .insert("x-subject-token", token.parse().expect("a value"));
            return issued;
        }
        let own = header(request, "x-auth-token");
        let subject = header(request, "x-subject-token");
        let itself = own == subject && state.callers.contains_key(&own);
        match request.uri().path() {
            _ if !itself && !state.own.contains(&own) => response(401, &json!({})),
            _ if !itself && !state.account_trusted => response(403, &json!({})),
            "/v3/auth/tokens" => match state.callers.get(&subject) {
                Some(holder) if self.clock.now() < holder.ends => {
                    response(200, &token_body(holder))
                }
                _ => response(404, &json!({})),
            },
            path => match path
                .strip_prefix("/v3/projects/")
                .and_then(|id| state.projects.get(id))
            {
                Some(enabled) => {
                    response(200, &json!({"project": {"id": "p", "enabled": enabled}}))
                }
                None => response(404, &json!({})),
            },
        }
    }
}

#[async_trait]
impl Transport for FakeKeystone {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unreachable> {
        let subject = header(&request, "x-subject-token");
        let weather = {
            let mut state = self.state();
            state.exchanges += 1;
            *state.asked.entry(subject.clone()).or_default() += 1;
            state.weather
        };
        let _pending = PendingCall::begin(self, subject);
        match weather {
            Weather::Clear => Ok(self.respond(&request)),
            Weather::Refused => Err(Unreachable {
                unsent: true,
                source: "refused".into(),
            }),
            Weather::Hung => std::future::pending().await,
            Weather::Slow(delay) => {
                tokio::time::sleep(delay / 2).await;
                let response = self.respond(&request);
                tokio::time::sleep(delay / 2).await;
                Ok(response)
            }
            Weather::Answers(status, body) => {
                let mut response = Response::new(Bytes::from_static(body.as_bytes()));
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                Ok(response)
            }
        }
    }
}

/// One call in flight.
struct PendingCall<'a>(&'a FakeKeystone, String);

impl<'a> PendingCall<'a> {
    fn begin(keystone: &'a FakeKeystone, subject: String) -> Self {
        let mut state = keystone.state();
        let pending = state.pending.entry(subject.clone()).or_default();
        *pending += 1;
        let pending = *pending;
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        // Log-ins are not about a token.
        if !subject.is_empty() {
            state.most_pending = state.most_pending.max(pending);
        }
        drop(state);
        Self(keystone, subject)
    }
}

impl Drop for PendingCall<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        if let Some(pending) = state.pending.get_mut(&self.1) {
            *pending -= 1;
        }
    }
}

fn header(request: &Request<Bytes>, name: &str) -> String {
    let value = request.headers().get(name);
    value
        .map(|value| value.to_str().expect("text").to_owned())
        .unwrap_or_default()
}

fn response(status: u16, body: &Value) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(body.to_string().into())
        .expect("a response")
}

fn token_body(holder: &Holder) -> Value {
    let mut token = json!({
        "user": {"id": "u1", "name": "alice", "domain": {"id": "default", "name": "Default"}},
        "roles": [{"id": "r1", "name": "member"}], "methods": ["password"], "audit_ids": ["a"],
        "issued_at": "2023-11-14T22:13:20.000000Z", "expires_at": format!("{}Z", holder.ends),
    });
    if let Some(project) = holder.project {
        token["project"] = json!({"id": project, "name": project, "domain": {"id": "default"}});
    }
    json!({ "token": token })
}

/// As in the defaults of the settings.
pub(super) fn settings() -> Settings {
    Settings {
        address: "http://keystone.test:5000/v3".into(),
        credentials: Some(ServiceCredentials::ApplicationCredential {
            id: "id".into(),
            secret: "secret".into(),
        }),
        deadline: Duration::from_secs(3),
        cache_ttl: Duration::from_secs(300),
        negative_cache_ttl: Duration::from_secs(5),
        cache_capacity: 10_000,
        check_projects: true,
    }
}
