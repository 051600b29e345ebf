//! A data file from end to end: opened, checked as a whole, and taken over.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    CatalogError, Environment, Progress,
    check::FileCheck,
    mistake::{MistakeList, Mistakes, ValuePath, Wrong, sentence},
    records::CatalogBuilder,
    rules::Rules,
    seen::Seen,
    source::{STANDARD_STREAM, Source, SourceReader},
    stream::{List, Stop},
};
use crate::{
    clock::Clock,
    model,
    store::{Loaded, Lookup, Store},
};

/// Tells how far a file has been read.
pub type Tell<'t> = &'t (dyn Fn(Progress) + Sync);

/// A data file that was opened.
pub struct Data {
    file: String,
    source: Source,
}

/// A data file without mistakes, to be taken over.
pub struct Checked {
    file: String,
    source: Source,
    rules: Arc<Rules>,
    /// The lists of each reading.
    readings: Vec<Vec<List>>,
    listed: Vec<model::ProjectId>,
    records: usize,
    warnings: Vec<String>,
}

impl Data {
    /// Opens a file; `-` is standard input, which is copied into a temporary file.
    ///
    /// # Errors
    /// [`CatalogError::Read`].
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        let named = if path == Path::new(STANDARD_STREAM) {
            Path::new("standard input")
        } else {
            path
        };
        let file = named.display().to_string();
        let source = Source::open(path).map_err(|source| CatalogError::Read {
            file: file.clone(),
            source,
        })?;
        Ok(Self { file, source })
    }

    /// A file by its text; `file` names it in errors.
    pub fn text(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            source: Source::text(text.as_bytes().to_vec()),
        }
    }

    /// Reads all of the file, and holds it against what the store has. Nothing is written.
    ///
    /// # Errors
    /// [`CatalogError::Mistakes`], with their lines; [`CatalogError::Store`] where the store cannot
    /// be asked.
    pub async fn check(
        self,
        store: &dyn Lookup,
        environment: &Environment,
        tell: Tell<'_>,
    ) -> Result<Checked, CatalogError> {
        let Self { file, source } = self;
        let rules = Arc::new(Rules::new().map_err(|wrong| unlined(&file, wrong))?);
        let run = Run {
            file: &file,
            rules: &rules,
            store,
            environment,
            tell,
        };
        let mut pass = run.pass(source, &[List::ALL.to_vec()]).await?;
        if pass.is_unsorted {
            // Records come after those that they refer to. A file in another order is read once for
            // each list.
            pass = run
                .pass(pass.source, &List::ALL.map(|list| vec![list]))
                .await?;
        }
        let Pass {
            source,
            readings,
            records,
            seen,
            ..
        } = pass;
        let Seen {
            found,
            warnings,
            projects,
            ..
        } = seen;
        let (source, found, warnings) = in_lines(&file, source, found, warnings);
        match found {
            Some(mistakes) => Err(CatalogError::Mistakes(mistakes)),
            None => {
                let listed = projects.listed().collect();
                Ok(Checked {
                    file,
                    source,
                    rules,
                    readings,
                    listed,
                    records,
                    warnings,
                })
            }
        }
    }
}

/// A mistake of no line.
fn unlined(file: &str, wrong: Wrong) -> CatalogError {
    let mut found = MistakeList::default();
    found.add(|| wrong);
    CatalogError::Mistakes(found.in_lines(file, &[0]))
}

/// Mistakes, where there are any, and warnings, with their lines.
fn in_lines(
    file: &str,
    mut source: Source,
    found: MistakeList,
    warnings: MistakeList,
) -> (Source, Option<Mistakes>, Vec<String>) {
    let paths: Vec<ValuePath> = found
        .shown
        .iter()
        .chain(&warnings.shown)
        .map(|wrong| wrong.place.clone())
        .collect();
    let mistakes = found.shown.len();
    let lines = match paths.is_empty() {
        true => vec![],
        // It blocks, but at the end of everything.
        false => source.lines(&paths),
    };
    let (of_found, of_warnings) = lines.split_at(mistakes);
    let warnings = warnings
        .shown
        .iter()
        .zip(of_warnings)
        .map(|(wrong, line)| sentence(file, *line, wrong))
        .collect();
    let found = (!found.is_empty()).then(|| found.in_lines(file, of_found));
    (source, found, warnings)
}

/// A check that is under way.
struct Run<'a> {
    file: &'a str,
    rules: &'a Arc<Rules>,
    store: &'a dyn Lookup,
    environment: &'a Environment,
    tell: Tell<'a>,
}

/// What came of reading a file, once for each of some sets of lists.
struct Pass<'a> {
    source: Source,
    /// Those that there were.
    readings: Vec<Vec<List>>,
    records: usize,
    seen: Seen<'a>,
    /// Whether it ended early, since lists come before those that they refer to.
    is_unsorted: bool,
}

impl<'a> Run<'a> {
    async fn pass(
        &self,
        mut source: Source,
        readings: &[Vec<List>],
    ) -> Result<Pass<'a>, CatalogError> {
        let mut check = FileCheck::new(self.store, self.environment);
        let (mut made, mut records, mut is_unsorted) = (vec![], 0, false);
        let mut selected = readings.to_vec();
        selected.reverse();
        while let Some(lists) = selected.pop() {
            let mut reading = SourceReader::start(source, Arc::clone(self.rules), lists.clone());
            records += self
                .look(&mut check, &mut reading, made.len(), readings.len())
                .await?;
            let whole;
            (source, whole) = reading
                .end()
                .await
                .map_err(|error| self.unreadable(error))?;
            match whole {
                Ok(whole) if made.is_empty() => {
                    selected.retain(|lists| lists.iter().any(|list| whole.lists.contains(list)));
                    whole
                        .wrong
                        .into_iter()
                        .for_each(|wrong| check.seen.found.add(|| wrong));
                }
                Ok(_) => {}
                Err(stop) => {
                    is_unsorted = matches!(stop, Stop::Unsorted);
                    check.seen.found.syntax = stop.syntax();
                    break;
                }
            }
            made.push(lists);
        }
        Ok(Pass {
            source,
            readings: made,
            records,
            seen: check.seen,
            is_unsorted,
        })
    }

    /// How many records one reading has.
    async fn look(
        &self,
        check: &mut FileCheck<'_>,
        reading: &mut SourceReader,
        turn: usize,
        turns: usize,
    ) -> Result<usize, CatalogError> {
        let mut records = 0;
        while let Some(batch) = reading.next().await {
            records += batch.len();
            let looked = check.look(batch).await;
            looked.map_err(|source| CatalogError::Store {
                file: self.file.to_owned(),
                source,
            })?;
            (self.tell)(reading.progress(false, turn, turns));
        }
        Ok(records)
    }

    fn unreadable(&self, source: std::io::Error) -> CatalogError {
        CatalogError::Read {
            file: self.file.to_owned(),
            source,
        }
    }
}

impl Checked {
    /// What is no mistake for certain, with lines and paths: a role that the settings do not have.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many records it has.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Takes the file over, in transactions that are short enough for a server that is running on
    /// the same store.
    ///
    /// # Errors
    /// [`CatalogError::Store`], [`CatalogError::Halfway`], [`CatalogError::Changed`].
    pub async fn load(
        self,
        store: &dyn Store,
        clock: &dyn Clock,
        tell: Tell<'_>,
    ) -> Result<Loaded, CatalogError> {
        let Self {
            file,
            mut source,
            rules,
            readings,
            listed,
            ..
        } = self;
        let mut records = CatalogBuilder::new(store, clock, listed.into_iter().collect());
        let mut loaded = Loaded::default();
        let turns = readings.len();
        for (turn, lists) in readings.into_iter().enumerate() {
            let mut reading = SourceReader::start(source, Arc::clone(&rules), lists);
            let mut rest = Duration::ZERO;
            while let Some(batch) = reading.next().await {
                // As long as the last transaction took: a server that waits to write gets its turn.
                tokio::time::sleep(rest).await;
                let start = Instant::now();
                let changed = || CatalogError::Changed {
                    file: file.clone(),
                    records: sum(loaded),
                };
                let catalog = records
                    .catalog(batch)
                    .await
                    .map_err(|error| failed(&file, loaded, error))?;
                let catalog = catalog.ok_or_else(changed)?;
                loaded += store
                    .load_catalog(catalog)
                    .await
                    .map_err(|error| failed(&file, loaded, error))?;
                rest = start.elapsed();
                tell(reading.progress(true, turn, turns));
            }
            let whole;
            (source, whole) = reading.end().await.map_err(|source| CatalogError::Read {
                file: file.clone(),
                source,
            })?;
            whole.map_err(|_| CatalogError::Changed {
                file: file.clone(),
                records: sum(loaded),
            })?;
        }
        Ok(loaded)
    }
}

fn sum(loaded: Loaded) -> usize {
    loaded.added + loaded.changed + loaded.unchanged
}

fn failed(file: &str, loaded: Loaded, source: model::Error) -> CatalogError {
    let file = file.to_owned();
    match sum(loaded) {
        0 => CatalogError::Store { file, source },
        records => CatalogError::Halfway {
            file,
            records,
            source,
        },
    }
}
