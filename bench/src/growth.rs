//! How the time of a request grows with the store: the same requests, one at a time, to servers on
//! stores of 10³ to 10⁷ members. Prints a table in Markdown, and draws a plot where it is told to.

mod fill;
mod fill_lists;
mod plot;
mod requests;

use std::{
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use self::requests::{OPERATIONS, Operation};
use crate::{Outcome, beside, load, process::Process, serve, table};

/// The disk's time to settle before durable writes.
const REST: Duration = Duration::from_millis(500);

/// The smallest store, as a power of ten.
const SMALLEST: u32 = 3;

/// What to measure.
pub struct Growth {
    /// How often everything is measured.
    pub rounds: usize,
    /// The largest store, as a power of ten.
    pub largest: u32,
    /// Where to draw the plot.
    pub svg: Option<PathBuf>,
}

/// What a burst of one operation on one store came to.
#[derive(Clone, Copy)]
struct Figures {
    p50: Duration,
    p99: Duration,
    errors: usize,
}

/// A store with so many members, and the server on it; and the same by member.
struct Size {
    members: usize,
    server: Process,
    lists: Process,
}

/// The medians of one operation on one store.
struct Point {
    members: usize,
    p50: Duration,
    p99: Duration,
    /// p50, of that on the smallest store in the same round.
    ratio: f64,
}

/// All of one operation.
struct Line {
    operation: &'static Operation,
    points: Vec<Point>,
}

impl Growth {
    /// Measures; returns how many requests failed.
    pub fn run(&self) -> Outcome<usize> {
        let program = beside("backup-share")?;
        let folder = tempfile::tempdir_in(program.parent().ok_or("no folder")?)?;
        let sizes = (SMALLEST..=self.largest)
            .map(|power| size(&program, folder.path(), power))
            .collect::<Outcome<Vec<_>>>()?;
        let rounds = (0..self.rounds)
            .map(|round| measure(&sizes, round))
            .collect::<Outcome<Vec<_>>>()?;
        let lines: Vec<_> = OPERATIONS
            .iter()
            .enumerate()
            .map(|(at, o)| line(o, at, &sizes, &rounds))
            .collect();
        print(&lines);
        let heavy = sizes.last().map_or(Ok(0), heavy_member)?;
        if let Some(svg) = &self.svg {
            std::fs::write(svg, plot::svg(&lines))?;
        }
        Ok(rounds
            .iter()
            .flatten()
            .flatten()
            .map(|figures| figures.errors)
            .sum::<usize>()
            + heavy)
    }
}

/// Makes stores of a size, and starts servers on them.
fn size(program: &Path, folder: &Path, power: u32) -> Outcome<Size> {
    let members = 10_usize.pow(power);
    let made = |name: &str, fill: fn(&Path, &Path, usize) -> Outcome<Duration>| {
        let file = folder.join(format!("{power}-{name}.db"));
        let took = fill(program, &file, members)?;
        let megabytes = file.metadata()?.len() / 1_000_000;
        eprintln!(
            "{members} members, {name}: {megabytes} MB, made in {:.1} s",
            took.as_secs_f64()
        );
        serve(program, &format!("sqlite:{}", file.display()))
    };
    Ok(Size {
        members,
        server: made("by-backup", fill::fill)?,
        lists: made("by-member", fill_lists::fill)?,
    })
}

/// Prints what the list of one that has very many shares takes; how many requests failed.
fn heavy_member(largest: &Size) -> Outcome<usize> {
    if largest.members < fill_lists::HEAVY_SHARES * 10 {
        return Ok(0);
    }
    let mut burst = load::run(largest.lists.address, 1, &requests::of_heavy_member())?;
    println!(
        "\n`list_backups` of a member with {} shares among {}: {} / {} µs",
        fill_lists::HEAVY_SHARES,
        largest.members,
        burst.quantile(0.50).as_micros(),
        burst.quantile(0.99).as_micros()
    );
    Ok(burst.errors)
}

/// One round: every operation on every store, one after the other.
fn measure(sizes: &[Size], round: usize) -> Outcome<Vec<Vec<Figures>>> {
    let on_all = |operation: &Operation| {
        sizes
            .iter()
            .map(|size| burst(operation, size, round))
            .collect()
    };
    OPERATIONS.iter().map(on_all).collect()
}

fn burst(operation: &Operation, size: &Size, round: usize) -> Outcome<Figures> {
    let requests = operation.requests(round, size.members);
    if operation.durable {
        // What others have written is on the disk before the clock starts.
        Command::new("sync").status()?;
        thread::sleep(REST);
    }
    let server = match operation.is_of_member() {
        true => &size.lists,
        false => &size.server,
    };
    let mut burst = load::run(server.address, 1, &requests)?;
    if let Some(error) = &burst.first_error {
        eprintln!(
            "{} at {}: {} errors, the first:\n{error}",
            operation.name, size.members, burst.errors
        );
    }
    Ok(Figures {
        p50: burst.quantile(0.50),
        p99: burst.quantile(0.99),
        errors: burst.errors,
    })
}

fn line(
    operation: &'static Operation,
    at: usize,
    sizes: &[Size],
    rounds: &[Vec<Vec<Figures>>],
) -> Line {
    let median = |of: &dyn Fn(&[Figures]) -> f64| {
        table::median(
            rounds.iter().map(|round| of(&round[at])).collect(),
            f64::total_cmp,
        )
    };
    let seconds = |of: &dyn Fn(&[Figures]) -> Duration| {
        Duration::from_secs_f64(median(&|f| of(f).as_secs_f64()))
    };
    let point = |(size, members): (usize, usize)| Point {
        members,
        p50: seconds(&|figures| figures[size].p50),
        p99: seconds(&|figures| figures[size].p99),
        ratio: median(&|figures| figures[size].p50.as_secs_f64() / figures[0].p50.as_secs_f64()),
    };
    Line {
        operation,
        points: sizes
            .iter()
            .map(|size| size.members)
            .enumerate()
            .map(point)
            .collect(),
    }
}

fn print(lines: &[Line]) {
    let members = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.members);
    let columns: Vec<_> = members
        .take(lines[0].points.len())
        .map(|members| format!("10^{}", members.ilog10()))
        .collect();
    println!(
        "| p50 / p99 in µs | {} | growth | to be |",
        columns.join(" | ")
    );
    println!("|---|{}--:|--:|", "--:|".repeat(columns.len()));
    for Line { operation, points } in lines {
        let micros = |time: Duration| time.as_micros();
        let cells: Vec<_> = points
            .iter()
            .map(|p| format!("{} / {}", micros(p.p50), micros(p.p99)))
            .collect();
        let growth = points.last().map_or(f64::NAN, |point| point.ratio);
        println!(
            "| `{}` | {} | {growth:.2} | ≤ {} |",
            operation.name,
            cells.join(" | "),
            operation.bound
        );
    }
}
