//! The contract as this build carries it, and what is held against it: code, clients, requests and
//! answers.

pub mod check;
pub mod cursor;
pub mod diff;
pub mod document;
pub mod drift;
pub mod load;
pub mod sets;
