//! backup-share: share cloud backups with other projects.
//!
//! Three things in one package, all made from one contract (`openapi/backup-share.yaml`):
//!
//! - `client`: the typed client, for this server and for the vendor's cloud (feature `client`).
//! - the service: `api` over `sharing` over `store` and `model`, started by `serve` (feature
//!   `server`).
//! - the command `backup-share`: `cli` (feature `cli`).

#[cfg(feature = "server")]
pub mod api;
#[cfg(feature = "server")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod contract;
#[cfg(feature = "server")]
mod deadline;
#[cfg(any(feature = "server", feature = "client"))]
mod error_chain;
#[cfg(feature = "server")]
mod expiry;
#[cfg(any(feature = "server", feature = "cli"))]
mod hex;
#[cfg(feature = "server")]
pub mod identity;
#[cfg(feature = "server")]
pub mod model;
#[cfg(feature = "server")]
mod quota;
#[cfg(feature = "server")]
mod regular_file;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "server")]
pub mod sharing;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
pub mod timestamp;
