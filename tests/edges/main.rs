//! What callers without credentials, and careless operators, can do to a server, as bounded attacks
//! on loopback. Each test prints its figure (memory, threads, descriptors, the longest wait of
//! others) and holds it to a bound. The server is a process of its own; `EDGES_SERVER` names
//! another build of it to attack, which is how a test is seen to fail.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod catalog;
#[path = "../postgres/mod.rs"]
mod cluster;
mod logging;
mod logins;
mod server;
mod serving;
mod signatures;
#[path = "../signer/mod.rs"]
mod signer;
mod stores;
mod wire;
