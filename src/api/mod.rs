//! The HTTP side: routes, shapes, and the mapping of errors to statuses. The only place that knows
//! axum, utoipa and status codes; knows no store.

#[cfg(test)]
mod agreement;
mod app;
mod asset;
mod audit;
mod body;
mod caller;
mod connection;
mod derived;
mod docs;
mod extract;
mod front;
mod head;
mod health;
mod host;
mod json_body;
mod log_in;
mod members;
mod metrics;
mod parameters;
mod problem;
mod proxies;
mod refusals;
mod response_check;
mod router;
mod schemas;
mod signed;
mod throttle;
mod tokens;
mod types;

pub use self::{
    app::{App, Limits, Parts},
    audit::Audit,
    connection::{Bounds, Connection},
    derived::derived,
    docs::Docs,
    front::Front,
    health::Readiness,
    host::Challenge,
    metrics::Metrics,
    proxies::TrustedProxies,
    router::router,
    throttle::{Throttle, network},
};
