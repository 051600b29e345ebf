//! The database file is its owner's alone: it holds the secrets of access keys, which HMAC needs as
//! they are.

use std::{
    ffi::OsString,
    fs::{OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const OWNER_ONLY: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// Creates the file where it is not there, with the same mode whatever the umask. SQLite gives the
/// log and its index the mode of the database file. A failure is SQLite's to explain, which opens
/// the file next.
pub(super) fn create(path: &Path) {
    // Not again where it exists: closing a file takes away the locks that SQLite has on it in this
    // process.
    if matches!(path.metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        let created = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(path);
        let closed =
            created.and_then(|file| file.set_permissions(Permissions::from_mode(OWNER_ONLY)));
        if let Err(error) = closed {
            tracing::debug!(%error, "cannot create the database file");
        }
    }
}

/// Warns once, with the command that helps, where other users may read or write the files of a
/// database.
pub(super) fn warn_if_open_to_others(path: &Path) {
    let files: Vec<_> = files(path)
        .into_iter()
        .filter(|file| file.exists())
        .collect();
    let is_open = |file: &PathBuf| {
        file.metadata()
            .is_ok_and(|meta| meta.permissions().mode() & OTHERS != 0)
    };
    if files.iter().any(is_open) {
        let files = files
            .iter()
            .map(|file| quoted(file))
            .collect::<Vec<_>>()
            .join(" ");
        tracing::warn!(
            "other users can open the database, which holds secrets of access keys: \
             chmod 600 {files}"
        );
    }
}

/// The database, its write-ahead log, and the index of that.
fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| with_suffix(path, suffix))
}

/// The path of a file that SQLite keeps beside the database.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_split_it() {
        for (path, quoted) in [
            ("/a/b-c.db", "/a/b-c.db"),
            ("a b.db", "'a b.db'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(super::quoted(Path::new(path)), quoted);
        }
    }
}
