//! What the tests of this workspace share: servers, databases, clients, clocks and proxies. It is
//! never published, and only integration tests and benchmarks use it: a unit test of
//! `backup-share` would see that crate twice.
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

pub mod backups;
pub mod caller;
pub mod clock;
pub mod database;
pub mod demo;
pub mod fixture;
pub mod http;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod server;
pub mod signer;

/// A number from the environment, for longer runs.
pub fn env_number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}
