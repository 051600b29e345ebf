//! The command as users run it: the real binary against a real server, both as processes. What the
//! service makes of a request is tested elsewhere.
#![cfg(all(feature = "server", feature = "cli"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod bulk;
mod catalog;
mod cloud;
mod clouds;
mod contract;
mod copy;
mod database;
mod demo;
mod export;
mod finding;
mod help;
mod identity;
mod image;
mod mistakes;
mod place;
mod process;
mod remove;
mod server;
mod start;
mod store;
mod story;
mod transcript;
mod upgrade;
mod usage;
