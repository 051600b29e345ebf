//! Builds the indexes that a database does not have, while all servers go on writing: one server
//! builds, the others wait with their start. What an interrupted build left behind is dropped and
//! built again.

use std::time::{Duration, Instant};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio_postgres::{Client, Error};

use super::{
    super::{
        indexes::{INDEXES, Index},
        sql::POSTGRES,
    },
    OpenError,
    connect::HostList,
};
use crate::error_chain;

/// Building takes as long as it takes.
const NO_TIMEOUTS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";
/// The advisory lock of the server that builds: "indexes!" in ASCII. It is tried, never waited
/// for: a build waits for every snapshot, and a statement that waits has one.
const TRY_ALONE: &str = "SELECT pg_try_advisory_lock(x'696e646578657321'::bigint)";
/// How long until it is tried again.
const ANOTHER_TRY: Duration = Duration::from_secs(1);
/// Whether an index is usable; no row where it is not there.
const IS_USABLE: &str = "
    SELECT indisvalid AND indisready FROM pg_index WHERE indexrelid = to_regclass($1)";
/// How often the log says how far a build is.
const REPORT: Duration = Duration::from_secs(10);
/// How far the build of a session is: which part of it, and how much of that, in percent.
const PROGRESS: &str = "
    SELECT phase, coalesce(100 * blocks_done / nullif(blocks_total, 0), 0)
    FROM pg_stat_progress_create_index WHERE pid = $1";

/// In a database without records and without other servers.
pub(super) async fn build_in_new(client: &Client) -> Result<(), Error> {
    for index in &INDEXES {
        let create = format!("CREATE INDEX IF NOT EXISTS {}", index.definition(&POSTGRES));
        client.batch_execute(&create).await?;
    }
    Ok(())
}

/// Builds what is missing, or waits until another server has.
pub(super) async fn build_missing(pool: &Pool, hosts: &HostList) -> Result<(), OpenError> {
    let failed = |reason| OpenError::Indexes {
        hosts: hosts.to_string(),
        reason,
    };
    let object = pool.get().await;
    let object = object.map_err(|error| failed(error_chain::full(&error)))?;
    // Not back into the pool: the lock goes with the connection.
    let builder = Builder {
        client: Object::take(object),
        pool,
        hosts,
    };
    let built = builder.build_missing().await;
    built.map_err(|error| failed(error_chain::full(&error)))
}

/// What an index is in a database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    /// Being built, or left behind by a build that did not end.
    Unfinished,
    Usable,
}

/// A session that builds.
struct Builder<'a> {
    client: ClientWrapper,
    pool: &'a Pool,
    hosts: &'a HostList,
}

impl Builder<'_> {
    async fn build_missing(&self) -> Result<(), Error> {
        if !self.is_any_missing().await? {
            return Ok(());
        }
        self.client.batch_execute(NO_TIMEOUTS).await?;
        self.be_alone().await?;
        for index in &INDEXES {
            let state = self.state(index).await?;
            if state == State::Unfinished {
                let drop = format!("DROP INDEX CONCURRENTLY {}", index.name);
                self.client.batch_execute(&drop).await?;
            }
            if state != State::Usable {
                self.build(index).await?;
            }
        }
        Ok(())
    }

    async fn is_any_missing(&self) -> Result<bool, Error> {
        for index in &INDEXES {
            if self.state(index).await? != State::Usable {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn state(&self, index: &Index) -> Result<State, Error> {
        let found = self.client.query_opt(IS_USABLE, &[&index.name]).await?;
        Ok(match found.map(|row| row.try_get(0)).transpose()? {
            None => State::Absent,
            Some(false) => State::Unfinished,
            Some(true) => State::Usable,
        })
    }

    /// Waits until no other server builds.
    async fn be_alone(&self) -> Result<(), Error> {
        let mut is_told = false;
        while !self.client.query_one(TRY_ALONE, &[]).await?.try_get(0)? {
            if !is_told {
                tracing::info!(hosts = %self.hosts, "another server is building an index: waiting");
                is_told = true;
            }
            tokio::time::sleep(ANOTHER_TRY).await;
        }
        Ok(())
    }

    async fn build(&self, index: &Index) -> Result<(), Error> {
        let (name, hosts, start) = (index.name, self.hosts, Instant::now());
        tracing::info!(index = name, %hosts, "building an index: servers go on writing meanwhile");
        let own = self.client.query_one("SELECT pg_backend_pid()", &[]);
        let session = own.await?.try_get(0)?;
        let create = format!("CREATE INDEX CONCURRENTLY {}", index.definition(&POSTGRES));
        tokio::select! {
            built = self.client.batch_execute(&create) => built?,
            never = self.report(index, session) => match never {},
        }
        let seconds = start.elapsed().as_secs_f32();
        tracing::info!(index = name, %hosts, seconds, "the index is built");
        Ok(())
    }

    /// Says again and again how far a build is, where that can be found out.
    async fn report(&self, index: &Index, session: i32) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(REPORT).await;
            let Ok(client) = self.pool.get().await else {
                continue;
            };
            if let Ok(Some(row)) = client.query_opt(PROGRESS, &[&session]).await
                && let (Ok(phase), Ok(percent)) =
                    (row.try_get::<_, &str>(0), row.try_get::<_, i64>(1))
            {
                tracing::info!(index = index.name, phase, percent, "still building");
            }
        }
    }
}
