//! The stories of `tests/service` once more, with the service on PostgreSQL: the same files,
//! another store.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

#[path = "../service/backups.rs"]
mod backups;
#[path = "../postgres/mod.rs"]
mod cluster;
#[path = "../service/errors.rs"]
mod errors;
#[path = "../service/histories/mod.rs"]
mod histories;
#[path = "../service/house.rs"]
#[allow(dead_code, reason = "other tests of the service use more of it")]
mod house;
mod kept;
#[path = "../service/kills.rs"]
mod kills;
#[path = "../service/prism.rs"]
mod prism;
#[path = "../service/process.rs"]
mod process;
#[path = "../service/races.rs"]
mod races;
#[path = "../service/recording.rs"]
mod recording;
#[path = "../service/states.rs"]
mod states;
#[path = "../service/stories.rs"]
mod stories;
#[path = "../service/takeback.rs"]
mod takeback;
