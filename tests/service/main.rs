//! The service as a whole, over real connections on loopback: stories through the typed client, and
//! what only raw HTTP can show. What must hold on every store runs on each of them; the rest on
//! SQLite.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod architecture;
mod audit;
mod client;
mod connections;
mod contract;
mod damage;
mod disk;
mod edges;
mod errors;
mod histories;
mod kills;
mod metrics;
mod openstack;
mod paging;
mod races;
mod reached;
mod replay;
mod request_check;
mod signatures;
mod states;
mod stories;
mod takeback;
mod tenants;
mod tokens;
mod vendor_answers;
mod wire;
