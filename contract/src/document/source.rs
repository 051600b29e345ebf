//! How a document is named on the command line. Reading it has its own place.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A file as it was in a revision: `git:REV` or `git:REV:PATH`.
    Git {
        /// What git understands as a revision.
        revision: String,
        /// From the top of the repository, where one is named.
        path: Option<String>,
    },
}

impl Source {
    /// The same, in which `git:REV` means the file at `default`.
    #[must_use]
    pub fn or_path(self, default: Option<&str>) -> Self {
        match self {
            Self::Git {
                revision,
                path: None,
            } => Self::Git {
                revision,
                path: default.map(str::to_owned),
            },
            other => other,
        }
    }
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix("git:") {
            None => Self::File(PathBuf::from(text)),
            Some(rest) => {
                let (revision, path) = match rest.split_once(':') {
                    Some((revision, path)) => (revision, Some(path.to_owned())),
                    None => (rest, None),
                };
                Self::Git {
                    revision: revision.to_owned(),
                    path,
                }
            }
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Git { revision, path } => {
                write!(f, "git:{revision}")?;
                path.iter().try_for_each(|path| write!(f, ":{path}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_revision_without_a_path_means_the_default() {
        for (text, means) in [
            ("a.yaml", "a.yaml"),
            ("git:main", "git:main:openapi.yaml"),
            ("git:main:api/x.json", "git:main:api/x.json"),
        ] {
            let source = text.parse::<Source>().expect("never fails");
            assert_eq!(source.to_string(), text);
            assert_eq!(source.or_path(Some("openapi.yaml")).to_string(), means);
        }
    }
}
