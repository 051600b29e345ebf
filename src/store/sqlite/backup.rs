//! A copy of a database file, made while a server may be writing to it: one moment of the store,
//! whole and checked.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{
    export::complaints,
    open::{DatabaseFile, OpenError},
};

/// How many pages are copied between two reports of the progress.
const PAGES: i32 = 1000;

/// Why there is no copy. What had been made of it is gone.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy would have taken the place of something.
    #[error("{0} is there already, and stays as it is")]
    Exists(String),
    /// The copy cannot be written.
    #[error("cannot write {file}: {source}")]
    Write {
        /// The copy.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be read, or the copy not be written.
    #[error("cannot copy the database: {0}")]
    Copy(#[from] rusqlite::Error),
    /// The copy is as damaged as the database.
    #[error("the database is damaged, and so would be its copy: {0}")]
    Damaged(String),
}

/// Copies the database at `from` into the new file `to`, readable by its owner alone. `progress` is
/// called with how many pages of how many are done.
///
/// # Errors
/// [`BackupError`]; then there is no new file.
pub fn backup(from: &Path, to: &Path, progress: impl FnMut(u64, u64)) -> Result<(), BackupError> {
    let exists = || BackupError::Exists(to.display().to_string());
    let write = |source: io::Error| BackupError::Write {
        file: to.display().to_string(),
        source,
    };
    // Of any schema: a backup is made before the schema is brought up to date.
    let (source, _) = DatabaseFile(from).open_any_schema()?;
    if to.exists() {
        return Err(exists());
    }
    // Beside its place, so that a file of this name is there whole or not at all; of mode 600, as
    // all of this kind.
    let folder = to
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or(PathBuf::from("."), Path::to_owned);
    let new = tempfile::Builder::new()
        .prefix(".backup-")
        .tempfile_in(&folder)
        .map_err(write)?;
    let mut copy = Connection::open(new.path())?;
    copy_pages(&source, &mut copy, progress)?;
    // A single file, which can be opened where nothing can be written.
    copy.pragma_update(None, "journal_mode", "delete")?;
    if let Some(complaint) = complaints(&copy)?.into_iter().next() {
        return Err(BackupError::Damaged(complaint));
    }
    copy.close().map_err(|(_, error)| error)?;
    new.as_file().sync_all().map_err(write)?;
    new.persist_noclobber(to)
        .map_err(|refused| match refused.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => write(refused.error),
        })?;
    std::fs::File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(write)
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    mut progress: impl FnMut(u64, u64),
) -> rusqlite::Result<()> {
    // One snapshot throughout: else every write to the database would restart the copy.
    let snapshot = source.unchecked_transaction()?;
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&snapshot, copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let pages = backup.progress();
        let number = |pages: i32| u64::try_from(pages).unwrap_or_default();
        progress(
            number(pages.pagecount - pages.remaining),
            number(pages.pagecount),
        );
        if matches!(step, StepResult::Done) {
            return Ok(());
        }
    }
}
