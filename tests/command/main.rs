//! The command as users run it: the real binary against a real server, both as processes. What the
//! service makes of a request is tested elsewhere.
#![cfg(all(feature = "server", feature = "cli"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod catalog;
mod cloud;
mod clouds;
#[path = "../postgres/mod.rs"]
mod cluster;
mod copy;
mod database;
mod process;
mod remove;
mod server;
mod start;
mod store;
mod story;
mod usage;

/// The demo data: owner, member, a project that is neither, the backup, and the vaults of the last
/// two.
const OWNER: &str = "0605767b5780d5762fc5c0118072a564";
const MEMBER: &str = "f841e01fd2b14e7fa41b6ae7aa6b0594";
const ANOTHER: &str = "4229d7a45436489f8c3dc2b1d35d4987";
const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";
const VAULT: &str = "4b27c05b-8ad7-48c6-a886-526666c035f0";
