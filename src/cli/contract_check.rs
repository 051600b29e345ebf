//! `backup-share contract check`: holds this build's handlers and client against its contract.

use clap::Subcommand;

use super::{Failure, Outcome};
use crate::contract::drift;

/// Look at the contract, and hold code against it.
#[derive(Subcommand)]
pub(super) enum Contract {
    /// Prove that handlers, client and contract say the same; exit 1 where they do not.
    Check,
}

impl Contract {
    pub(super) fn run(self) -> Outcome {
        match self {
            Self::Check => check(),
        }
    }
}

fn check() -> Outcome {
    let report = drift::check();
    if !report.agrees() {
        return Err(Failure::Refused(format!("code and contract differ\n\n{report}")));
    }
    println!("{report}");
    Ok(())
}
