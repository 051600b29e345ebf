//! What has to hold before anything is written to a cluster: a version that is known, writes that
//! survive the loss of a node, and the schema.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use refinery::error::Kind;
use tokio_postgres::{Client, Error, error::SqlState};

use super::{
    super::compatibility::{self, Fit, NEWER, StoreSchema},
    OpenError,
    connect::HostList,
    indexes,
};
use crate::error_chain;

mod migrations {
    refinery::embed_migrations!("src/store/schema/postgres");
}

/// The oldest version that is tested, as PostgreSQL counts.
const OLDEST: i32 = 150_000;
/// How long to wait for another server that brings the schema up to date.
const MIGRATION: Duration = Duration::from_secs(60);
/// Makes a session the only one that brings the schema up to date: it takes an advisory lock,
/// "backups!" in ASCII. Nothing else is waited for as long as that.
const ALONE: &str = "
    SET idle_in_transaction_session_timeout = 0;
    SELECT pg_advisory_lock(x'6261636b75707321'::bigint);
    SET lock_timeout = '1s'";
/// How long others may work before a migration that they have locked out is tried again.
const LOCKED_OUT: Duration = Duration::from_secs(1);

/// What a cluster says of itself.
struct Cluster {
    version: i32,
    standbys: String,
    fsync: String,
    full_pages: String,
}

impl Cluster {
    async fn ask(client: &ClientWrapper) -> Result<Self, Error> {
        let sql = "
            SELECT current_setting('server_version_num')::int,
                   current_setting('synchronous_standby_names'),
                   current_setting('fsync'), current_setting('full_page_writes')";
        let row = client.query_one(sql, &[]).await?;
        Ok(Self {
            version: row.try_get(0)?,
            standbys: row.try_get(1)?,
            fsync: row.try_get(2)?,
            full_pages: row.try_get(3)?,
        })
    }

    /// Why an acknowledged write could be lost with one node. Each session sees to
    /// `synchronous_commit` itself.
    fn weakness(&self) -> Option<&'static str> {
        if self.fsync != "on" || self.full_pages != "on" {
            Some(
                "it does not keep what it wrote when the machine fails \
                 (fsync or full_page_writes is off)",
            )
        } else if self.standbys.trim().is_empty() {
            Some(
                "no standby has a write before it is acknowledged \
                 (synchronous_standby_names is empty)",
            )
        } else {
            None
        }
    }
}

/// Refuses a cluster that is too old, or that could lose acknowledged writes and is not allowed to.
pub(super) async fn examine(
    client: &ClientWrapper,
    allow_unreplicated: bool,
) -> Result<Result<(), OpenError>, Error> {
    let cluster = Cluster::ask(client).await?;
    if cluster.version < OLDEST {
        return Ok(Err(OpenError::TooOld(cluster.version / 10_000)));
    }
    Ok(match cluster.weakness() {
        None => Ok(()),
        Some(weakness) if !allow_unreplicated => Err(OpenError::Unreplicated(weakness)),
        Some(weakness) => {
            tracing::warn!("acknowledged writes may be lost with this PostgreSQL: {weakness}");
            Ok(())
        }
    })
}

/// The schema that is there; `None` where there is none.
pub(super) async fn schema(client: &Client) -> Result<Option<StoreSchema>, Error> {
    let there = "SELECT to_regclass('refinery_schema_history') IS NOT NULL,
                        to_regclass('compatibility') IS NOT NULL";
    let tables = client.query_one(there, &[]).await?;
    if !tables.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let history = "SELECT max(version) FROM refinery_schema_history";
    let Some(version) = client.query_one(history, &[]).await?.try_get(0)? else {
        return Ok(None);
    };
    let oldest = match tables.try_get(1)? {
        true => client
            .query_one(compatibility::OLDEST, &[])
            .await?
            .try_get(0)?,
        false => version,
    };
    Ok(Some(StoreSchema { version, oldest }))
}

/// The newest schema that this version knows.
pub(super) fn latest() -> i32 {
    compatibility::latest(migrations::migrations::runner().get_migrations())
}

/// Whether this version may read a database with this schema.
pub(super) fn may_be_used(found: Option<StoreSchema>, hosts: &HostList) -> Result<(), OpenError> {
    let unusable = |reason: String| OpenError::Schema {
        hosts: hosts.to_string(),
        reason,
    };
    let Some(found) = found else {
        return Err(unusable(
            "there is nothing of backup-share in it".to_owned(),
        ));
    };
    let runner = migrations::migrations::runner();
    match refuse_too_new(found, hosts)? {
        Fit::Older => Err(unusable(compatibility::outdated(
            found.version,
            runner.get_migrations(),
        ))),
        _ => Ok(()),
    }
}

/// What a schema is to this program, where it may be used at all.
fn refuse_too_new(found: StoreSchema, hosts: &HostList) -> Result<Fit, OpenError> {
    match found.fit(latest()) {
        Fit::TooNew => Err(OpenError::Newer {
            hosts: hosts.to_string(),
            found: found.version,
            oldest: found.oldest,
            known: latest(),
        }),
        Fit::Newer => {
            tracing::info!(%hosts, schema = found.version, "{NEWER}");
            Ok(Fit::Newer)
        }
        fit => Ok(fit),
    }
}

/// Brings the schema up to date, one server at a time, where it is not newer already; what it was
/// to this program.
pub(super) async fn migrate(pool: &Pool, hosts: &HostList) -> Result<Fit, OpenError> {
    let failed =
        |error: &(dyn std::error::Error + 'static)| not_migrated(hosts, error_chain::full(error));
    let object = pool.get().await.map_err(|error| failed(&error))?;
    // Not back into the pool: the lock goes with the connection.
    let mut client = Object::take(object);
    let work = async {
        client
            .batch_execute(ALONE)
            .await
            .map_err(|error| failed(&error))?;
        let before = schema(&client).await.map_err(|error| failed(&error))?;
        if let Some(found) = before {
            match refuse_too_new(found, hosts)? {
                Fit::Older => {}
                fit => return Ok(fit),
            }
        }
        apply(&mut client, hosts).await?;
        match before {
            None => indexes::build_in_new(&client)
                .await
                .map_err(|error| failed(&error))?,
            Some(found) => log_upgrade(found, hosts),
        }
        Ok(Fit::Older)
    };
    let late = || not_migrated(hosts, format!("others have kept it busy for {MIGRATION:?}"));
    tokio::time::timeout(MIGRATION, work)
        .await
        .unwrap_or_else(|_| Err(late()))
}

/// Tries until no transaction is in the way: while a migration waits for one, all others would
/// wait for the migration.
async fn apply(client: &mut ClientWrapper, hosts: &HostList) -> Result<(), OpenError> {
    loop {
        let runner = migrations::migrations::runner();
        match runner.run_async(&mut **client).await {
            Ok(_) => return Ok(()),
            Err(error) if is_locked_out(&error) => {
                tracing::info!(%hosts, "the schema is in use: it will be brought up to date soon");
                tokio::time::sleep(LOCKED_OUT).await;
            }
            Err(error) => return Err(not_migrated(hosts, error_chain::full(&error))),
        }
    }
}

fn is_locked_out(error: &refinery::Error) -> bool {
    let Kind::Connection(_, source) = error.kind() else {
        return false;
    };
    let source: Option<&Error> = source.downcast_ref();
    source.and_then(Error::code) == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

fn log_upgrade(before: StoreSchema, hosts: &HostList) {
    let runner = migrations::migrations::runner();
    let effect = compatibility::effect(before.version, runner.get_migrations());
    tracing::info!(%hosts, schema = latest(), "the schema was brought up to date: {effect}");
}

fn not_migrated(hosts: &HostList, reason: String) -> OpenError {
    OpenError::Migrate {
        hosts: hosts.to_string(),
        reason,
    }
}
