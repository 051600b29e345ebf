//! The service with a real Keystone, which `scripts/test keystone` installs: who is let in, what
//! becomes of every fault, and what Keystone gets to see of a flood. What Keystone may respond at
//! all is tried without one, beside the code.
#![cfg(all(feature = "server", feature = "client"))]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

mod adapter;
mod cloud;
mod command;
mod encrypted;
mod faults;
mod flood;
mod story;
mod tenants;
