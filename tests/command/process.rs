//! Processes of the command: those that run to their end, and servers, which end with their test.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use testkit::{
    demo::{MEMBER, OWNER},
    process::{ServerProcess, program},
};

/// What a process left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What was printed, by a process that must have done what it was asked for.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// What was written to stderr, by a process that must have failed with this code, and printed nothing.
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        self.err
    }
}

/// The command, in an environment without settings.
pub fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs the command with a line of arguments; none of them has a space.
pub fn run_with(environment: &[(&str, &str)], line: &str) -> Ran {
    let output = command(environment)
        .args(line.split_whitespace())
        .output()
        .expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

pub fn run(line: &str) -> Ran {
    run_with(&[], line)
}

/// A server, with a folder for its files. Both are gone when this is.
pub struct Server {
    pub process: ServerProcess,
    /// Its URL.
    pub endpoint: String,
    folder: TempDir,
}

impl Server {
    /// With the demo data.
    pub fn demo() -> Self {
        Self::start(
            tempfile::tempdir().expect("a folder"),
            "serve --demo --listen 127.0.0.1:0",
        )
    }

    /// On a folder, with a line of arguments.
    pub fn start(folder: TempDir, line: &str) -> Self {
        let log = File::create(folder.path().join("log")).expect("a file");
        // A killed server leaves its temporary files behind: let them be in our folder.
        let mut serve = command(&[("TMPDIR", folder.path().to_str().expect("text"))]);
        serve.args(line.split_whitespace()).stderr(log);
        let process = ServerProcess::spawn(serve);
        Self {
            endpoint: process.endpoint(),
            process,
            folder,
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).expect("a log")
    }

    /// The command as the demo's owner.
    pub fn alice(&self, line: &str) -> Ran {
        run(&format!(
            "--endpoint {} --project {OWNER} --token demo-owner {line}",
            self.endpoint
        ))
    }

    /// The command as the demo's member.
    pub fn bob(&self, line: &str) -> Ran {
        run(&format!(
            "--endpoint {} --project {MEMBER} --token demo-member {line}",
            self.endpoint
        ))
    }
}

/// A file's path as an argument.
pub fn named(path: &Path) -> &str {
    path.to_str().expect("text")
}
