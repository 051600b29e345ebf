//! What the store on PostgreSQL does when PostgreSQL, or the way there, fails: each acknowledged
//! write stands, nothing is done twice, nobody waits beyond the deadline. Every test has a real
//! cluster of its own, and breaks it.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

#[path = "../postgres/mod.rs"]
mod cluster;
mod commit;
mod deadline;
mod http;
mod open;
mod outage;
mod primary;
mod proxy;
mod world;
