//! Data files that an operator did not mean so: what reading one may take of the machine, and that
//! what refers to nothing is not taken over.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::server::{ALICE, program};

/// Memory of its own, in MB.
const MEMORY: u64 = 20;
const DEADLINE: Duration = Duration::from_secs(30);

struct Load {
    folder: TempDir,
    child: Child,
}

impl Load {
    /// `catalog load`, of a file or of standard input, into a new store.
    fn start(text: &str, piped: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data.yaml");
        fs::write(&file, text).expect("written");
        let mut command = Command::new(program());
        let named = if piped {
            PathBuf::from("/dev/stdin")
        } else {
            file.clone()
        };
        let database = format!("sqlite:{}", folder.path().join("store.db").display());
        command
            .args(["catalog", "load"])
            .arg(named)
            .args(["--database", &database])
            .env("TMPDIR", folder.path());
        let errors = File::create(folder.path().join("errors")).expect("a file");
        let stdin = if piped { Stdio::piped() } else { Stdio::null() };
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("the command");
        if let Some(mut stdin) = child.stdin.take() {
            let mut file = File::open(file).expect("the file");
            thread::spawn(move || std::io::copy(&mut file, &mut stdin));
        }
        Self { folder, child }
    }

    /// Whether it succeeded, what it said, and its peak of memory. Ended where it takes far too
    /// much.
    fn end(mut self, attack: &str) -> (bool, String, u64) {
        let (start, mut peak) = (Instant::now(), 0);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                break status;
            }
            peak = peak.max(own_memory(self.child.id()));
            if peak > 30 * MEMORY || start.elapsed() > DEADLINE {
                self.child.kill().expect("killed");
            }
            thread::sleep(Duration::from_millis(2));
        };
        let said = fs::read_to_string(self.folder.path().join("errors")).expect("what it said");
        println!(
            "{attack}: peak {peak} MB, {:.1?}, {status}: {}",
            start.elapsed(),
            said.trim()
        );
        (status.success(), said, peak)
    }
}

/// In MB, without what is mapped of files.
fn own_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}

#[test]
fn a_few_hundred_bytes_of_aliases_take_no_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let alias = format!("*a{}, ", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", alias.repeat(9));
    }
    let bytes = text.len();
    let (loaded, said, peak) = Load::start(&text, false).end(&format!("{bytes} bytes of aliases"));
    assert!(
        !loaded && said.contains("data.yaml:1: ") && said.contains("aliases"),
        "{said}"
    );
    assert!(peak < MEMORY, "{peak} MB");
}

#[test]
fn what_comes_through_a_pipe_is_not_kept_in_memory() {
    let line = format!("# {}\n", "x".repeat(253));
    let text = format!("{}projects: [{{id: p, name: p}}]\n", line.repeat(96 * 1024));
    let megabytes = text.len() / 1024 / 1024;
    let (loaded, said, peak) =
        Load::start(&text, true).end(&format!("{megabytes} MB through a pipe"));
    assert!(loaded, "{said}");
    assert!(peak < MEMORY, "{peak} MB");
}

#[test]
fn data_that_refers_to_nothing_is_not_loaded() {
    let text = format!(
        "projects: [{{id: '{ALICE}', name: alice}}]\n\
         backups: [{{id: d0000000-0000-4000-8000-000000000001, project_id: typo, name: b, status: available,\n  \
         vault_id: a0000000-0000-4000-8000-000000000001, resource_type: t, resource_size: 1}}]\n"
    );
    let (loaded, said, _) = Load::start(&text, false).end("dangling data");
    assert!(
        !loaded && said.contains("data.yaml:2: backups[0].project_id: \"typo\": "),
        "{said}"
    );
    assert!(
        said.contains("data.yaml:3: backups[0].vault_id: "),
        "{said}"
    );
}
