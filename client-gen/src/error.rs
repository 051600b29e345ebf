//! What can go wrong between a contract and its client, each with the place. Whatever is wrong in a contract carries
//! the JSON pointer of it.

use std::{io, path::PathBuf};

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read at all.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is neither YAML nor JSON.
    #[error("{}:{line}:{column}: {reason}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1; 0 where it is not known.
        line: u64,
        /// The column, from 1; 0 where it is not known.
        column: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The contract is not a document that a client can be made of.
    #[error("#{pointer}: {reason}")]
    Contract {
        /// Where in the contract: a JSON pointer (RFC 6901), empty for the whole document.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
    /// The settings name something that is no Rust, or not in the contract.
    #[error("setting `{setting}`: {reason}")]
    Setting {
        /// The field of [`Settings`](crate::Settings).
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// The JSON pointer of the place in the contract, where the contract is at fault.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Contract { pointer, .. } => Some(pointer),
            Self::Unreadable { .. } | Self::Malformed { .. } | Self::Setting { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn only_a_fault_of_the_contract_has_a_pointer() {
        let fault = Error::Contract { pointer: "/paths".to_owned(), reason: "missing".to_owned() };
        assert_eq!(fault.to_string(), "#/paths: missing");
        assert_eq!(fault.pointer(), Some("/paths"));
        let setting = Error::Setting { setting: "inner_type", reason: "not a type".to_owned() };
        assert_eq!(setting.pointer(), None);
    }
}
