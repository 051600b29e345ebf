//! Every record of a store into another one, as it is; and whether all of them have arrived.
//!
//! Both stores are read in the order of their keys, side by side, so that it takes no more memory
//! for many records than for few. A copy that was broken off leaves a note in the target. The next
//! one goes on where it ended, or starts over where the source has changed since; without the note
//! nothing that is in the target is ever deleted.

use std::cmp::Ordering;

use futures::{StreamExt, stream::BoxStream};

use super::{Digest, Export, Import, Record, RecordKind, digest};
use crate::model::{Error, Result};

/// How many records are written in a transaction.
const AT_ONCE: usize = 1_000;

/// Why a copy was not made, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Somebody else's store, or one that has been at work since it was copied.
    #[error(
        "the target holds {0} records that the source does not have, or not so; it stays as it is"
    )]
    Foreign(u64),
    /// One of both may have more of each record than this program reads or writes.
    #[error(
        "the {0} has the schema {1} of a newer version of backup-share, and this one would leave \
         out what it does not know: use the newer one"
    )]
    Newer(&'static str, i32),
    /// The source cannot be read.
    #[error("cannot read the source: {}", cause(.0))]
    Source(Error),
    /// The target cannot be read or written.
    #[error("cannot write to the target: {}", cause(.0))]
    Target(Error),
}

/// This is the operator's own machine.
fn cause(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// What both sides have of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// The kind.
    pub kind: RecordKind,
    /// In the source.
    pub source: Digest,
    /// In the target.
    pub target: Digest,
}

impl Compared {
    /// Whether both have the same records.
    pub fn is_equal(&self) -> bool {
        self.source == self.target
    }
}

/// Copies what the target does not have, and then reads both stores to compare them. The target
/// counts as whole only where all [`Compared`] are equal. `progress` is called with how much
/// of how much is done.
///
/// # Errors
/// [`CopyError`]; the same call again goes on.
pub async fn copy(
    source: &dyn Export,
    target: &dyn Import,
    mut progress: impl FnMut(u64, u64),
) -> std::result::Result<Vec<Compared>, CopyError> {
    refuse_newer("source", source)
        .await
        .map_err(CopyError::Source)??;
    refuse_newer("target", target.written())
        .await
        .map_err(CopyError::Target)??;
    // Each record is read to be copied, and on both sides to be compared.
    let all = 3 * source.count().await.map_err(CopyError::Source)?;
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress(done, all);
    };
    let begun = target.is_unfinished().await.map_err(CopyError::Target)?;
    match foreign(source, target.written()).await? {
        0 => {}
        _ if begun => target.clear().await.map_err(CopyError::Target)?,
        foreign => return Err(CopyError::Foreign(foreign)),
    }
    target.begin().await.map_err(CopyError::Target)?;
    write_missing(source, target, &mut step).await?;
    let compared = compare(source, target.written(), &mut step).await?;
    if compared.iter().all(Compared::is_equal) {
        target.finish().await.map_err(CopyError::Target)?;
    }
    Ok(compared)
}

async fn refuse_newer(
    which: &'static str,
    store: &dyn Export,
) -> Result<std::result::Result<(), CopyError>> {
    Ok(match store.newer_schema().await? {
        Some(schema) => Err(CopyError::Newer(which, schema)),
        None => Ok(()),
    })
}

/// Reads both stores to their ends.
async fn compare(
    source: &dyn Export,
    target: &dyn Export,
    step: &mut impl FnMut(),
) -> std::result::Result<Vec<Compared>, CopyError> {
    let salt = fastrand::u128(..);
    let sources = digest(source.records(), salt, &mut *step)
        .await
        .map_err(CopyError::Source)?;
    let targets = digest(target.records(), salt, step)
        .await
        .map_err(CopyError::Target)?;
    let of = |at: usize, kind| Compared {
        kind,
        source: sources[at],
        target: targets[at],
    };
    Ok(RecordKind::ALL
        .into_iter()
        .enumerate()
        .map(|(at, kind)| of(at, kind))
        .collect())
}

/// How many records of the target the source does not have, or has otherwise.
async fn foreign(source: &dyn Export, target: &dyn Export) -> std::result::Result<u64, CopyError> {
    let mut pairs = Pairs::of(source, target).await?;
    let mut foreign = 0;
    // Soon, where there is nothing in the target.
    while pairs.target.head.is_some() {
        if let Some(Pair::Differ | Pair::InTarget) = pairs.next().await? {
            foreign += 1;
        }
    }
    Ok(foreign)
}

async fn write_missing(
    source: &dyn Export,
    target: &dyn Import,
    step: &mut impl FnMut(),
) -> std::result::Result<(), CopyError> {
    let mut pairs = Pairs::of(source, target.written()).await?;
    let mut missing = Vec::with_capacity(AT_ONCE);
    while let Some(pair) = pairs.next().await? {
        step();
        if let Pair::InSource(record) = pair {
            missing.push(record);
        }
        if missing.len() == AT_ONCE {
            let full = std::mem::replace(&mut missing, Vec::with_capacity(AT_ONCE));
            target.insert(full).await.map_err(CopyError::Target)?;
        }
    }
    target.insert(missing).await.map_err(CopyError::Target)
}

/// What there is under the next key.
enum Pair {
    InSource(Record),
    InTarget,
    Same,
    Differ,
}

/// Two stores, side by side.
struct Pairs {
    source: Side,
    target: Side,
}

/// A store, read up to its head.
struct Side {
    records: BoxStream<'static, Result<Record>>,
    failed: fn(Error) -> CopyError,
    head: Option<Record>,
}

impl Side {
    async fn of(
        store: &dyn Export,
        failed: fn(Error) -> CopyError,
    ) -> std::result::Result<Self, CopyError> {
        let mut side = Self {
            records: store.records(),
            failed,
            head: None,
        };
        side.take().await?;
        Ok(side)
    }

    /// The head, which the record after it takes the place of.
    async fn take(&mut self) -> std::result::Result<Option<Record>, CopyError> {
        let next = self.records.next().await.transpose().map_err(self.failed)?;
        Ok(std::mem::replace(&mut self.head, next))
    }
}

impl Pairs {
    async fn of(source: &dyn Export, target: &dyn Export) -> std::result::Result<Self, CopyError> {
        let source = Side::of(source, CopyError::Source).await?;
        Ok(Self {
            source,
            target: Side::of(target, CopyError::Target).await?,
        })
    }

    async fn next(&mut self) -> std::result::Result<Option<Pair>, CopyError> {
        let order = match (&self.source.head, &self.target.head) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) => {
                let key = source.key().map_err(self.source.failed)?;
                key.cmp(&target.key().map_err(self.target.failed)?)
            }
        };
        let source = if order.is_le() {
            self.source.take().await?
        } else {
            None
        };
        let target = if order.is_ge() {
            self.target.take().await?
        } else {
            None
        };
        Ok(match (source, target) {
            (Some(source), Some(target)) => {
                let source = source.canonical().map_err(self.source.failed)?;
                let target = target.canonical().map_err(self.target.failed)?;
                Some(if source == target {
                    Pair::Same
                } else {
                    Pair::Differ
                })
            }
            (Some(source), None) => Some(Pair::InSource(source)),
            (None, _) => Some(Pair::InTarget),
        })
    }
}
