//! What can go wrong between a contract and its client, each with the place. Whatever is wrong in a
//! contract carries the JSON pointer of it.

use openapi_proof::document::{LoadError, one_line};

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read, or holds no OpenAPI document.
    #[error(transparent)]
    Document(#[from] LoadError),
    /// The contract is not a document that a client can be made of.
    #[error("#{}: {}", one_line(pointer), one_line(reason))]
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
            Self::Contract { pointer, .. }
            | Self::Document(LoadError::Document { pointer, .. }) => Some(pointer),
            Self::Document(_) | Self::Setting { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn a_fault_is_told_in_one_line_whatever_it_quotes() {
        let fault = Error::Contract {
            pointer: "/a\nb".to_owned(),
            reason: "`3.\r\n` is \u{1b}[31mwrong".to_owned(),
        };
        assert_eq!(fault.to_string(), r"#/a\nb: `3.\r\n` is \u{1b}[31mwrong");
        assert_eq!(fault.pointer(), Some("/a\nb"), "as it is");
    }

    #[test]
    fn only_a_fault_of_the_contract_has_a_pointer() {
        let fault = Error::Contract {
            pointer: "/paths".to_owned(),
            reason: "missing".to_owned(),
        };
        assert_eq!(fault.to_string(), "#/paths: missing");
        assert_eq!(fault.pointer(), Some("/paths"));
        let setting = Error::Setting {
            setting: "inner_type",
            reason: "not a type".to_owned(),
        };
        assert_eq!(setting.pointer(), None);
    }
}
