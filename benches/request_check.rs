//! What the check of a request against the contract costs, a POST with ten members: the check by
//! itself, and a request through the whole router that is refused by the last thing before the use
//! case, so that no store is measured.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a measurement that cannot go on panics; criterion makes items without documentation"
)]

use std::{hint::black_box, path::Path, sync::Arc};

use async_trait::async_trait;
use axum::{Router, body::Body, extract::Request, http::StatusCode};
use backup_share::{
    api::{self, App, AppState, Docs, Throttle},
    clock::{Clock, SystemClock},
    config::{self, Config},
    contract::check,
    identity::{Caller, Identity},
    model::{Operation, ProjectId, Result},
    sharing::Sharing,
    store::{Store, sqlite::Sqlite},
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tokio::sync::watch;
use tower::ServiceExt;

const PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";

fn members() -> String {
    let ids: Vec<String> = (0..10)
        .map(|at| format!("4229d7a45436489f8c3dc2b1d35d49{at:02}"))
        .collect();
    json!({ "members": ids }).to_string()
}

fn alone(criterion: &mut Criterion) {
    let body = members();
    check::prepare();
    let path = |name: &str| match name {
        "project_id" => Some(PROJECT),
        _ => Some(BACKUP),
    };
    let header = |_: &str| Some("5d1fb9a2c6a94f0fb6a5a2f1d1e0c7b3");
    criterion.bench_function("request check alone", |bencher| {
        bencher.iter(|| {
            let request = &check::of(black_box(Operation::AddMember)).request;
            let head = request.path(path).and_then(|()| request.headers(header));
            let rule = request.body("application/json").expect("it takes a body");
            (
                head.is_ok(),
                rule.check_json(black_box(body.as_bytes())).is_ok(),
            )
        });
    });
}

/// Knows everybody as the owner, without asking anyone.
struct Owner(Arc<Caller>);

#[async_trait]
impl Identity for Owner {
    async fn authenticate(&self, _: &str) -> Result<Arc<Caller>> {
        Ok(Arc::clone(&self.0))
    }

    async fn knows_project(&self, _: &ProjectId) -> Result<bool> {
        Ok(true)
    }

    fn address(&self) -> &str {
        "http://127.0.0.1/v3"
    }
}

fn router(folder: &Path) -> Router {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Sqlite::open(&folder.join("bench.db"), clock.now()).expect("a new store");
    let store: Arc<dyn Store> = Arc::new(store);
    let caller = Caller {
        user_name: "alice".into(),
        project_id: PROJECT.parse::<ProjectId>().expect("an id"),
        project_name: "owner".into(),
        roles: vec!["member".into()],
        issued_at: clock.now(),
        expires_at: None,
    };
    let identity = Arc::new(Owner(Arc::new(caller)));
    let policy = config::policy(&Config::default().roles).expect("a policy");
    let state = AppState {
        sharing: Sharing::new(store, identity.clone(), clock, 10),
        identity,
        embedded: None,
        endpoints: api::Endpoints::default(),
        policy: watch::channel(policy).1,
        throttle: Throttle::new(0, 0),
        body_bytes: 1024 * 1024,
        readiness: api::Readiness::default(),
    };
    api::router(App(Arc::new(state)), Docs::default())
}

fn through_the_router(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let router = runtime.block_on(async { router(folder.path()) });
    // A key that stands twice: the contract cannot see it, the type refuses it.
    let body = members().replacen('{', r#"{"domains": null, "domains": null, "#, 1);
    let request = || {
        let request = Request::post(format!("/v3/{PROJECT}/backups/{BACKUP}/members"));
        let request = request
            .header("content-type", "application/json")
            .header("x-auth-token", "t");
        request.body(Body::from(body.clone())).expect("a request")
    };
    let status = runtime
        .block_on(router.clone().oneshot(request()))
        .expect("an answer")
        .status();
    assert_eq!(
        status,
        StatusCode::BAD_REQUEST,
        "it comes as far as it is to come"
    );
    criterion.bench_function("through the router", |bencher| {
        bencher.iter(|| runtime.block_on(router.clone().oneshot(request())));
    });
}

criterion_group!(benches, alone, through_the_router);
criterion_main!(benches);
