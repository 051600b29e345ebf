//! What a comparison says: the report and its changes, and the JSON they are written as. How they
//! are found is not here.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{rule::Rule, version::VersionCheck};

/// How much a change asks of clients. In the order of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Nothing changed.
    None,
    /// Nothing changed on the wire.
    Docs,
    /// Clients of the old contract work on.
    Compatible,
    /// Some client of the old contract does not.
    Breaking,
}

/// Whose values a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What clients send.
    Request,
    /// What clients receive.
    #[serde(rename = "answer")]
    Response,
    /// Both, or neither.
    Both,
}

/// What a counterexample shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    /// Clients may send it, and the new contract refuses it.
    RequestRefused,
    /// Clients may send it, and the new contract has no word for a part of it.
    RequestUndeclared,
    /// The new contract allows it, and the old one did not.
    #[serde(rename = "answer-new")]
    ResponseNew,
    /// The old contract allowed it, and the new one has no word for a part of it.
    #[serde(rename = "answer-gone")]
    ResponseGone,
}

/// A value that one of the two contracts accepts and the other one refuses; both were asked.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Counterexample {
    /// What it shows.
    pub shows: Shows,
    /// Where the value stands: a body, a parameter, or a part of one.
    pub at: String,
    /// The value.
    pub value: Value,
}

/// Why a break is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Accepted {
    /// In the words of the file of accepted breaks.
    pub reason: String,
    /// The last day on which it is, `YYYY-MM-DD`.
    pub expires: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// How much it asks of clients.
    pub class: Class,
    /// Whose values it is about.
    pub direction: Direction,
    /// What kind of change it is.
    pub rule: Rule,
    /// Where, in the new document; in the old one where the thing was removed.
    pub pointer: String,
    /// Whether `pointer` is one of the old document.
    pub in_base: bool,
    /// One sentence that says what changed, and who is hurt.
    pub sentence: String,
    /// What the old document says there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Value>,
    /// What the new document says there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Value>,
    /// The operations that it touches; empty where it touches all or none.
    pub operations: Vec<String>,
    /// For a break of a schema: a value that shows it, where one was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
    /// No proof was found either way, so it counts as breaking.
    pub undecided: bool,
    /// This break is on the list of accepted ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

impl Change {
    /// Whether it is a break that is not on the list of accepted ones.
    pub fn breaks(&self) -> bool {
        self.class == Class::Breaking && self.accepted.is_none()
    }

    /// Where it is, for people: the pointer, and which document's where that is the old one.
    pub fn place(&self) -> String {
        if self.in_base {
            format!("{} (old)", self.pointer)
        } else {
            self.pointer.clone()
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The weight of the heaviest change.
    pub class: Class,
    /// How many of the changes could not be decided, and count as breaking.
    pub undecided: usize,
    /// The heaviest first, then in the order of the document.
    pub changes: Vec<Change>,
    /// Whether `info.version` moved as the changes ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionCheck>,
    /// The old document.
    pub base: String,
    /// The new document.
    pub head: String,
    /// What was not looked at, or not to the end, and why.
    pub left_open: Vec<String>,
    /// Entries of the list of accepted breaks that accept nothing any more, and are to be taken off
    /// it.
    pub stale: Vec<String>,
}

impl Report {
    /// Whether nothing speaks against publishing the new contract.
    pub fn passes(&self) -> bool {
        !self.changes.iter().any(Change::breaks)
            && self.version.as_ref().is_none_or(|version| version.ok)
    }

    /// What is to be said beside the changes: its kind, and the sentence.
    pub fn remarks(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let undecided = self
            .undecided_in_words()
            .map(|sentence| ("undecided", Cow::Owned(sentence)));
        let open = self
            .left_open
            .iter()
            .map(|open| ("left open", Cow::from(open)));
        let stale = self.stale.iter().map(|entry| ("stale", Cow::from(entry)));
        undecided.into_iter().chain(open).chain(stale)
    }

    fn undecided_in_words(&self) -> Option<String> {
        match self.undecided {
            0 => None,
            1 => Some("1 change could not be decided and counts as breaking".to_owned()),
            more => Some(format!(
                "{more} changes could not be decided and count as breaking"
            )),
        }
    }

    /// How many changes are of `class`.
    pub fn count(&self, class: Class) -> usize {
        self.changes
            .iter()
            .filter(|change| change.class == class)
            .count()
    }

    /// The JSON Schema of a report, as `--format json` writes it.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Class {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Docs => "docs",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        }
    }
}

impl Direction {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "answer",
            Self::Both => "both",
        }
    }
}

impl Shows {
    /// What it shows, as a line above the value.
    pub fn words(self) -> &'static str {
        match self {
            Self::RequestRefused => "accepted before, refused now",
            Self::RequestUndeclared => "declared before, with a part that is not declared now",
            Self::ResponseNew => "never sent before, possible now",
            Self::ResponseGone => "sent before, with a part that is not declared now",
        }
    }
}
