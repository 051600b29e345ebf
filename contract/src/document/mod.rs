//! Reads any OpenAPI 3.0 or 3.1 document: from a file, or from a revision by the `git` command.
//! What cannot be read, or is no document that could be compared, is one error with its line or
//! JSON pointer. Nothing is ever fetched.

mod git;
mod integrity;
mod keywords;
#[cfg(any(feature = "check", feature = "diff"))]
#[cfg_attr(
    not(feature = "diff"),
    allow(dead_code, reason = "the check asks for less")
)]
pub(crate) mod node;
pub mod pointer;
mod source;
mod walk;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    thread,
};

use serde_json::Value;

pub use git::working_file;
#[cfg(feature = "diff")]
pub(crate) use integrity::template;
pub use integrity::too_deep;
#[cfg(feature = "diff")]
pub(crate) use keywords::FIELDS;
pub use keywords::{METHODS, PROSE, is_prose};
pub use source::Source;
#[cfg(feature = "diff")]
pub(crate) use walk::{Site, below};

/// The largest document that is read, in bytes. The largest public ones have about 12 MB.
pub const MAX_BYTES: u64 = 24 * 1024 * 1024;

/// How deep a document may nest; real ones stay below 40. Nothing recurses into deeper ones.
pub const MAX_DEPTH: usize = 100;

/// Room for what nests as deep as that, also in a build without optimisation.
const STACK: usize = 256 * 1024 * 1024;

/// A document that was read, and holds together: its references lead somewhere, its operations have
/// one name each.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it came from, as the user named it.
    pub name: String,
    /// What it says, as it was written.
    pub value: Value,
    /// Its text, for finding lines.
    pub text: String,
}

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No such file, or no such file in that revision.
    #[error("{name} cannot be read: {reason}")]
    Unreadable {
        /// The document.
        name: String,
        /// What the operating system or git said.
        reason: String,
    },
    /// More than [`MAX_BYTES`].
    #[error("{name} is larger than {} MiB, which is the most that is read", MAX_BYTES / 1024 / 1024)]
    TooLarge {
        /// The document.
        name: String,
    },
    /// Neither YAML nor JSON.
    #[error("{name}:{line}:{column}: {reason}")]
    Malformed {
        /// The document.
        name: String,
        /// From 1; 0 where it is not known.
        line: u64,
        /// From 1; 0 where it is not known.
        column: u64,
        /// What is wrong there.
        reason: String,
    },
    /// Well-formed, but no OpenAPI document that could be compared.
    #[error("{name}#{}: {}", one_line(pointer), one_line(reason))]
    Document {
        /// The document.
        name: String,
        /// A JSON pointer, empty for the whole document.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
}

/// Reads a document.
///
/// # Errors
/// [`LoadError`], for the first thing that is wrong.
pub fn load(source: &Source) -> Result<Document, LoadError> {
    let name = source.to_string();
    let bytes = match source {
        Source::File(file) => read(&name, file)?,
        Source::Git { revision, path } => {
            git::show(&name, revision, path.as_deref().unwrap_or_default())?
        }
    };
    parse(&name, bytes)
}

/// Reads a document that is in memory already.
///
/// # Errors
/// [`LoadError`], for the first thing that is wrong.
pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Document, LoadError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(LoadError::TooLarge {
            name: name.to_owned(),
        });
    }
    let text = String::from_utf8(bytes).map_err(|fault| {
        let before = &fault.as_bytes()[..fault.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        malformed(name, line, 0, "the text is not UTF-8".to_owned())
    })?;
    let value = if text.trim_start().starts_with('{') {
        json(name, &text)
    } else {
        yaml(name, &text)
    }?;
    of_value(name, value, text)
}

/// Checks a document that is a value already.
///
/// # Errors
/// [`LoadError::Document`], for the first thing that is wrong.
pub fn of_value(name: &str, value: Value, text: String) -> Result<Document, LoadError> {
    integrity::check(&value).map_err(|(pointer, reason)| LoadError::Document {
        name: name.to_owned(),
        pointer,
        reason,
    })?;
    Ok(Document {
        name: name.to_owned(),
        value,
        text,
    })
}

fn read(name: &str, file: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |fault: io::Error| LoadError::Unreadable {
        name: name.to_owned(),
        reason: fault.to_string(),
    };
    let file = File::open(file).map_err(unreadable)?;
    limited(name, file).map_err(unreadable)?
}

/// Never more than the limit and one byte, whatever it is that is read.
fn limited(name: &str, reader: impl Read) -> io::Result<Result<Vec<u8>, LoadError>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = bytes.len() as u64 <= MAX_BYTES;
    Ok(if fits {
        Ok(bytes)
    } else {
        Err(LoadError::TooLarge {
            name: name.to_owned(),
        })
    })
}

fn json(name: &str, text: &str) -> Result<Value, LoadError> {
    // A YAML flow mapping starts like JSON; what is neither gets the message of the YAML reader
    // only if it got further.
    serde_json::from_str(text).or_else(|fault| {
        yaml(name, text).map_err(|_| {
            malformed(
                name,
                fault.line() as u64,
                fault.column() as u64,
                fault.to_string(),
            )
        })
    })
}

fn yaml(name: &str, text: &str) -> Result<Value, LoadError> {
    let failed = || malformed(name, 0, 0, "reading it failed".to_owned());
    let read = thread::scope(|scope| {
        // The reader recurses into what nests, further than the stack of a thread usually reaches.
        let reader = thread::Builder::new().stack_size(STACK);
        let reader = reader.spawn_scoped(scope, || {
            serde_saphyr::from_str_with_options(text, yaml_limits())
        });
        reader.map_err(|_| failed())?.join().map_err(|_| failed())
    })?;
    read.map_err(|fault| {
        let (line, column) = fault
            .location()
            .map_or((0, 0), |at| (at.line(), at.column()));
        let reason = fault.without_snippet().to_string();
        malformed(
            name,
            line,
            column,
            reason.lines().next().unwrap_or_default().to_owned(),
        )
    })
}

/// Room for the largest documents, and still none for documents that grow by aliases.
fn yaml_limits() -> serde_saphyr::Options {
    serde_saphyr::options! {
        // The core schema of YAML 1.2, as OpenAPI has it: `no` and `1_000` are text.
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        budget: serde_saphyr::budget! { max_nodes: 4_000_000, max_events: 10_000_000, max_depth: MAX_DEPTH },
    }
}

/// What is quoted of a document moves no cursor and begins no line.
pub fn one_line(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(shown).collect()
}

fn malformed(name: &str, line: u64, column: u64, reason: String) -> LoadError {
    LoadError::Malformed {
        name: name.to_owned(),
        line,
        column,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::yaml;

    #[test]
    fn words_that_older_yaml_takes_for_booleans_are_text() {
        let document =
            yaml("x.yaml", "enum: [y, NO, on, off, yes, 1_000, true]").expect("well-formed");
        assert_eq!(
            document.to_string(),
            r#"{"enum":["y","NO","on","off","yes","1_000",true]}"#
        );
    }
}
