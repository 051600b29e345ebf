//! Who was let do what: one line of JSON for each request to an operation, refused ones included. No token, no signature
//! and no body goes there.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::StatusCode;
use serde::Serialize;

use crate::{
    clock::Clock,
    identity::Caller,
    model::{Operation, ProjectId, policy},
    timestamp::Timestamp,
};

/// Where the lines go.
pub struct Audit {
    clock: Arc<dyn Clock>,
    sink: Mutex<Sink>,
}

enum Sink {
    Stderr,
    File(PathBuf, File),
}

/// What becomes known of a request on its way. Shared by all who learn something.
#[derive(Clone, Debug, Default)]
pub(super) struct Note(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    operation: Option<Operation>,
    backup: Option<String>,
    members: Vec<String>,
    caller: Option<Arc<Caller>>,
}

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    request_id: &'a str,
    /// The user's name; null where nobody is known.
    user: Option<&'a str>,
    /// The user's project.
    project: Option<&'a str>,
    action: &'static str,
    backup: Option<&'a str>,
    /// The member in the path, or all that are to be added.
    members: &'a [String],
    outcome: Outcome,
    status: u16,
    code: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Done,
    Refused,
    Failed,
}

impl Audit {
    /// `target`: `stderr`, or a file, to which lines are added.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn open(target: &str, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let sink = match target {
            "stderr" => Sink::Stderr,
            file => Sink::File(file.into(), append_to(Path::new(file))?),
        };
        Ok(Self { clock, sink: Mutex::new(sink) })
    }

    /// Opens the file anew: somebody has moved it away to keep it.
    ///
    /// # Errors
    /// The file cannot be written to; lines go on to where they went.
    pub fn reopen(&self) -> io::Result<()> {
        if let Sink::File(path, file) = &mut *lock(&self.sink) {
            *file = append_to(path)?;
        }
        Ok(())
    }

    /// Writes the line of a request, where it was one to an operation. `code` is that of the error, where there is one.
    pub(super) fn write(&self, note: &Note, request_id: &str, status: StatusCode, code: Option<&'static str>) {
        let known = lock(&note.0);
        let Some(operation) = known.operation else { return };
        let line = Line {
            time: self.clock.now(),
            request_id,
            user: known.caller.as_ref().map(|caller| caller.user_name.as_str()),
            project: known.caller.as_ref().map(|caller| caller.project_id.as_str()),
            action: policy::action(operation),
            backup: known.backup.as_deref(),
            members: &known.members,
            outcome: match status {
                _ if status.is_success() => Outcome::Done,
                _ if status.is_server_error() => Outcome::Failed,
                _ => Outcome::Refused,
            },
            status: status.as_u16(),
            code,
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        // One write for a line: other processes may add to the same file.
        let written = match &mut *lock(&self.sink) {
            Sink::Stderr => io::stderr().write_all(&text),
            Sink::File(_, file) => file.write_all(&text),
        };
        if let Err(error) = written {
            tracing::error!(%error, request_id, "the audit line was not written");
        }
    }
}

impl Note {
    /// What is asked for, as the path has it.
    pub(super) fn asks(&self, operation: Operation, backup: Option<&str>, member: Option<&str>) {
        let mut known = lock(&self.0);
        known.operation = Some(operation);
        known.backup = backup.map(str::to_owned);
        known.members = member.map(str::to_owned).into_iter().collect();
    }

    /// Which operation it was for, where it was for one.
    pub(super) fn operation(&self) -> Option<Operation> {
        lock(&self.0).operation
    }

    /// Who asks.
    pub(super) fn caller(&self, caller: &Arc<Caller>) {
        lock(&self.0).caller = Some(Arc::clone(caller));
    }

    /// Who is to be added.
    pub(super) fn members(&self, members: &[ProjectId]) {
        lock(&self.0).members = members.iter().map(ToString::to_string).collect();
    }
}

/// Nobody can read what others did but who runs the service.
fn append_to(file: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(file)
}

/// A line that was begun by somebody who panicked is no reason to write none any more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
