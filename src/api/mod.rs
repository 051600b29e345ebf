//! The HTTP side: routes, shapes, and the mapping of errors to statuses. The only place that knows axum, utoipa and
//! status codes; knows no store.

mod caller;
mod docs;
mod extract;
mod front;
mod health;
mod members;
mod problem;
mod router;
mod schemas;
mod signed;
mod throttle;
mod tokens;
mod types;

pub use self::{
    docs::Docs,
    front::Front,
    router::{App, Limits, Parts, router},
    throttle::Throttle,
};
