//! `backup-share contract`: prints the contract, compares contracts, and holds the code against it.
//! Reads files and git; never a server.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::{civil::Date, tz::TimeZone};

use super::{Failure, Outcome};
use crate::{
    clock::{Clock, SystemClock},
    contract::{
        diff::{self, Report, Settings, accepted::Breaks, render},
        document, drift,
        load::{self, Source},
    },
};

/// The contract of this service, and its comparison with others.
#[derive(Args)]
pub(super) struct Contract {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the contract that this build carries.
    Show {
        /// As JSON instead of the YAML that it was written in.
        #[arg(long)]
        json: bool,
    },
    /// Prove that handlers, client and contract say the same.
    ///
    /// Exits with 1 where they do not, and prints each difference with an example.
    Check,
    /// Compare two OpenAPI 3.0 or 3.1 documents: what breaks, and for whom.
    ///
    /// Exits with 0 where nothing breaks, 1 where something does or `info.version` did not move
    /// enough, and 2 where the two could not be compared.
    Diff(Diff),
    /// Print the JSON Schema of what `diff --format json` writes.
    Schema,
}

fn check() -> Outcome {
    let report = drift::check();
    if report.agrees() {
        return print(&format!("{report}\n"));
    }
    Err(Failure::Refused(format!(
        "code and contract differ\n\n{report}"
    )))
}

#[derive(Args)]
struct Diff {
    /// The old document: a file, `git:REV`, or `git:REV:PATH`.
    base: Source,
    /// The new document; without it, the file of the working tree.
    head: Option<Source>,
    /// How to write the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// A YAML or TOML file that lists accepted breaks, each with pointer, rule, reason and expires.
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
    /// Do not ask that `info.version` moves with the changes.
    #[arg(long)]
    no_version_check: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
    Github,
    Html,
}

impl Contract {
    pub(super) fn run(self) -> Outcome {
        match self.command {
            Command::Show { json: false } => print(document::YAML),
            Command::Show { json: true } => print_json(document::json()),
            Command::Schema => print_json(&Report::json_schema()),
            Command::Check => check(),
            Command::Diff(diff) => diff.run(),
        }
    }
}

impl Diff {
    fn run(self) -> Outcome {
        let settings = Settings {
            accepted: self.accepted()?,
            no_version_check: self.no_version_check,
        };
        let base = load::load(&self.base).map_err(usage)?;
        let source = self.head.unwrap_or_else(|| load::working_file(&self.base));
        let head = load::load(&source).map_err(usage)?;
        let report = diff::compare(&base, &head, &settings).map_err(usage)?;
        print(&render::render(&report, self.format.into(), &head.text))?;
        if report.passes() {
            Ok(())
        } else {
            Err(Failure::Refused(
                "the new contract does not pass".to_owned(),
            ))
        }
    }

    fn accepted(&self) -> Result<Breaks, Failure> {
        let Some(file) = &self.allow else {
            return Ok(Breaks::default());
        };
        let text = fs::read_to_string(file)
            .map_err(|fault| usage(format!("{}: {fault}", file.display())))?;
        Breaks::read(&text, is_toml(file), today())
            .map_err(|fault| usage(format!("{}: {fault}", file.display())))
    }
}

impl From<Format> for render::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text {
                colour: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            },
            Format::Json => Self::Json,
            Format::Markdown => Self::Markdown,
            Format::Github => Self::Github,
            Format::Html => Self::Html,
        }
    }
}

fn today() -> Date {
    let now = jiff::Timestamp::from_microsecond(SystemClock.now().as_micros())
        .unwrap_or(jiff::Timestamp::MAX);
    now.to_zoned(TimeZone::UTC).date()
}

fn is_toml(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn print_json(value: &serde_json::Value) -> Outcome {
    print(&(serde_json::to_string_pretty(value).map_err(Failure::failed)? + "\n"))
}

/// Whoever closes the pipe early has read enough.
fn print(text: &str) -> Outcome {
    match io::stdout().write_all(text.as_bytes()) {
        Err(fault) if fault.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(fault)),
        _ => Ok(()),
    }
}
