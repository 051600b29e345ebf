//! Where we are in a document: a path of keys that grows on the stack, and becomes a JSON pointer
//! only when asked.

use std::fmt;

use openapi_proof::document::pointer::escape;

use crate::Error;

/// A place in a document, by the keys that lead to it.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The document itself.
    Root,
    /// The value under a key of an object.
    Key(&'a Place<'a>, &'a str),
    /// An element of an array.
    Index(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    /// The value under `key`.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// The element number `index`.
    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The contract is at fault here.
    pub(crate) fn error(&self, reason: impl fmt::Display) -> Error {
        Error::Contract {
            pointer: self.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// The JSON pointer (RFC 6901), with `~` and `/` in keys escaped.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(parent, key) => {
                write!(f, "{parent}/{}", escape(key))
            }
            Self::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_reads_as_a_json_pointer() {
        let root = Place::Root;
        assert_eq!(root.to_string(), "");
        let paths = root.key("paths");
        let path = paths.key("/v3/{a}~b");
        let parameters = path.key("parameters");
        assert_eq!(
            parameters.index(2).to_string(),
            "/paths/~1v3~1{a}~0b/parameters/2"
        );
    }
}
