//! The operations of the contract, as an enum that `build.rs` makes from it: an operation without a
//! policy action, or without a handler, does not compile.

include!(concat!(env!("OUT_DIR"), "/operations.rs"));
