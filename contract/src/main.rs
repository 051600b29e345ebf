//! `openapi-proof`: compares OpenAPI documents. Reads files and git, never a server.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use openapi_proof::{
    cli::{CommandError, Diff, Outcome, Same},
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
    /// Prove that two documents say the same, whatever they say for people.
    ///
    /// Exits with 0 where they do, 1 where they do not, and 2 where they could not be compared.
    /// Prints each difference, with a value that one accepts and the other refuses.
    Same(Same),
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
            Self::Diff(diff) => ended(diff.run(None)?, "the new document does not pass"),
            Self::Same(same) => ended(same.run()?, "the documents differ"),
            Self::Schema => {
                print(&format!("{:#}\n", Report::json_schema()))?;
                Ok(true)
            }
        }
    }
}

fn ended(outcome: Outcome, otherwise: &str) -> Result<bool, CommandError> {
    print(&outcome.text)?;
    if !outcome.passes {
        eprintln!("openapi-proof: {otherwise}");
    }
    Ok(outcome.passes)
}

/// A reader that closes the pipe early has read enough.
fn print(text: &str) -> Result<(), CommandError> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(fault) if fault.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(fault)),
        _ => Ok(()),
    }
}
