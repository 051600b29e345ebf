//! Data files: projects, users, vaults, backups and first shares in YAML, of any size: no more than
//! some thousand records are in memory at a time.
//!
//! A file is read twice (`data`). The first reading writes nothing, so that a file with a mistake
//! is refused as a whole: each record by itself (`rules`), what is there twice (`seen`), and what it
//! refers to (`check`). The second (`records`) takes it over, in transactions that are short enough
//! for a server that is running on the same store. `stream` finds records in a file, `source` reads
//! them ahead, `file` has their shapes, and `lines` the lines of mistakes;
//! `export` writes one.

mod check;
mod data;
mod error;
mod export;
mod file;
mod lines;
mod mistake;
mod projects;
mod records;
mod rules;
mod seen;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod yaml;

use std::{path::Path, sync::Arc};

use serde_json::Value;

use self::file::DataFile;
pub use self::{
    data::{Checked, Data, Tell},
    error::CatalogError,
    export::{ExportError, export},
    mistake::Mistakes,
    source::STANDARD_STREAM,
};
use crate::{
    clock::Clock,
    model::policy::Policy,
    store::{Loaded, Store},
};

/// The data that `--demo` starts with; the contract's examples name the same ids.
pub const DEMO: &str = include_str!("demo.yaml");

/// What data is held against besides itself and the store.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether another service knows the projects, such as Keystone: then neither file nor store
    /// need know them.
    pub foreign_projects: bool,
    /// The roles that there are; `None` where any may be.
    pub policy: Option<Policy>,
}

/// How far a file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whether its records go into the store by now; before, they are only looked at.
    pub loading: bool,
    /// Bytes that were read.
    pub done: u64,
    /// Bytes to read.
    pub all: u64,
}

/// The JSON Schema of data files.
pub fn schema() -> Value {
    schemars::schema_for!(DataFile).into()
}

/// Reads a data file and takes it over.
///
/// # Errors
/// [`CatalogError`], with the mistakes.
pub async fn load(
    path: &Path,
    store: &dyn Store,
    clock: &Arc<dyn Clock>,
) -> Result<Loaded, CatalogError> {
    let checked = Data::open(path)?
        .check(&store, &Environment::default(), &|_| {})
        .await?;
    checked.load(store, clock.as_ref(), &|_| {}).await
}

/// Takes over the text of a data file; `file` names it in errors.
///
/// # Errors
/// [`CatalogError`], with the mistakes.
pub async fn load_text(
    file: &str,
    text: &str,
    store: &dyn Store,
    clock: &Arc<dyn Clock>,
) -> Result<Loaded, CatalogError> {
    let checked = Data::text(file, text)
        .check(&store, &Environment::default(), &|_| {})
        .await?;
    checked.load(store, clock.as_ref(), &|_| {}).await
}
