//! Prism before a server: a proxy that rejects every request and every response that breaks the
//! contract. The stage `prism` of `scripts/test` runs the stories through it; by themselves the
//! tests call the server.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

/// One Prism for each server. Gone when dropped.
pub struct Prism {
    child: Child,
    /// Its output, which has to be read for it to go on.
    said: Receiver<String>,
    /// Where it listens.
    pub endpoint: String,
}

impl Prism {
    /// Starts the program that `PRISM` names; none where it names none.
    pub fn before(server: &str) -> Option<Self> {
        let program = std::env::var_os("PRISM")?;
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/backup-share.yaml");
        let options = ["--errors", "--host", "127.0.0.1", "--port", "0"];
        let mut command = Command::new(program);
        command
            .args(["proxy", contract, server])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("Prism starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (lines, said) = mpsc::channel();
        thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| lines.send(line))
        });
        let mut prism = Self {
            child,
            said,
            endpoint: String::new(),
        };
        let address = |line: String| {
            Some(
                line.split_once("Prism is listening on ")?
                    .1
                    .trim()
                    .to_owned(),
            )
        };
        prism.endpoint = prism.said.iter().find_map(address).expect("Prism listens");
        Some(prism)
    }
}

/// Whatever the callers made of it: Prism found no violation.
impl Drop for Prism {
    fn drop(&mut self) {
        self.child.kill().expect("Prism ends");
        self.child.wait().expect("Prism ended");
        let said: Vec<String> = self.said.iter().collect();
        let violation = |line: &String| {
            ["error", "VIOLATION", "violation"]
                .iter()
                .any(|word| line.contains(word))
        };
        assert!(
            thread::panicking() || !said.iter().any(violation),
            "Prism found violations:\n{}",
            said.join("\n")
        );
    }
}
