//! The command's arguments, and what it does with them: by itself (`openapi-proof`), and as a part
//! of other commands, which print and end as they do otherwise.

use std::{
    fs,
    io::{IsTerminal, stdout},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    diff::{
        self, CompareError, Settings,
        accepted::{AcceptedError, Breaks},
        render,
    },
    document::{self, LoadError, Source},
    same,
};

/// Two documents to compare, and how.
#[derive(Args, Debug)]
pub struct Diff {
    /// The old document: a file, `git:REV`, or `git:REV:PATH`.
    base: Source,
    /// The new document; without it, the file of the working tree.
    head: Option<Source>,
    /// How to write the result.
    #[arg(long, value_enum, default_value = "text")]
    format: FormatArgument,
    /// A YAML or TOML file that lists accepted breaks, each with pointer, rule, reason and expires.
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
    /// Do not ask that `info.version` moves with the changes.
    #[arg(long)]
    no_version_check: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArgument {
    Text,
    Json,
    Markdown,
    Github,
    Html,
}

/// Two documents that are to say the same.
#[derive(Args, Debug)]
pub struct Same {
    /// A document: a file, or `git:REV:PATH`.
    first: Source,
    /// The other one.
    second: Source,
}

/// What there is to print, and whether the documents pass.
#[derive(Debug)]
pub struct Outcome {
    /// The report in the format that was asked for.
    pub text: String,
    /// Whether what was asked for holds: nothing breaks and the version moved as it must, or the
    /// documents say the same.
    pub passes: bool,
}

/// Why there is no report: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A document cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The list of accepted breaks cannot be opened.
    #[error("{}: {reason}", file.display())]
    Unreadable {
        /// The list.
        file: PathBuf,
        /// What the operating system said.
        reason: std::io::Error,
    },
    /// The list of accepted breaks is wrong.
    #[error("{}: {reason}", file.display())]
    Accepted {
        /// The list.
        file: PathBuf,
        /// What is wrong with it.
        reason: AcceptedError,
    },
    /// The comparison came to no end.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The report cannot be printed.
    #[error("the report cannot be printed")]
    Output(#[source] std::io::Error),
}

impl Diff {
    /// Compares. `default_path` is the file that `git:REV` means.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was compared.
    pub fn run(self, default_path: Option<&str>) -> Result<Outcome, CommandError> {
        let settings = Settings {
            accepted: self.accepted()?,
            no_version_check: self.no_version_check,
        };
        let base = self.base.or_path(default_path);
        let head = match self.head {
            Some(source) => source.or_path(default_path),
            None => in_working_tree(&base, default_path),
        };
        let (base, head) = (document::load(&base)?, document::load(&head)?);
        let report = diff::compare(&base, &head, &settings)?;
        Ok(Outcome {
            text: render::render(&report, self.format.into(), &head.text),
            passes: report.passes(),
        })
    }

    fn accepted(&self) -> Result<Breaks, CommandError> {
        let Some(file) = &self.allow else {
            return Ok(Breaks::default());
        };
        let text = fs::read_to_string(file).map_err(|reason| CommandError::Unreadable {
            file: file.clone(),
            reason,
        })?;
        Breaks::read(&text, is_toml(file), today()).map_err(|reason| CommandError::Accepted {
            file: file.clone(),
            reason,
        })
    }
}

impl Same {
    /// Compares.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was compared.
    pub fn run(self) -> Result<Outcome, CommandError> {
        let (first, second) = (document::load(&self.first)?, document::load(&self.second)?);
        let found = same::differences(&first, &second)?;
        let text = if found.agree() {
            "the documents say the same\n".to_owned()
        } else {
            found.text([&first.name, &second.name]) + "\n"
        };
        Ok(Outcome {
            text,
            passes: found.agree(),
        })
    }
}

fn in_working_tree(base: &Source, default_path: Option<&str>) -> Source {
    let path = match base {
        Source::Git { path, .. } => path.as_deref(),
        Source::File(_) => default_path,
    };
    document::working_file(path.or(default_path).unwrap_or_default())
}

impl From<FormatArgument> for render::Format {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Text => Self::Text {
                colour: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            },
            FormatArgument::Json => Self::Json,
            FormatArgument::Markdown => Self::Markdown,
            FormatArgument::Github => Self::Github,
            FormatArgument::Html => Self::Html,
        }
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn is_toml(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}
