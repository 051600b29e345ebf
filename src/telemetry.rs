//! Logs, to stderr: stdout belongs to the one line that says where the server listens.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use crate::config::{Log, LogFormat};

/// Starts logging for the whole process. A second call changes nothing.
///
/// # Errors
/// Where the filter cannot be read.
pub fn start(log: &Log) -> Result<(), ParseError> {
    let filter: EnvFilter = log.filter.parse()?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    // An error says that the process logs already, as in tests that start several servers.
    drop(started);
    Ok(())
}
