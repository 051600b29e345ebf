//! Who was let do what: one line of JSON for each request to an operation, refused ones included.
//! No token, no signature and no body goes there. A slot for its line is reserved before anything
//! is done for a request: what was done is written down, however slow the target is. How lines
//! reach their target is in `telemetry`.

mod line;
mod note;

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use self::line::AuditLine;
pub(super) use self::note::RequestNote;
use crate::{
    clock::Clock,
    model::{Error, Result},
    telemetry::{self, LineWriter, Slot},
};

/// How long a request waits for a slot for its line.
const RESERVE_DEADLINE: Duration = Duration::from_secs(5);
/// How long it may take to open the file again.
const REOPEN_DEADLINE: Duration = Duration::from_secs(5);

/// Where the lines go.
pub struct Audit {
    clock: Arc<dyn Clock>,
    lines: Arc<LineWriter>,
}

impl Audit {
    /// `target`: `stderr`, or a file, to which lines are added.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn open(target: &str, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let lines = match target {
            "stderr" => telemetry::stderr()?,
            file => Arc::new(LineWriter::file(Path::new(file))?),
        };
        Ok(Self { clock, lines })
    }

    /// Opens the file again: it may have been moved away to be archived.
    ///
    /// # Errors
    /// The file cannot be written to; lines go on to where they went.
    pub async fn reopen(&self) -> io::Result<()> {
        self.lines.reopen(REOPEN_DEADLINE).await
    }

    /// Waits until an instant for the lines of all requests to be written; how many are not written
    /// by then. Blocks.
    pub fn flush(&self, until: Instant) -> usize {
        self.lines.flush(until)
    }

    /// A slot for a request's line.
    async fn reserve(&self) -> Result<Slot> {
        let slot = self.lines.reserve(RESERVE_DEADLINE).await;
        slot.ok_or(Error::Busy("the audit's target takes no more lines"))
    }

    fn write(&self, slot: Slot, line: &AuditLine) {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        slot.fill(&text);
    }
}
