//! Asks the `git` command for a file of a revision, and where the working tree is. Never over a
//! network: objects that a partial clone lacks are not fetched.

use std::{
    io::Read,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::{LoadError, Source, limited};

/// The bytes of `path` in `revision`.
pub(super) fn show(name: &str, revision: &str, path: &str) -> Result<Vec<u8>, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable {
        name: name.to_owned(),
        reason,
    };
    if revision.is_empty() || path.is_empty() {
        return Err(unreadable(
            "a revision is named `git:REV` or `git:REV:PATH`".to_owned(),
        ));
    }
    // After `--end-of-options` a revision that looks like an option is none.
    let mut child = git(&[
        "show",
        "--no-textconv",
        "--end-of-options",
        &format!("{revision}:{path}"),
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .map_err(|fault| unreadable(format!("git cannot be run: {fault}")))?;
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(unreadable("git gave no output".to_owned()));
    };
    let bytes = limited(name, stdout).map_err(|fault| unreadable(fault.to_string()))?;
    let mut said = String::new();
    let _ = stderr.read_to_string(&mut said);
    let ended = child
        .wait()
        .map_err(|fault| unreadable(fault.to_string()))?;
    // A document over the limit ends git by a closed pipe: the limit is what matters then.
    let bytes = bytes?;
    if ended.success() {
        Ok(bytes)
    } else {
        Err(unreadable(
            said.lines().next().unwrap_or("git failed").to_owned(),
        ))
    }
}

/// The file at `path` in the working tree of the repository that the current folder is in.
pub fn working_file(path: &str) -> Source {
    Source::File(top().map_or_else(|| PathBuf::from(path), |top| top.join(path)))
}

fn top() -> Option<PathBuf> {
    let output = git(&["rev-parse", "--show-cdup"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null());
    command
}
