//! A connection out of the pool, for one attempt, and whether what it read is current.
//!
//! A deposed primary that has not been shut down (split brain) still serves reads: it cannot commit,
//! because the standby that would confirm has left it, but its reads are stale. That standby left
//! before it took over, and so before anything was acknowledged elsewhere: as long as it is there
//! after a read, the read is current.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio_postgres::{Client, Error, Row, Statement, types::ToSql};

use super::{pipeline::pipelined, retry::AttemptError};

// As many standbys as have to confirm a commit are there, out of those that may. Their names and
// the setting are what every user may see. An empty setting is a cluster without standbys that
// confirm: see `prepare`.
const HAS_SYNC_STANDBY: &str = r"
    SELECT names = '' OR coalesce(substring(names FROM '(\d+) *\(')::int, 1) <= (
        SELECT count(*) FROM pg_stat_replication
        WHERE names LIKE '%*%'
           OR application_name <> '' AND position(application_name IN names) > 0)
    FROM current_setting('synchronous_standby_names') AS names";

/// Whether this server has the standbys that confirm what it commits.
pub(super) async fn has_sync_standby(client: &Client) -> Result<bool, Error> {
    client.query_one(HAS_SYNC_STANDBY, &[]).await?.try_get(0)
}

/// A connection out of the pool. Dropping it closes it, because its state is unknown: an attempt
/// may have failed, or have been given up while the database was still busy with it.
/// [`Session::done`] hands it back.
pub(super) struct Session(Option<Object>);

impl Session {
    /// An idle connection, or a new one.
    pub(super) async fn acquire(pool: &Pool) -> Result<Self, AttemptError> {
        Ok(Self(Some(pool.get().await?)))
    }

    /// Reads, and makes sure that the read is not stale.
    pub(super) async fn read(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, AttemptError> {
        // Before: what is only now prepared would be read after the confirmation.
        let statement = self.prepare_cached(sql).await?;
        self.read_prepared(&statement, values).await
    }

    /// The same with a statement that does not stay prepared.
    pub(super) async fn read_once(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, AttemptError> {
        let statement = self.prepare(sql).await?;
        self.read_prepared(&statement, values).await
    }

    async fn read_prepared(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, AttemptError> {
        let rows = async { Ok(self.query(statement, values).await?) };
        // The server runs them one after the other, each with its own snapshot: it looks for
        // its standbys when it has read.
        let (rows, ()) = pipelined(rows, self.confirm_primary()).await?;
        Ok(rows)
    }

    /// Makes sure that what was read up to here is not stale. Where it may be, no connection that
    /// is in the pool is used again.
    pub(super) async fn confirm_primary(&self) -> Result<(), AttemptError> {
        let statement = self.prepare_cached(HAS_SYNC_STANDBY).await?;
        if self.query_one(&statement, &[]).await?.try_get(0)? {
            return Ok(());
        }
        if let Some(pool) = self.0.as_ref().and_then(Object::pool) {
            pool.retain(|_, _| false);
        }
        Err(AttemptError::Unconfirmed)
    }

    /// Back into the pool, with no transaction open and no response outstanding.
    pub(super) fn done(mut self) {
        drop(self.0.take());
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    #[expect(
        clippy::expect_used,
        reason = "only `done` and `drop` take it out, and both consume the session"
    )]
    fn deref(&self) -> &ClientWrapper {
        self.0
            .as_ref()
            .expect("a session has its connection for as long as it lives")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}
