//! Measures the service against bare axum on the same machine, in one interleaved run, and prints a
//! table.
//!
//! `backup-share-bench [--rounds N] [--against SERVER]… [--postgres URL]… [KIND]…`: `--against`
//! measures other builds of the server in the same rounds, which is how to tell whether a change is
//! a gain, and `--postgres` this build on that database, which must be empty; kinds leave out all
//! others. What may be shown must have been shared, so `add_member` always runs.
//!
//! `backup-share-bench --instructions [--rounds N] [--against SERVER]…` counts instructions for a
//! request instead, which do not depend on what else the machine does.
//!
//! `backup-share-bench growth [--rounds N] [--largest POWER] [--svg FILE]` measures how the time of
//! a request grows with the store instead: 10³ to 10⁷ members, or 10 to another power.

mod growth;
mod instructions;
mod load;
mod process;
mod sample;
mod table;
mod workload;

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use growth::Growth;
use instructions::Instructions;
use process::Process;
use sample::{BACKUPS_A_ROUND, Figures, KINDS, Kind};

/// This is a tool: any failure ends it, with a sentence.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// How often a start is measured.
const STARTS: usize = 5;
/// How long a server has been idle when its memory is looked at.
const IDLE: Duration = Duration::from_secs(1);

struct Arguments {
    rounds: usize,
    /// Each with its PostgreSQL, where it is not to be on SQLite.
    servers: Vec<(PathBuf, Option<String>)>,
    kinds: Vec<String>,
}

fn main() -> ExitCode {
    let errors = match env::args().nth(1).as_deref() {
        Some("growth") => growth().and_then(|growth| growth.run()),
        Some("--instructions") => instructions().and_then(|instructions| instructions.run()),
        _ => arguments().and_then(|arguments| bench(&arguments)),
    };
    match errors {
        Ok(0) => ExitCode::SUCCESS,
        Ok(errors) => {
            eprintln!("{errors} requests failed: this run says nothing");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Outcome<Arguments> {
    let mut parsed = Arguments {
        rounds: 5,
        servers: vec![(beside("backup-share")?, None)],
        kinds: vec![],
    };
    let mut given = env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--rounds" => parsed.rounds = value()?.parse()?,
            "--against" => parsed.servers.push((value()?.into(), None)),
            "--postgres" => parsed
                .servers
                .push((beside("backup-share")?, Some(value()?))),
            kind if KINDS.iter().any(|known| known.name == kind) => parsed.kinds.push(argument),
            other => return Err(format!("there is no {other:?}").into()),
        }
    }
    Ok(parsed)
}

fn instructions() -> Outcome<Instructions> {
    instructions::is_possible()?;
    let mut parsed = Instructions {
        rounds: 3,
        servers: vec![beside("backup-share")?],
    };
    let mut given = env::args().skip(2);
    while let Some(argument) = given.next() {
        let value = given.next().ok_or(format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--rounds" => parsed.rounds = value.parse()?,
            "--against" => parsed.servers.push(value.into()),
            other => return Err(format!("there is no {other:?}").into()),
        }
    }
    Ok(parsed)
}

fn growth() -> Outcome<Growth> {
    let mut parsed = Growth {
        rounds: 5,
        largest: 7,
        svg: None,
    };
    let mut given = env::args().skip(2);
    while let Some(argument) = given.next() {
        let value = given.next().ok_or(format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--rounds" => parsed.rounds = value.parse()?,
            "--largest" => parsed.largest = value.parse()?,
            "--svg" => parsed.svg = Some(value.into()),
            other => return Err(format!("there is no {other:?}").into()),
        }
    }
    Ok(parsed)
}

/// A program of the same build.
fn beside(name: &str) -> Outcome<PathBuf> {
    Ok(env::current_exe()?.with_file_name(name))
}

/// Runs everything; returns how many requests failed.
fn bench(arguments: &Arguments) -> Outcome<usize> {
    // Beside the build and not in the folder for temporary files, which may be no disk at all.
    let folder = tempfile::tempdir_in(env::current_exe()?.parent().ok_or("no folder")?)?;
    let bare = Process::start(&beside("bare-axum")?, &[])?;
    let mut services = Vec::new();
    for (number, (program, postgres)) in arguments.servers.iter().enumerate() {
        let database = |name: &str| match postgres {
            Some(url) => url.clone(),
            None => format!(
                "sqlite:{}",
                folder.path().join(format!("{name}-{number}.db")).display()
            ),
        };
        services.push(Service::start(program, database, arguments.rounds)?);
    }
    let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| arguments.wants(kind)).collect();
    let mut rounds: Vec<Vec<Vec<Figures>>> = Vec::new();
    for round in 0..arguments.rounds {
        rounds.push(measure(&kinds, &bare, &services, round)?);
    }
    table::print(&kinds, &rounds);
    for service in &services {
        service.report()?;
    }
    Ok(rounds
        .iter()
        .flatten()
        .flatten()
        .map(|figures| figures.errors)
        .sum())
}

impl Arguments {
    fn wants(&self, kind: &Kind) -> bool {
        self.kinds.is_empty()
            || kind.name == "bare axum POST"
            || kind.name == "add_member"
            || self.kinds.iter().any(|k| k == kind.name)
    }
}

/// One round: every kind once, on every server that offers it.
fn measure(
    kinds: &[&Kind],
    bare: &Process,
    services: &[Service],
    round: usize,
) -> Outcome<Vec<Vec<Figures>>> {
    let mut measured: Vec<Vec<Figures>> = Vec::new();
    let mut base = f64::NAN;
    for kind in kinds {
        let servers = if kind.bare {
            vec![bare]
        } else {
            services.iter().map(|service| &service.process).collect()
        };
        let mut row = Vec::new();
        for server in servers {
            let mut figures = kind.measure(server, round)?;
            base = if base.is_nan() {
                figures.per_second
            } else {
                base
            };
            figures.ratio = figures.per_second / base;
            row.push(figures);
        }
        measured.push(row);
    }
    Ok(measured)
}

/// A build of the server, and what was seen of it before the load.
struct Service {
    program: PathBuf,
    process: Process,
    ready: Duration,
    resident: f64,
    loaded: Duration,
}

impl Service {
    fn start(program: &Path, database: impl Fn(&str) -> String, rounds: usize) -> Outcome<Self> {
        let mut ready = Vec::new();
        for start in 0..STARTS {
            ready.push(serve(program, &database(&format!("empty-{start}")))?.ready);
        }
        let empty = serve(program, &database("idle"))?;
        thread::sleep(IDLE);
        let resident = empty.resident()?;
        let full = database("full");
        let loaded = workload::prepare(program, &full, rounds * BACKUPS_A_ROUND)?;
        let process = serve(program, &full)?;
        Ok(Self {
            program: program.to_owned(),
            process,
            ready: table::median(ready, Duration::cmp),
            resident,
            loaded,
        })
    }

    fn report(&self) -> Outcome<()> {
        thread::sleep(IDLE);
        println!("\n{}", self.program.display());
        println!(
            "  ready after start      {:>6.1} ms   on an empty store, median of {STARTS}; to be < 50 ms",
            table::ms(self.ready)
        );
        println!(
            "  idle memory            {:>6.1} MiB  resident, empty store; to be < 20 MiB",
            self.resident
        );
        println!(
            "  memory after the load  {:>6.1} MiB",
            self.process.resident()?
        );
        println!(
            "  catalog loaded in      {:>6.1} s",
            self.loaded.as_secs_f64()
        );
        Ok(())
    }
}

fn serve(program: &Path, database: &str) -> Outcome<Process> {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--database", database];
    if !database.starts_with("sqlite:") {
        arguments.extend(["--unreplicated", "warn"]);
    }
    Process::start(program, &arguments)
}
