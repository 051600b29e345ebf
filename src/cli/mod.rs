//! The command: one file per subcommand. Those of the client use the typed client and nothing else of this package.

#[cfg(feature = "server")]
mod contract;
#[cfg(feature = "server")]
mod serve;

use std::{fmt, process::ExitCode};

use clap::{Parser, Subcommand};

/// Share cloud backups with other projects: the server, and the client's commands.
#[derive(Parser)]
#[command(name = "backup-share", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the contract, or compare contracts.
    #[cfg(feature = "server")]
    Contract(contract::Contract),
    /// Run the service.
    #[cfg(feature = "server")]
    Serve(serve::Serve),
}

/// Why a command did not do what it was asked for; what the process ends with.
#[derive(Debug)]
enum Failure {
    /// The service refused, or something failed: 1.
    Refused(String),
    /// What was asked for cannot be meant: 2.
    Usage(String),
    /// The service is out of reach: 3.
    OutOfReach(String),
}

type Outcome = Result<(), Failure>;

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        #[cfg(feature = "server")]
        Command::Contract(contract) => contract.run(),
        #[cfg(feature = "server")]
        Command::Serve(serve) => serve.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("backup-share: {failure}");
            failure.exit_code()
        }
    }
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::OutOfReach(_) => ExitCode::from(3),
        }
    }

    /// Something of this machine failed.
    fn failed(error: impl fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Usage(why) | Self::OutOfReach(why) => f.write_str(why),
        }
    }
}
