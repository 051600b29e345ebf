//! Whether the path still leads to the file that is open. SQLite goes on with a file that was
//! removed or replaced; what is written to it then is gone after the next start.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::permissions::with_suffix;

/// The database file and its log, as they were when they were opened. By `stat` alone: opening and
/// closing the database file would take away the locks that SQLite has on it in this process.
pub(super) struct SameFile {
    database: FileIdentity,
    log: Option<FileIdentity>,
    /// Stays: what is put into an emptied file afterwards is another database under the same inode.
    was_emptied: AtomicBool,
}

struct FileIdentity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// Why nothing may be written any more.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "{file} was {what} while it was open, and writes are refused, for the next start would not find them: {advice}"
)]
pub(super) struct FileLost {
    file: Arc<str>,
    what: &'static str,
    advice: &'static str,
}

/// What brings writes back. A start makes a new database where there is none: what a server has
/// open may be the last copy.
const PUT_BACK: &str =
    "put the same file back; before a restart without it, copy what this process has open";
const RESTORE: &str = "stop the server, put a backup in its place, and start again";

impl SameFile {
    /// The files of an open database.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // No log yet: there is nothing to compare with.
        let log = FileIdentity::of(with_suffix(path, "-wal")).ok();
        Ok(Self {
            database: FileIdentity::of(path.to_owned())?,
            log,
            was_emptied: AtomicBool::new(false),
        })
    }

    /// Whether what is written now will be found at the next start.
    pub(super) fn check(&self) -> Result<(), FileLost> {
        let size = self.database.size()?;
        if size == Some(0) {
            self.was_emptied.store(true, Ordering::Relaxed);
        }
        if self.was_emptied.load(Ordering::Relaxed) {
            return Err(self.database.lost("emptied", RESTORE));
        }
        self.log
            .as_ref()
            .map_or(Ok(None), FileIdentity::size)
            .map(drop)
    }
}

impl FileIdentity {
    fn of(path: PathBuf) -> io::Result<Self> {
        let found = path.metadata()?;
        Ok(Self {
            path,
            device: found.dev(),
            inode: found.ino(),
        })
    }

    /// The size of the same file; `None` where the file system does not say.
    fn size(&self) -> Result<Option<u64>, FileLost> {
        match self.path.metadata() {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => {
                Ok(Some(found.len()))
            }
            Ok(_) => Err(self.lost("replaced", PUT_BACK)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.lost("removed", PUT_BACK))
            }
            // A folder that cannot be searched at present says nothing about the file.
            Err(_) => Ok(None),
        }
    }

    fn lost(&self, what: &'static str, advice: &'static str) -> FileLost {
        FileLost {
            file: self.path.display().to_string().into(),
            what,
            advice,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::SameFile;

    #[test]
    fn a_file_that_is_moved_away_is_missed_until_it_is_back_and_an_emptied_one_for_good() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, log, away) = (
            folder.path().join("a.db"),
            folder.path().join("a.db-wal"),
            folder.path().join("away"),
        );
        fs::write(&file, "a database").expect("written");
        fs::write(&log, "").expect("written");
        let same = SameFile::of(&file).expect("a file");
        let said = || same.check().map_err(|lost| lost.to_string());
        assert_eq!(said(), Ok(()), "an empty log is usual");
        for path in [&file, &log] {
            fs::rename(path, &away).expect("moved");
            assert!(said().is_err_and(|said| said.contains("removed")));
            fs::write(path, "another one").expect("written");
            assert!(said().is_err_and(|said| said.contains("replaced")));
            fs::rename(&away, path).expect("moved back");
            assert_eq!(said(), Ok(()));
        }
        fs::write(&file, "").expect("emptied");
        assert!(said().is_err_and(|said| said.contains("emptied")));
        fs::write(&file, "another database").expect("written");
        assert!(said().is_err(), "it is not the same any more");
    }
}
