//! The contract as this build carries it, and what is held against it: handlers, requests and
//! responses. How documents are compared and enforced is the crate `openapi_proof`'s.

pub mod check;
pub mod document;

use std::error::Error;

use openapi_proof::{
    document::of_value,
    same::{Differences, differences},
};
use serde_json::Value;

/// Compares what handlers say of themselves (the code) with a contract.
///
/// # Errors
/// One of the two is no document that holds together, or the comparison came to no end.
pub fn drift(code: &Value, contract: &Value) -> Result<Differences, Box<dyn Error>> {
    let code = of_value("the code", code.clone(), String::new())?;
    let contract = of_value("the contract", contract.clone(), String::new())?;
    Ok(differences(&code, &contract)?)
}
