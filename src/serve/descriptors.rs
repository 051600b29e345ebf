//! How many connections the limit of open files leaves.

use rustix::process::{Resource, getrlimit};

use crate::config::Config;

/// What is not for connections: the database's files, log, audit and listeners, data and policy
/// files that are read, and calls to Keystone.
const RESERVE: usize = 64;
/// Where the system has no limit: each connection takes some 14 KB.
const UNLIMITED: usize = 65_536;

/// How many connections may be open at a time: as many as the settings say, or as the limit of open
/// files leaves.
pub(super) fn connections(config: &Config) -> usize {
    match config.limits.connections {
        0 => left_of(
            getrlimit(Resource::Nofile).current,
            config.postgres.connections,
        ),
        most => most,
    }
}

/// What a limit leaves, with so many connections to the database: half of it at the least.
fn left_of(limit: Option<u64>, database: usize) -> usize {
    let limit = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(UNLIMITED)
        .min(UNLIMITED);
    let reserve = RESERVE.saturating_add(database);
    limit.saturating_sub(reserve).max(limit / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::left_of;

    #[test]
    fn a_reserve_stays_free_of_what_the_system_allows() {
        assert_eq!(left_of(Some(1024), 16), 944);
        assert_eq!((left_of(Some(100), 16), left_of(Some(0), 16)), (50, 1));
        assert_eq!(
            (left_of(None, 16), left_of(Some(u64::MAX), 16)),
            (65_456, 65_456)
        );
    }
}
