//! A connection out of the pool, for one attempt, and whether what it showed can be believed.
//!
//! A primary that was replaced, and that nobody was there to stop, still answers: it cannot commit,
//! because the standby that would confirm has left it, but what it shows is of yesterday. That
//! standby left before it took over, and so before anything was acknowledged elsewhere: as long as
//! it is there after a read, the read shows what counts.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use futures::try_join;
use tokio_postgres::{Client, Error, Row, types::ToSql};

use super::retry::Failure;

// As many standbys as have to confirm a commit are there, out of those that may. Their names and
// the setting are what every user may see. An empty setting is a cluster without standbys that
// confirm: see `prepare`.
const CONFIRMED: &str = r"SELECT names = '' OR coalesce(substring(names FROM '(\d+) *\(')::int, 1) <= (
                              SELECT count(*) FROM pg_stat_replication
                              WHERE names LIKE '%*%' OR application_name <> '' AND position(application_name IN names) > 0)
                          FROM current_setting('synchronous_standby_names') AS names";

/// Whether standbys follow this server that confirm what it commits.
pub(super) async fn is_followed(client: &Client) -> Result<bool, Error> {
    client.query_one(CONFIRMED, &[]).await?.try_get(0)
}

/// A connection out of the pool. Dropping it closes it, because nobody knows what it is in the
/// middle of: an attempt may have failed, or have been given up while the database was still busy
/// with it. [`Session::done`] hands it back.
pub(super) struct Session(Option<Object>);

impl Session {
    /// A connection that nobody uses, or a new one.
    pub(super) async fn take(pool: &Pool) -> Result<Self, Failure> {
        Ok(Self(Some(pool.get().await?)))
    }

    /// Reads, and makes sure that it is what counts.
    pub(super) async fn read(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        // Before: what is only now prepared would be read after the question.
        let statement = self.prepare_cached(sql).await?;
        let rows = async { Ok(self.query(&statement, values).await?) };
        // Polled in this order, and thereby sent in this order, without a way there and back
        // between them. The server takes them one after the other, each with a look of its own at
        // what there is: it looks for its standbys when it has read.
        try_join!(rows, self.confirm()).map(|(rows, ())| rows)
    }

    /// Makes sure that what was read up to here is what counts. Where it is not, no connection that
    /// is in the pool is used again.
    pub(super) async fn confirm(&self) -> Result<(), Failure> {
        let statement = self.prepare_cached(CONFIRMED).await?;
        if self.query_one(&statement, &[]).await?.try_get(0)? {
            return Ok(());
        }
        if let Some(pool) = self.0.as_ref().and_then(Object::pool) {
            pool.retain(|_, _| false);
        }
        Err(Failure::Unconfirmed)
    }

    /// Back into the pool, with no transaction open and no answer outstanding.
    pub(super) fn done(mut self) {
        drop(self.0.take());
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    #[expect(
        clippy::expect_used,
        reason = "only `done` and `drop` take it out, and nobody has the session after that"
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
