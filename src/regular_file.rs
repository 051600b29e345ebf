//! Reads files that an operator names: regular ones of a bounded size. A named pipe would be waited
//! for, until another process writes to it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// The largest file, in bytes: settings, policies and certificates are far smaller.
const MOST: u64 = 1024 * 1024;

/// A file's text.
///
/// # Errors
/// It cannot be read, is not a regular file, is too large, or is not UTF-8.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(bytes(path)?).map_err(not_text)
}

/// A file's bytes.
///
/// # Errors
/// It cannot be read, is not a regular file, or is too large.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Before it is opened: that alone waits, for a pipe.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut read = vec![];
    // It may grow while it is read.
    File::open(path)?.take(MOST + 1).read_to_end(&mut read)?;
    match read.len() as u64 {
        0..=MOST => Ok(read),
        _ => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {MOST} bytes"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::{MOST, bytes, text};

    #[test]
    fn what_is_not_a_regular_file_of_bounded_size_is_refused_without_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert!(
            Command::new("mkfifo")
                .arg(at("pipe"))
                .status()
                .expect("mkfifo")
                .success()
        );
        fs::write(at("large"), vec![b' '; MOST as usize + 1]).expect("written");
        fs::write(at("binary"), [0xff]).expect("written");
        fs::write(at("good"), vec![b' '; MOST as usize]).expect("written");
        let refused = |name: &str| text(&at(name)).expect_err(name).to_string();
        assert_eq!(refused("pipe"), "it is not a regular file");
        assert_eq!(refused(""), "it is not a regular file");
        assert_eq!(refused("large"), "it is larger than 1048576 bytes");
        assert_eq!(refused("binary"), "it is not UTF-8");
        assert_eq!(bytes(&at("binary")).expect("bytes"), [0xff]);
        assert_eq!(text(&at("good")).expect("text").len(), MOST as usize);
    }
}
