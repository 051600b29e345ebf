//! Makes typed Rust from an OpenAPI 3.1 contract, at build time.
//!
//! Progenitor reads OpenAPI 3.0 only, so the contract is lowered to 3.0.3 on the way, in memory:
//!
//! 1. [`load()`] reads a YAML or JSON file, key order kept, as `openapi_proof` reads documents;
//! 2. [`lower()`] turns a 3.1 document into a 3.0.3 one that means the same to a client, and notes
//!    what it left out;
//! 3. [`client()`] makes the client's source of the lowered document, [`mock()`] that of typed
//!    mocks, and [`operations()`] an enum of the operations.
//!
//! What a 3.0 document cannot say is either something that only narrows (then it is dropped, and a
//! [`Note`] says so) or something that changes the shape of a value (then it is an [`Error`] with
//! the JSON pointer of the place). No input makes this crate panic.
//!
//! `cargo run -p client-gen -- lower FILE` shows the lowered document.
//!
//! Nothing in here knows a product: names, hooks and replacements come in through [`Settings`].
//!
//! ```
//! let contract = serde_json::json!({
//!     "openapi": "3.1.1",
//!     "info": {"title": "Pets", "version": "1"},
//!     "paths": {"/pets/{name}": {"get": {
//!         "operationId": "show_pet",
//!         "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
//!         "responses": {"200": {"description": "The pet.", "content": {"application/json": {
//!             "schema": {"type": "object", "properties": {"age": {"type": ["integer", "null"]}}}
//!         }}}}
//!     }}}
//! });
//! let lowered = client_gen::lower(&contract)?;
//! let source = client_gen::client(&lowered.document, &client_gen::Settings::default())?;
//! assert!(source.contains("pub fn show_pet(&self)"));
//! assert!(client_gen::operations(&lowered.document)?.contains("ShowPet"));
//! # Ok::<(), client_gen::Error>(())
//! ```

mod culprit;
mod error;
mod generate;
mod grammar;
mod lower;
mod operations;
mod place;
mod settings;

pub use error::Error;
pub use generate::{client, mock};
pub use lower::{Lowered, Note, lower};
pub use operations::operations;
pub use settings::{Replacement, Settings, TypeImpl};

use std::path::Path;

use openapi_proof::document::{self, Source};
use serde_json::Value;

/// Reads a contract from a file.
///
/// # Errors
/// [`Error::Document`], with the file, and the line or the JSON pointer of the fault.
pub fn load(file: impl AsRef<Path>) -> Result<Value, Error> {
    let source = Source::File(file.as_ref().to_owned());
    Ok(document::load(&source)?.value)
}
