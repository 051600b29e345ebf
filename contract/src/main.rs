//! `openapi-proof`: compares OpenAPI documents. Reads files and git, never a server.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use openapi_proof::{
    cli::{CommandError, Diff},
    diff::Report,
};

/// Compares OpenAPI 3.0 and 3.1 documents by proof.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare two documents: what breaks, and for whom.
    ///
    /// Exits with 0 where nothing breaks, 1 where something does or `info.version` did not move
    /// enough, and 2 where the two could not be compared.
    Diff(Diff),
    /// Print the JSON Schema of what `diff --format json` writes.
    Schema,
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(fault) => {
            let cause = fault.source().map(|cause| format!(": {cause}"));
            eprintln!("openapi-proof: {fault}{}", cause.unwrap_or_default());
            ExitCode::from(2)
        }
    }
}

impl Command {
    /// Whether what was asked for holds.
    fn run(self) -> Result<bool, CommandError> {
        match self {
            Self::Diff(diff) => {
                let outcome = diff.run(None)?;
                print(&outcome.text)?;
                if !outcome.passes {
                    eprintln!("openapi-proof: the new document does not pass");
                }
                Ok(outcome.passes)
            }
            Self::Schema => {
                print(&format!("{:#}\n", Report::json_schema()))?;
                Ok(true)
            }
        }
    }
}

/// A reader that closes the pipe early has read enough.
fn print(text: &str) -> Result<(), CommandError> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(fault) if fault.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(fault)),
        _ => Ok(()),
    }
}
