//! The contract as this build carries it, and what is held against it: handlers, requests and
//! responses. How documents are compared and enforced is the crate `openapi_proof`'s.

pub mod check;
#[cfg(feature = "client")]
mod client;
pub mod document;

use openapi_proof::drift::{self, Report};

/// Holds this build's handlers and client against its contract.
pub fn drift() -> Report {
    let report = drift::compare(&crate::api::derived(), document::json());
    #[cfg(feature = "client")]
    let report = report.and(client::differences(document::json()));
    report
}
