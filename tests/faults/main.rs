//! What the store on PostgreSQL does when PostgreSQL, or the way there, fails: no acknowledged
//! write is lost, nothing is done twice, no caller waits beyond the deadline. Every test has a real
//! private cluster, and breaks it.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod commit;
mod deadline;
mod fixture;
mod http;
mod open;
mod outage;
mod primary;
