//! Data files: projects, users, vaults, backups and first shares in YAML, of any size: no more than some thousand records
//! are in memory at a time.
//!
//! A file is read twice. The first reading (`check`) goes through all of it and writes nothing, so that a file with a
//! mistake is refused as a whole. The second (`records`) takes it over, in transactions that are short enough for a
//! server that is running on the same store. `stream` finds records in a file, `source` reads them ahead, and `file` has
//! their shapes.

mod check;
mod file;
mod records;
mod source;
mod stream;
mod token;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use self::{
    check::Seen,
    file::DataFile,
    records::Records,
    source::{Reading, Source},
    stream::{List, Rules, Stop, Wrong},
};
use crate::{
    causes,
    clock::Clock,
    model,
    store::{Loaded, Store},
};

/// The data that `--demo` starts with; the contract's examples name the same ids.
pub const DEMO: &str = include_str!("demo.yaml");

/// Why a data file was not taken over. Nothing of it was, unless [`CatalogError::Halfway`] says so.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML.
    #[error("{file} is no YAML: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        reason: String,
    },
    /// It does not say what a data file may say.
    #[error("{file}: {place}: {reason}")]
    Content {
        /// The file.
        file: String,
        /// A JSON pointer.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// The store refused it.
    #[error("cannot take over {file}: {}", causes::all(.source))]
    Store {
        /// The file.
        file: String,
        /// Why.
        source: model::Error,
    },
    /// The store failed when a part of it was taken over.
    #[error(
        "cannot take over the rest of {file}: {}; {records} records are there, and loading it again adds the others",
        causes::all(.source)
    )]
    Halfway {
        /// The file.
        file: String,
        /// How many of its records the store has.
        records: usize,
        /// Why.
        source: model::Error,
    },
}

/// How far a file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whether its records go into the store by now; before, they are only looked at.
    pub loading: bool,
    /// Bytes that were read.
    pub done: u64,
    /// Bytes to read.
    pub all: u64,
}

/// The JSON Schema of data files.
pub fn schema() -> Value {
    schemars::schema_for!(DataFile).into()
}

/// Reads a data file and takes it over.
///
/// # Errors
/// [`CatalogError`], with the place.
pub async fn load(path: &Path, store: &dyn Store, clock: &Arc<dyn Clock>) -> Result<Loaded, CatalogError> {
    load_telling(path, store, clock, &|_| {}).await
}

/// The same, and tells how far it is after each batch of records.
///
/// # Errors
/// [`CatalogError`], with the place.
pub async fn load_telling(
    path: &Path,
    store: &dyn Store,
    clock: &Arc<dyn Clock>,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Loaded, CatalogError> {
    let file = path.display().to_string();
    let source = Source::open(path).map_err(|source| CatalogError::Read { file: file.clone(), source })?;
    Load { file: &file, store, clock: clock.as_ref(), tell }.run(source).await
}

/// Takes over the text of a data file; `file` names it in errors.
///
/// # Errors
/// [`CatalogError`], with the place.
pub async fn load_text(
    file: &str,
    text: &str,
    store: &dyn Store,
    clock: &Arc<dyn Clock>,
) -> Result<Loaded, CatalogError> {
    let source = Source::text(text.as_bytes().to_vec());
    Load { file, store, clock: clock.as_ref(), tell: &|_| {} }.run(source).await
}

/// A load that is under way.
struct Load<'a> {
    file: &'a str,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    tell: &'a (dyn Fn(Progress) + Sync),
}

impl Load<'_> {
    async fn run(&self, source: Source) -> Result<Loaded, CatalogError> {
        let rules = Arc::new(Rules::new().map_err(|stop| self.stopped(stop))?);
        let mut seen = Seen::default();
        let (source, lists) = self.check(source, &rules, &mut seen).await?;
        // Records come after those that they refer to. A file in another order is read once for each list.
        let readings = match lists.is_sorted() {
            true => vec![lists],
            false => List::ALL.into_iter().filter(|list| lists.contains(list)).map(|list| vec![list]).collect(),
        };
        self.take_over(source, &rules, readings, Records::new(self.store, self.clock, seen.projects)).await
    }

    async fn check(
        &self,
        source: Source,
        rules: &Arc<Rules>,
        seen: &mut Seen,
    ) -> Result<(Source, Vec<List>), CatalogError> {
        let all = source.length;
        let mut reading = Reading::start(source, Arc::clone(rules), List::ALL.to_vec());
        while let Some(batch) = reading.next().await {
            seen.look(&batch).map_err(|wrong| self.wrong(wrong))?;
            self.right(check::sizes(self.store, &batch).await)?;
            (self.tell)(Progress { loading: false, done: reading.done(), all });
        }
        let read = reading.end().await.map_err(|stop| self.stopped(stop))?;
        self.right(seen.end(self.store).await)?;
        Ok(read)
    }

    /// Between two transactions it rests for as long as the last one took: a server that waits to write gets its turn.
    async fn take_over(
        &self,
        mut source: Source,
        rules: &Arc<Rules>,
        readings: Vec<Vec<List>>,
        mut records: Records<'_>,
    ) -> Result<Loaded, CatalogError> {
        let (length, all) = (source.length, source.length * readings.len() as u64);
        let mut loaded = Loaded::default();
        let mut rest = Duration::ZERO;
        for (turn, lists) in readings.into_iter().enumerate() {
            let mut reading = Reading::start(source, Arc::clone(rules), lists);
            while let Some(batch) = reading.next().await {
                tokio::time::sleep(rest).await;
                let start = Instant::now();
                let catalog = records.catalog(batch).await.map_err(|error| self.failed(loaded, error))?;
                loaded += self.store.load_catalog(catalog).await.map_err(|error| self.failed(loaded, error))?;
                rest = start.elapsed();
                (self.tell)(Progress { loading: true, done: turn as u64 * length + reading.done(), all });
            }
            (source, _) = reading.end().await.map_err(|stop| self.stopped(stop))?;
        }
        Ok(loaded)
    }

    fn right(&self, looked: model::Result<Result<(), Wrong>>) -> Result<(), CatalogError> {
        looked.map_err(|error| self.failed(Loaded::default(), error))?.map_err(|wrong| self.wrong(wrong))
    }

    fn wrong(&self, Wrong { place, reason }: Wrong) -> CatalogError {
        CatalogError::Content { file: self.file.to_owned(), place, reason }
    }

    fn failed(&self, loaded: Loaded, source: model::Error) -> CatalogError {
        let file = self.file.to_owned();
        match loaded.added + loaded.changed + loaded.unchanged {
            0 => CatalogError::Store { file, source },
            records => CatalogError::Halfway { file, records, source },
        }
    }

    fn stopped(&self, stop: Stop) -> CatalogError {
        let syntax = |reason| CatalogError::Syntax { file: self.file.to_owned(), reason };
        match stop {
            Stop::Syntax(reason) => syntax(reason),
            Stop::Content(wrong) => self.wrong(wrong),
            Stop::Enough => syntax("nobody takes its records".into()),
        }
    }
}
