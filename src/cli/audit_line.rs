//! What a command did to a store, in the audit log: lines of JSON beside those of requests. No token
//! goes there.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use serde::Serialize;

use super::{CliError, CommandResult};
use crate::{clock::Clock, telemetry, timestamp::Timestamp};

/// How many ids are in a line, and how long each may be, in characters.
const IDS: usize = 100;
const LONGEST: usize = 128;

/// Where the lines go. Opened before anything is done: what cannot be logged is not done.
pub(super) enum CommandAudit {
    Nowhere,
    Stderr,
    File(String, File),
}

/// What became of a command.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    Done,
    Refused,
    Failed,
}

#[derive(Serialize)]
struct CommandRecord<'a> {
    time: Timestamp,
    /// Who ran the command on this machine.
    user: &'a str,
    action: &'a str,
    ids: Vec<String>,
    outcome: Ended,
}

impl CommandAudit {
    /// `target`: the setting `audit`.
    pub(super) fn open(target: &str) -> Result<Self, CliError> {
        match target {
            "" => Ok(Self::Nowhere),
            "stderr" => Ok(Self::Stderr),
            file => {
                let opened = telemetry::append_to(Path::new(file));
                let failed =
                    |error| CliError::failed(format!("audit: cannot write to {file}: {error}"));
                opened
                    .map(|opened| Self::File(file.to_owned(), opened))
                    .map_err(failed)
            }
        }
    }

    /// Writes what became of a command on these ids.
    pub(super) fn write(
        mut self,
        clock: &dyn Clock,
        action: &str,
        ids: &[String],
        outcome: Ended,
    ) -> CommandResult {
        if let Self::Nowhere = self {
            return Ok(());
        }
        let (time, user) = (clock.now(), user());
        for some in ids.chunks(IDS) {
            let ids = some
                .iter()
                .map(|id| id.chars().take(LONGEST).collect())
                .collect();
            let line = CommandRecord {
                time,
                user: &user,
                action,
                ids,
                outcome,
            };
            let mut text = serde_json::to_vec(&line).map_err(CliError::failed)?;
            text.push(b'\n');
            self.append(&text)?;
        }
        Ok(())
    }

    /// One write for a line: others add to the same file.
    fn append(&mut self, text: &[u8]) -> CommandResult {
        let (name, written) = match self {
            Self::Nowhere => return Ok(()),
            Self::Stderr => ("stderr", io::stderr().write_all(text)),
            Self::File(name, file) => (name.as_str(), file.write_all(text)),
        };
        written.map_err(|error| {
            CliError::failed(format!(
                "the command has run, but its line in the audit {name} was not written: {error}"
            ))
        })
    }
}

/// The name of the user that this runs as, or the number where the machine's own list has no name
/// for it.
fn user() -> String {
    let number = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        fields.next().filter(|_| fields.nth(1) == Some(&number))
    });
    named.map_or_else(|| format!("uid {number}"), str::to_owned)
}
