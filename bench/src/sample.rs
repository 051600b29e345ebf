//! What is measured: each sample is a burst of requests of one kind, to bare axum or to the
//! service.

use std::{ops::Range, process::Command, thread, time::Duration};

use crate::{Outcome, load, process::Process, workload};

/// How many requests are on the way at a time.
const CONNECTIONS: usize = 64;
/// How many backups one round shares, and then accepts.
pub const BACKUPS_A_ROUND: usize = 20_000;
/// How many requests a burst of reads has.
const READS: usize = 40_000;
/// The disk's time to settle before durable writes.
const REST: Duration = Duration::from_millis(500);

/// A kind of request.
pub struct Kind {
    /// Its name in the table.
    pub name: &'static str,
    /// To bare axum and not to the service.
    pub bare: bool,
    /// The part of bare axum's requests per second that it has to reach.
    pub target: Option<f64>,
    durable: bool,
    request: fn(usize) -> Vec<u8>,
}

/// In the order of a round: what is accepted, shown and listed was shared before. All ratios are to
/// the first.
pub const KINDS: [Kind; 6] = [
    Kind {
        name: "bare axum POST",
        bare: true,
        target: None,
        durable: false,
        request: workload::bare_post,
    },
    Kind {
        name: "bare axum GET",
        bare: true,
        target: None,
        durable: false,
        request: workload::bare_get,
    },
    Kind {
        name: "add_member",
        bare: false,
        target: Some(0.30),
        durable: true,
        request: workload::add_member,
    },
    Kind {
        name: "update_member_status",
        bare: false,
        target: Some(0.30),
        durable: true,
        request: workload::update_member_status,
    },
    Kind {
        name: "show_member",
        bare: false,
        target: Some(0.60),
        durable: false,
        request: workload::show_member,
    },
    Kind {
        name: "list_members",
        bare: false,
        target: None,
        durable: false,
        request: workload::list_members,
    },
];

/// What one burst came to.
#[derive(Clone, Copy)]
pub struct Figures {
    pub per_second: f64,
    /// Of bare axum's POST in the same round.
    pub ratio: f64,
    /// Microseconds of the server's CPU for each request.
    pub cpu: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub errors: usize,
}

impl Kind {
    /// Measures one burst.
    pub fn measure(&self, server: &Process, round: usize) -> Outcome<Figures> {
        let requests = self.requests(round);
        if self.durable {
            // What others have written is on the disk before the clock starts.
            Command::new("sync").status()?;
            thread::sleep(REST);
        }
        let before = server.cpu()?;
        let mut burst = load::run(server.address, CONNECTIONS, &requests)?;
        let cpu = server.cpu()? - before;
        if let Some(error) = &burst.first_error {
            eprintln!(
                "{}: {} errors, the first:\n{error}",
                self.name, burst.errors
            );
        }
        Ok(Figures {
            per_second: requests.len() as f64 / burst.took.as_secs_f64(),
            ratio: f64::NAN,
            cpu: cpu.as_secs_f64() * 1e6 / requests.len() as f64,
            p50: burst.quantile(0.50),
            p99: burst.quantile(0.99),
            errors: burst.errors,
        })
    }

    fn requests(&self, round: usize) -> Vec<Vec<u8>> {
        let backups = backups(round);
        match self.durable {
            true => backups.map(self.request).collect(),
            false => (0..READS)
                .map(|at| (self.request)(workload::mixed(at as u64) as usize % backups.end))
                .collect(),
        }
    }
}

/// The backups whose turn it is in a round.
fn backups(round: usize) -> Range<usize> {
    round * BACKUPS_A_ROUND..(round + 1) * BACKUPS_A_ROUND
}
