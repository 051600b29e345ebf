//! Logs, to stderr: stdout belongs to the one line that says where the server listens. A stderr
//! that is not read holds nothing up: lines are written by a thread, and dropped and counted where
//! it cannot go on.

mod sink;
#[cfg(test)]
mod tests;
mod thread;
mod writer;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal, Write},
    panic,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

pub(crate) use self::{
    sink::append_to,
    writer::{LineWriter, Slot},
};
use crate::config::{Log, LogFormat};

/// The thread that writes to stderr, once there is one. Lines of the log and of the audit share it.
static STDERR: Mutex<Option<Arc<LineWriter>>> = Mutex::new(None);
/// How long a panic's message may wait to be written: the process may end with it.
const PANIC_DEADLINE: Duration = Duration::from_millis(100);

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// There is no thread that writes to stderr.
    #[error("cannot write to stderr: {0}")]
    Stderr(#[from] io::Error),
}

/// Starts logging for the whole process. A second call changes nothing.
///
/// # Errors
/// [`LogError`].
pub fn start(log: &Log) -> Result<(), LogError> {
    let filter: EnvFilter = log.filter.parse()?;
    let stderr = stderr()?;
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(move || LogLine(Arc::clone(&stderr)));
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    // An error says that the process logs already, as in tests that start several servers.
    if started.is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// Waits until an instant for what was logged to be written.
pub fn flush(until: Instant) {
    if let Some(stderr) = lock().as_ref().map(Arc::clone) {
        stderr.flush(until);
    }
}

/// How many lines were dropped since the start because stderr was not read.
pub fn dropped_lines() -> u64 {
    lock().as_ref().map_or(0, |stderr| stderr.dropped())
}

/// The writer of stderr.
pub(crate) fn stderr() -> io::Result<Arc<LineWriter>> {
    let mut started = lock();
    match started.as_ref() {
        Some(stderr) => Ok(Arc::clone(stderr)),
        None => Ok(Arc::clone(started.insert(Arc::new(LineWriter::stderr()?)))),
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<Arc<LineWriter>>> {
    STDERR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The message of a panic goes the way of all lines: the standard library would wait for stderr.
fn log_panic(panic: &panic::PanicHookInfo) {
    let trace = Backtrace::capture();
    let trace =
        (trace.status() == BacktraceStatus::Captured).then(|| tracing::field::display(trace));
    tracing::error!(%panic, trace, "panicked");
    flush(Instant::now() + PANIC_DEADLINE);
}

/// The writer of a line of the log, which comes in one piece.
struct LogLine(Arc<LineWriter>);

impl Write for LogLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.offer(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
