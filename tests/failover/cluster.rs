//! The cluster that the script `cluster` starts, in a new folder; gone when dropped.

use std::{ffi::OsStr, iter, process::Command, time::Duration};

use tempfile::TempDir;

/// When a write is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// When a second node has it.
    Synchronous,
    /// When the leader has it.
    Asynchronous,
}

/// Three nodes, by their numbers.
pub struct Cluster {
    folder: TempDir,
    pub url: String,
    /// How long a leader may be silent.
    pub ttl: Duration,
}

impl Cluster {
    pub fn start(mode: Mode) -> Self {
        let ttl = Duration::from_secs(run("ttl", &[]).parse().expect("seconds"));
        let mut cluster = Self {
            folder: tempfile::tempdir().expect("a folder"),
            url: String::new(),
            ttl,
        };
        let flag: &[&str] = if mode == Mode::Asynchronous {
            &["--asynchronous"]
        } else {
            &[]
        };
        cluster.url = cluster.run("up", flag);
        cluster
    }

    pub fn leader(&self) -> String {
        self.run("leader", &[])
    }

    /// `kill`, `cut`, `start`, `switchover` and `settle` as the script has them.
    pub fn run(&self, command: &str, arguments: &[&str]) -> String {
        let arguments = arguments.iter().map(OsStr::new);
        run(
            command,
            &iter::once(self.folder.path().as_os_str())
                .chain(arguments)
                .collect::<Vec<_>>(),
        )
    }
}

/// What the script prints.
fn run(command: &str, arguments: &[&OsStr]) -> String {
    let mut script = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/failover/cluster"
    ));
    let output = script
        .arg(command)
        .args(arguments)
        .output()
        .expect("the script");
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("down", &[]);
    }
}
