//! Where lines go: stderr, or a file of the owner's alone. When they are written is not decided
//! here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

/// Where lines go.
pub(super) struct LineSink {
    file: File,
    /// The file to open again on [`LineSink::reopen`]; stderr has none.
    path: Option<PathBuf>,
}

impl LineSink {
    /// A descriptor apart from that of the standard library, which holds a lock while it writes: a
    /// panic's message would wait for that lock.
    pub(super) fn stderr() -> io::Result<Self> {
        Ok(Self::of(io::stderr().as_fd().try_clone_to_owned()?.into()))
    }

    /// An open file that is never opened again.
    pub(super) fn of(file: File) -> Self {
        Self { file, path: None }
    }

    /// A file, to which lines are added.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: append_to(path)?,
            path: Some(path.to_owned()),
        })
    }

    /// Opens the file again, where it is one: it may have been moved away.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        if let Some(path) = &self.path {
            self.file = append_to(path)?;
        }
        Ok(())
    }

    /// Its name, for the log.
    pub(super) fn name(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| "stderr".to_owned(), |path| path.display().to_string())
    }

    /// Writes as many of the bytes as there is room for.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write(bytes) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            written => written,
        }
    }
}

/// A pipe without a reader would be waited for. What others did is for those who run the service to
/// read.
pub(crate) fn append_to(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a pipe, not a file",
        ));
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
