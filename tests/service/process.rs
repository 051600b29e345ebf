//! The service as a process of its own, which can be killed at any moment; gone when dropped.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

pub struct Process {
    pub child: Child,
    pub endpoint: String,
}

impl Process {
    pub fn start(database: &str, data: &[PathBuf]) -> Self {
        Self::start_by(
            Command::new(env!("CARGO_BIN_EXE_backup-share")),
            database,
            data,
        )
    }

    /// By a command that runs the service with the arguments it is given.
    pub fn start_by(mut command: Command, database: &str, data: &[PathBuf]) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
        for file in data {
            command.arg("--data").arg(file);
        }
        // Of no effect on a SQLite file; the PostgreSQL of the tests has no standby.
        command.env("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let endpoint = line
            .trim()
            .strip_prefix("listening on ")
            .expect("the address")
            .to_owned();
        Self { child, endpoint }
    }

    /// SIGKILL: no destructor runs, no buffer is flushed.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number from the environment, for longer runs.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}
