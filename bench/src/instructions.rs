//! How many instructions the server takes for a request: what timings on a busy machine do not
//! tell. valgrind's callgrind counts them; a server that has answered few requests is compared with
//! one that has answered many, so that what start and stop take falls out. One request at a time:
//! each write is a transaction by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome, load,
    process::Process,
    table,
    workload::{self, add_member, list_members, show_member, update_member_status},
};

/// How many requests the two servers get.
const FEW: usize = 200;
const MANY: usize = 1_200;

/// A kind of request, and how many shares of the store it finds.
struct Kind {
    name: &'static str,
    shared: bool,
    request: fn(usize) -> Vec<u8>,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "add_member",
        shared: false,
        request: add_member,
    },
    Kind {
        name: "update_member_status",
        shared: true,
        request: update_member_status,
    },
    Kind {
        name: "show_member",
        shared: true,
        request: show_member,
    },
    Kind {
        name: "list_members",
        shared: true,
        request: list_members,
    },
];

/// Counts, and prints a table: the first server, and beside it the others with the ratio to them.
pub struct Instructions {
    pub rounds: usize,
    pub servers: Vec<PathBuf>,
}

impl Instructions {
    pub fn run(&self) -> Outcome<usize> {
        let folder = tempfile::tempdir()?;
        println!(
            "instructions for a request, medians of {} rounds",
            self.rounds
        );
        for kind in &KINDS {
            let mut counted = Vec::new();
            for server in &self.servers {
                let rounds = (0..self.rounds).map(|_| kind.count(server, folder.path()));
                counted.push(table::median(
                    rounds.collect::<Outcome<Vec<_>>>()?,
                    u64::cmp,
                ));
            }
            let (first, others) = counted.split_first().ok_or("no server")?;
            print!("{:<22} {first:>9}", kind.name);
            for other in others {
                print!(
                    "   {other:>9} {:+.1} %",
                    100.0 * (*first as f64 / *other as f64 - 1.0)
                );
            }
            println!();
        }
        Ok(0)
    }
}

impl Kind {
    fn count(&self, server: &Path, folder: &Path) -> Outcome<u64> {
        let total = |requests| self.total(server, folder, requests);
        Ok(total(MANY)?.saturating_sub(total(FEW)?) / (MANY - FEW) as u64)
    }

    /// All instructions of a server that gets so many requests.
    fn total(&self, server: &Path, folder: &Path, requests: usize) -> Outcome<u64> {
        let file = folder.join("store.db");
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            let _ = fs::remove_file(folder.join(name));
        }
        let database = format!("sqlite:{}", file.display());
        workload::prepare(server, &database, MANY)?;
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
        if self.shared {
            let plain = Process::start(server, &arguments)?;
            respond_to(&plain, &(0..MANY).map(add_member).collect::<Vec<_>>())?;
            plain.stop()?;
        }
        let log = folder.join("callgrind");
        let options = [
            "--tool=callgrind".to_owned(),
            "--callgrind-out-file=/dev/null".to_owned(),
        ];
        let server = server.to_str().ok_or("no text")?;
        let mut all: Vec<&str> = options.iter().map(String::as_str).collect();
        let to = format!("--log-file={}", log.display());
        all.extend([to.as_str(), server]);
        all.extend(arguments);
        let counted = Process::start(Path::new("valgrind"), &all)?;
        respond_to(
            &counted,
            &(0..requests).map(self.request).collect::<Vec<_>>(),
        )?;
        counted.stop()?;
        let said = fs::read_to_string(&log)?;
        let line = said
            .lines()
            .find_map(|line| line.split_once("Collected : "))
            .ok_or("valgrind counted nothing")?;
        Ok(line.1.trim().parse()?)
    }
}

fn respond_to(server: &Process, requests: &[Vec<u8>]) -> Outcome<()> {
    let burst = load::run(server.address, 1, requests)?;
    match burst.first_error {
        Some(error) => Err(format!("{} requests failed, the first: {error}", burst.errors).into()),
        None => Ok(()),
    }
}

/// Whether valgrind can be had.
pub fn is_possible() -> Outcome<()> {
    let found = Command::new("valgrind").arg("--version").output();
    found
        .map(drop)
        .map_err(|_| "valgrind is missing, please install: apt-get install valgrind".into())
}
