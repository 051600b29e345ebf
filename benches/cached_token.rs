//! What a token costs that Keystone has been asked about before: the hash, the look-up, and the
//! look at its end.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a measurement that cannot go on panics; criterion makes items without documentation"
)]

use std::{hint::black_box, sync::Arc, time::Duration};

use async_trait::async_trait;
use backup_share::{
    clock::SystemClock,
    identity::{
        Identity, Keystone,
        keystone::{Settings, Transport, Unreachable},
    },
};
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use serde_json::json;

/// Knows everybody.
struct Knowing;

#[async_trait]
impl Transport for Knowing {
    async fn exchange(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Unreachable> {
        let token = json!({"token": {
            "user": {"name": "alice"}, "project": {"id": "p", "name": "p"}, "roles": [{"name": "member"}],
            "issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2999-01-01T00:00:00.000000Z",
        }});
        Ok(Response::new(token.to_string().into()))
    }
}

fn cached_token(criterion: &mut Criterion) {
    let settings = Settings {
        address: "http://127.0.0.1/v3".into(),
        credentials: None,
        deadline: Duration::from_secs(3),
        cache_ttl: Duration::from_secs(3600),
        negative_cache_ttl: Duration::from_secs(5),
        cache_capacity: 100_000,
        check_projects: false,
    };
    let keystone = Keystone::new(settings, "", Arc::new(Knowing), Arc::new(SystemClock));
    // As long as Keystone's own are.
    let token = "g".repeat(183);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    criterion.bench_function("a cached token", |bencher| {
        bencher.iter(|| {
            runtime
                .block_on(keystone.authenticate(black_box(&token)))
                .expect("known")
        });
    });
}

criterion_group!(benches, cached_token);
criterion_main!(benches);
