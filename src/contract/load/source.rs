//! How a document is named on the command line. Reading it has its own place.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// The path that `git:REV` means when it names none.
pub(super) const DEFAULT_PATH: &str = "openapi/backup-share.yaml";

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A file as it was in a revision: `git:REV` or `git:REV:PATH`.
    Git {
        /// What git understands as a revision.
        revision: String,
        /// From the top of the repository.
        path: String,
    },
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix("git:") {
            None => Self::File(PathBuf::from(text)),
            Some(rest) => {
                let (revision, path) = rest.split_once(':').unwrap_or((rest, DEFAULT_PATH));
                Self::Git {
                    revision: revision.to_owned(),
                    path: path.to_owned(),
                }
            }
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Git { revision, path } => write!(f, "git:{revision}:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_revision_without_a_path_means_our_contract() {
        for (text, means) in [
            ("a.yaml", "a.yaml"),
            ("git:main", "git:main:openapi/backup-share.yaml"),
            ("git:main:api/x.json", "git:main:api/x.json"),
        ] {
            assert_eq!(
                text.parse::<Source>().expect("never fails").to_string(),
                means
            );
        }
    }
}
