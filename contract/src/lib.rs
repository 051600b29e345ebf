//! Compares and enforces OpenAPI documents.
//!
//! - [`document`]: reads OpenAPI 3.0 and 3.1 documents, from files and from git.
//! - `diff` (feature `diff`): a document against an older one; what breaks, for whom, with a value
//!   that shows it.
//! - `same` (feature `diff`): whether two documents say the same.
//! - `check` (feature `check`): requests and responses against a document.
//! - `cli` (feature `cli`): the command `openapi-proof`.
//!
//! Nothing in here knows a product.

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "diff")]
pub mod diff;
pub mod document;
#[cfg(feature = "diff")]
pub mod same;
