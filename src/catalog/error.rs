//! Why a data file was not taken over.

use crate::{error_chain, model};

use super::mistake::Mistakes;

/// Why a data file was not taken over. Nothing of it was, unless [`CatalogError::Halfway`] says so.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It does not say what a data file may say.
    #[error("{0}")]
    Mistakes(Mistakes),
    /// It is not what was checked.
    #[error("{file} was changed while it was loaded; {records} of its records are there")]
    Changed {
        /// The file.
        file: String,
        /// How many of its records the store has.
        records: usize,
    },
    /// The store refused it, or could not be asked about it.
    #[error("cannot take over {file}: {}", error_chain::full(.source))]
    Store {
        /// The file.
        file: String,
        /// Why.
        source: model::Error,
    },
    /// The store failed when a part of it was taken over.
    #[error(
        "cannot take over the rest of {file}: {}; {records} records are there, \
         and loading it again adds the others",
        error_chain::full(.source)
    )]
    Halfway {
        /// The file.
        file: String,
        /// How many of its records the store has.
        records: usize,
        /// Why.
        source: model::Error,
    },
}
