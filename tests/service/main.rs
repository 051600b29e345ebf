//! The service as a whole, over real connections on loopback: stories through the typed client, and
//! what only raw HTTP can show.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod audit;
mod backups;
mod connections;
mod contract;
mod damage;
mod disk;
mod errors;
mod histories;
mod house;
mod kept;
mod kills;
mod metrics;
mod paging;
mod prism;
mod process;
mod races;
mod reached;
mod recording;
mod signatures;
#[path = "../signer/mod.rs"]
mod signer;
mod states;
mod stories;
mod takeback;
mod tenants;
mod tokens;
mod wire;
