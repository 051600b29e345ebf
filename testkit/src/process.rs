//! The service as a separate process, which can be killed at any moment; gone when dropped.

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The program `backup-share` of this build.
pub fn program() -> PathBuf {
    // Where a test is not run by Cargo, it is beside the folder of the test.
    let beside = || {
        let test = env::current_exe().expect("a test");
        let folder = test.parent().and_then(|deps| deps.parent());
        folder.expect("a folder of builds").join("backup-share")
    };
    env::var_os("CARGO_BIN_EXE_backup-share").map_or_else(beside, PathBuf::from)
}

/// A server that listens.
pub struct ServerProcess {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl ServerProcess {
    /// On a database, with data files.
    pub fn start(database: &str, data: &[PathBuf]) -> Self {
        Self::start_by(Command::new(program()), database, data)
    }

    /// By a command that runs the service with the arguments it is given.
    pub fn start_by(mut command: Command, database: &str, data: &[PathBuf]) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
        for file in data {
            command.arg("--data").arg(file);
        }
        // Of no effect on a SQLite file; the PostgreSQL of the tests has no standby.
        command.env("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn");
        command.stderr(Stdio::null());
        Self::spawn(command)
    }

    /// By a whole command; its stdout is read, for the line that says where it listens.
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the command");
        // With its copy of stderr: what reads the other end must see the end of it.
        drop(command);
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("no address of a server: {line:?}"));
        Self { child, address }
    }

    /// Its URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// SIGKILL: no destructor runs, no buffer is flushed.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGTERM; how long it took to end.
    pub fn terminate(mut self) -> Duration {
        let start = Instant::now();
        let sent = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .expect("kill");
        assert!(sent.success());
        self.child.wait().expect("ended");
        start.elapsed()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
