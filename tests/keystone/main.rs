//! The service with a real Keystone, which `scripts/test keystone` installs: who is let in, what
//! becomes of every fault, and what Keystone gets to see of a flood. What Keystone may answer at
//! all is tried without one, beside the code.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod adapter;
mod cloud;
mod command;
mod encrypted;
mod faults;
mod flood;
#[path = "../service/house.rs"]
#[allow(dead_code, reason = "the stories without a Keystone use more of it")]
mod house;
#[path = "../service/kept.rs"]
#[allow(dead_code, reason = "the stories without a Keystone use more of it")]
mod kept;
#[path = "../service/prism.rs"]
mod prism;
#[path = "../service/recording.rs"]
mod recording;
mod story;
mod tenants;
