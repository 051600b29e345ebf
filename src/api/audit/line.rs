//! How a line of the audit looks.

use axum::http::StatusCode;
use serde::Serialize;

use crate::timestamp::Timestamp;

/// The most characters of an id or a name: what callers send may be far longer.
const MAX_CHARACTERS: usize = 128;

/// A line, as JSON.
#[derive(Serialize)]
pub(super) struct AuditLine<'a> {
    pub(super) time: Timestamp,
    pub(super) request_id: &'a str,
    /// The user's name; null where the caller is not known.
    pub(super) user: Option<String>,
    /// The user's project.
    pub(super) project: Option<String>,
    pub(super) action: &'static str,
    pub(super) backup: Option<&'a str>,
    /// The vault in the path; no key where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vault: Option<&'a str>,
    /// The member in the path, or all that are to be added.
    pub(super) members: &'a [String],
    pub(super) outcome: AuditOutcome,
    /// Null where the caller disconnected before there was a response.
    pub(super) status: Option<u16>,
    pub(super) code: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuditOutcome {
    Done,
    Refused,
    Failed,
    /// The caller disconnected before there was a response: a change may have been done, or not.
    Unknown,
}

impl From<StatusCode> for AuditOutcome {
    fn from(status: StatusCode) -> Self {
        match status {
            _ if status.is_success() => Self::Done,
            _ if status.is_server_error() => Self::Failed,
            _ => Self::Refused,
        }
    }
}

/// A text as a line has it; what is too long ends in `…`.
pub(super) fn truncate(text: &str) -> String {
    let mut ends = text.char_indices().map(|(at, _)| at);
    match (ends.nth(MAX_CHARACTERS - 1), ends.next()) {
        (Some(end), Some(_)) => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARACTERS, truncate};

    #[test]
    fn a_text_is_cut_at_128_characters_and_says_so() {
        for (character, more) in [("a", 0), ("é", 0), ("a", 1), ("é", 40_000)] {
            let cut = truncate(&character.repeat(MAX_CHARACTERS + more));
            let end = if more == 0 { character } else { "…" };
            assert_eq!(cut, character.repeat(MAX_CHARACTERS - 1) + end);
        }
        assert_eq!(truncate(""), "");
    }
}
