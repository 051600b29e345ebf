//! What is asked of the stores. A round leaves a store as it found it: what it adds it deletes, and
//! what it accepts it makes pending again.

use super::fill_lists;
use crate::workload::{self, MEMBERS, mixed};

/// How many shares each backup has from the start: with projects 0 to 4.
pub const SHARES: usize = 5;
/// How many reads a burst has.
const READS: usize = 1_000;
/// How many lists a burst has, and how many of the member that has very many shares.
const LISTS: usize = 300;
const HEAVY_LISTS: usize = 30;
/// How many writes a burst has, each to another backup: no more than the smallest store has
/// backups.
const WRITES: usize = 200;

/// An operation.
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// By how much its p50 may grow.
    pub bound: u32,
    /// Whether it writes.
    pub durable: bool,
    /// What it asks.
    request: Request,
}

/// What an operation asks, of the store that is made for it.
#[derive(Clone, Copy)]
pub enum Request {
    /// About a backup, and one of its shares' projects.
    OfBackup(fn(usize, usize) -> Vec<u8>),
    /// About all that is shared with a project.
    OfMember(fn(usize) -> Vec<u8>),
}

/// In the order of a round.
pub const OPERATIONS: [Operation; 7] = [
    Operation {
        name: "show_member",
        bound: 2,
        durable: false,
        request: Request::OfBackup(workload::show_share),
    },
    Operation {
        name: "list_members",
        bound: 2,
        durable: false,
        request: Request::OfBackup(|backup, _| workload::list_members(backup)),
    },
    Operation {
        name: "list_backups",
        bound: 2,
        durable: false,
        request: Request::OfMember(workload::list_shared),
    },
    Operation {
        name: "update_member_status",
        bound: 5,
        durable: true,
        request: Request::OfBackup(workload::accept_share),
    },
    Operation {
        name: "update_member_status, back",
        bound: 5,
        durable: true,
        request: Request::OfBackup(workload::leave_share_pending),
    },
    Operation {
        name: "add_member",
        bound: 10,
        durable: true,
        request: Request::OfBackup(|b, p| workload::share_with(b, p + SHARES)),
    },
    Operation {
        name: "delete_member",
        bound: 10,
        durable: true,
        request: Request::OfBackup(|b, p| workload::revoke(b, p + SHARES)),
    },
];

const _: () = assert!(2 * SHARES <= MEMBERS, "there are projects to share with");

impl Operation {
    /// Whether it is asked of the store in which each member has as many shares.
    pub fn is_of_member(&self) -> bool {
        matches!(self.request, Request::OfMember(_))
    }

    /// The requests of a burst: random ones, the same for what makes and for what undoes.
    pub fn requests(&self, round: usize, members: usize) -> Vec<Vec<u8>> {
        match self.request {
            Request::OfBackup(request) => self.of_backups(request, round, members),
            Request::OfMember(request) => of_members(request, round, members),
        }
    }

    fn of_backups(
        &self,
        of_backup: fn(usize, usize) -> Vec<u8>,
        round: usize,
        members: usize,
    ) -> Vec<Vec<u8>> {
        let backups = members / SHARES;
        let random = mixed(round as u64) as usize;
        // Each kind of read has its own backups: else one finds what another has brought
        // into memory.
        let kind = (self.name.len() as u64) << 32;
        let request = |at: usize| {
            let backup = match self.durable {
                // A stride without a common divisor with a power of ten hits no backup twice.
                true => (random % backups + at * 7_919) % backups,
                false => mixed(kind + (random % 1_000_000_000 + at) as u64) as usize % backups,
            };
            of_backup(backup, at % SHARES)
        };
        (0..if self.durable { WRITES } else { READS })
            .map(request)
            .collect()
    }
}

/// Of random members, as many as there are.
fn of_members(request: fn(usize) -> Vec<u8>, round: usize, shares: usize) -> Vec<Vec<u8>> {
    let members = fill_lists::members(shares);
    let member = |at: usize| mixed((round * LISTS + at) as u64) as usize % members;
    let requests = (0..LISTS).map(|at| request(fill_lists::member(member(at))));
    requests.collect()
}

/// Of the one that has very many.
pub fn of_heavy_member() -> Vec<Vec<u8>> {
    (0..HEAVY_LISTS)
        .map(|_| workload::list_shared(fill_lists::HEAVY))
        .collect()
}
