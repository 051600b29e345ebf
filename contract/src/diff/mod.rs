//! The old contract against the new one: every change is breaking, compatible or docs only, with
//! its place, who is hurt, and for a schema a value that shows it. Operations are compared here by
//! structure, schemas in `schema` by proof. Reading documents is `document`'s, accepting breaks is
//! `accepted`'s, writing reports is `render`'s.

pub mod accepted;
mod bodies;
mod callbacks;
mod change;
mod collect;
mod components;
mod discriminator;
mod encoding;
mod headers;
mod media;
mod normal;
mod operations;
mod parameters;
mod prose;
pub mod render;
mod responses;
mod rule;
mod schema;
mod schemes;
mod security;
mod servers;
mod version;
mod words;
mod writing;

use std::{sync::mpsc, thread, time::Duration};

pub use change::{Accepted, Change, Class, Counterexample, Direction, Report, Shows};
pub use rule::Rule;
pub use version::VersionCheck;

use self::{accepted::Breaks, collect::Changes, node::Node, normal::normal, schema::Schemas};
use crate::document::{Document, node};

/// When all of it is given up. No verdict rests on it: a comparison that takes as long has none.
const ALL: Duration = Duration::from_secs(300);
/// Room to walk chains of references of any document that is read.
const STACK: usize = 512 * 1024 * 1024;

/// Why two documents could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// It would have taken too long.
    #[error("the comparison was given up after {} seconds", ALL.as_secs())]
    TooLong,
    /// A fault of this program, or no memory.
    #[error("the comparison failed; this is a fault of the program, not of the documents")]
    Failed,
}

/// What a comparison takes into account beside the documents.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Breaks that are accepted.
    pub accepted: Breaks,
    /// Leave `info.version` alone.
    pub no_version_check: bool,
}

/// Compares two documents, in a new thread: with room to recurse, and a timeout.
///
/// # Errors
/// [`CompareError`], never because of what the documents say.
pub fn compare(
    base: &Document,
    head: &Document,
    settings: &Settings,
) -> Result<Report, CompareError> {
    let (base, head, settings) = (base.clone(), head.clone(), settings.clone());
    let (reports, report) = mpsc::channel();
    thread::Builder::new()
        .name("comparison".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            // After the timeout there is no receiver.
            let _ = reports.send(report_on(&base, &head, &settings));
        })
        .map_err(|_| CompareError::Failed)?;
    report.recv_timeout(ALL).map_err(|fault| match fault {
        mpsc::RecvTimeoutError::Timeout => CompareError::TooLong,
        mpsc::RecvTimeoutError::Disconnected => CompareError::Failed,
    })
}

fn report_on(base: &Document, head: &Document, settings: &Settings) -> Report {
    let (old, new) = (normal(&base.value), normal(&head.value));
    let mut comparison = Comparison {
        base: Node::root(&old),
        head: Node::root(&new),
        schemas: Schemas::default(),
        changes: Changes::default(),
    };
    comparison.run();
    let left_open = comparison.schemas.left_open();
    let mut changes = comparison.changes.finish();
    let stale = settings.accepted.apply(&mut changes);
    let class = changes
        .iter()
        .map(|change| change.class)
        .max()
        .unwrap_or(Class::None);
    let version = (!settings.no_version_check)
        .then(|| version::check(&comparison.base, &comparison.head, &changes));
    let undecided = changes.iter().filter(|change| change.undecided).count();
    Report {
        class,
        undecided,
        changes,
        version,
        base: base.name.clone(),
        head: head.name.clone(),
        left_open,
        stale,
    }
}

/// Two documents in normal form, and what was found so far.
struct Comparison<'a> {
    base: Node<'a>,
    head: Node<'a>,
    schemas: Schemas,
    changes: Changes,
}

impl Comparison<'_> {
    fn run(&mut self) {
        self.document_prose();
        self.root_servers();
        self.security_schemes();
        self.operations();
        self.webhooks();
        self.components();
        if self.changes.is_empty() && self.base.value != self.head.value {
            self.written_otherwise();
        }
    }
}
