//! `backup-share contract`: prints the contract, compares contracts, and holds the code against it.
//! Reads files and git; never a server.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use openapi_proof::{cli::Diff, diff::Report};

use super::{Failure, Outcome};
use crate::contract::{self, document};

/// The file that `git:REV` means.
const PATH: &str = "openapi/backup-share.yaml";

/// The contract of this service, and its comparison with others.
#[derive(Args)]
pub(super) struct Contract {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Subcommand)]
enum ContractCommand {
    /// Print the contract that this build carries.
    Show {
        /// As JSON instead of the YAML that it was written in.
        #[arg(long)]
        json: bool,
    },
    /// Prove that handlers and contract say the same.
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
    let found = contract::drift().map_err(Failure::failed)?;
    if found.agree() {
        return print("The handlers and the contract say the same.\n");
    }
    let found = found.text(["code", "contract"]);
    Err(Failure::Refused(format!(
        "code and contract differ\n\n{found}"
    )))
}

impl Contract {
    pub(super) fn run(self) -> Outcome {
        match self.command {
            ContractCommand::Show { json: false } => print(document::YAML),
            ContractCommand::Show { json: true } => print_json(document::json()),
            ContractCommand::Schema => print_json(&Report::json_schema()),
            ContractCommand::Check => check(),
            ContractCommand::Diff(it) => diff(it),
        }
    }
}

fn diff(diff: Diff) -> Outcome {
    let outcome = diff
        .run(Some(PATH))
        .map_err(|fault| Failure::Usage(fault.to_string()))?;
    print(&outcome.text)?;
    if outcome.passes {
        Ok(())
    } else {
        Err(Failure::Refused(
            "the new contract does not pass".to_owned(),
        ))
    }
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
