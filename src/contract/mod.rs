//! The contract as this build carries it. Comparing it with code and with other contracts has its own place beside this.

pub mod diff;
pub mod document;
pub mod load;
