//! Why a command failed, and the exit code of the process.

use std::{fmt, process::ExitCode};

use reqwest::StatusCode;

use crate::client::{self, FailureKind, types};

/// Why a command failed, in one sentence.
#[derive(Clone, Debug)]
pub(super) enum CliError {
    /// The service refused, or something failed: 1.
    Refused(String),
    /// The service refused the token: 1.
    Unauthorized(String),
    /// Wrong usage: 2.
    Usage(String),
    /// The service is out of reach: 3.
    OutOfReach(String),
}

/// The error of a call, read to its end.
pub(super) async fn refusal(error: client::Error<types::Error>) -> CliError {
    client::Failure::read(error).await.into()
}

impl From<client::Failure> for CliError {
    fn from(failure: client::Failure) -> Self {
        match failure.kind {
            FailureKind::Refused if failure.status == Some(StatusCode::UNAUTHORIZED) => {
                Self::Unauthorized(failure.to_string())
            }
            FailureKind::Refused => Self::Refused(failure.to_string()),
            FailureKind::Misuse => Self::Usage(failure.to_string()),
            FailureKind::OutOfReach => Self::OutOfReach(failure.to_string()),
        }
    }
}

impl CliError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) | Self::Unauthorized(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::OutOfReach(_) => ExitCode::from(3),
        }
    }

    /// The same kind of failure, in other words. What was refused is not going to be tried again.
    pub(super) fn saying(&self, why: String) -> Self {
        match self {
            Self::Refused(_) | Self::Unauthorized(_) => Self::Refused(why),
            Self::Usage(_) => Self::Usage(why),
            Self::OutOfReach(_) => Self::OutOfReach(why),
        }
    }

    /// Something of this machine failed.
    pub(super) fn failed(error: impl fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why)
            | Self::Unauthorized(why)
            | Self::Usage(why)
            | Self::OutOfReach(why) => f.write_str(why),
        }
    }
}
