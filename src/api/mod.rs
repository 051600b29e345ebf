//! The HTTP side: routes, shapes, and the mapping of errors to statuses. The only module that names
//! axum, utoipa and status codes; names no store.

mod advice;
#[cfg(test)]
mod agreement;
mod app;
mod asset;
mod audit;
mod backup_types;
mod backups;
mod body;
mod caller;
mod connection;
mod derived;
mod discovery;
mod docs;
mod endpoints;
mod extract;
mod head;
mod health;
mod host;
mod http_service;
mod json_body;
mod keystone;
mod log_in;
mod members;
mod metrics;
mod parameters;
mod problem;
mod projects;
mod proxies;
mod queries;
mod refusals;
mod request_id;
mod response_check;
mod router;
mod schemas;
mod signed;
mod throttle;
mod tokens;
mod types;
mod vault_types;
mod vaults;

pub use self::{
    app::{App, AppState},
    audit::Audit,
    connection::{Bounds, Connection},
    derived::derived,
    docs::Docs,
    endpoints::Endpoints,
    health::Readiness,
    host::{Challenge, PublicUrl},
    http_service::HttpService,
    metrics::Metrics,
    proxies::TrustedProxies,
    router::router,
    throttle::{Throttle, network},
};
