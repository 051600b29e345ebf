//! What the check of a request against the contract costs: a POST with ten members, all of it.
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a measurement that cannot go on panics; criterion makes items without documentation"
)]

use std::hint::black_box;

use backup_share::{contract::check, model::Operation};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

const PATH: [(&str, &str); 2] =
    [("project_id", "0605767b5780d5762fc5c0118072a564"), ("backup_id", "a5200268-74a5-4806-acc6-95793ab0228b")];

fn ten_members(criterion: &mut Criterion) {
    let ids: Vec<String> = (0..10).map(|at| format!("4229d7a45436489f8c3dc2b1d35d49{at:02}")).collect();
    let body = json!({ "members": ids }).to_string();
    check::prepare();
    let path = |name: &str| PATH.iter().find(|(named, _)| *named == name).map(|(_, text)| *text);
    let header = |_: &str| Some("5d1fb9a2c6a94f0fb6a5a2f1d1e0c7b3");
    criterion.bench_function("request check, POST with ten members", |bencher| {
        bencher.iter(|| {
            let request = &check::of(black_box(Operation::AddMember)).request;
            let head = request.path(path).and_then(|()| request.headers(header));
            let rule = request.body("application/json").expect("it takes a body");
            (head.is_ok(), rule.check_json(black_box(body.as_bytes())).is_ok())
        });
    });
}

criterion_group!(benches, ten_members);
criterion_main!(benches);
