//! What has to hold before anything is written to a cluster: a version that is known, writes that
//! survive the loss of a node, and the schema.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use refinery::error::Kind;
use tokio_postgres::Error;

use super::{OpenError, connect::HostList};
use crate::error_chain;

mod migrations {
    refinery::embed_migrations!("src/store/schema/postgres");
}

/// The oldest version that is tested, as PostgreSQL counts.
const OLDEST: i32 = 150_000;
/// How long to wait for another server that brings the schema up to date.
const MIGRATION: Duration = Duration::from_secs(60);
/// The advisory lock of the server that brings the schema up to date: "backups!" in ASCII.
const LOCK: i64 = 0x6261_636b_7570_7321;

/// What a cluster says of itself.
struct Cluster {
    version: i32,
    standbys: String,
    fsync: String,
    full_pages: String,
}

impl Cluster {
    async fn ask(client: &ClientWrapper) -> Result<Self, Error> {
        let sql = "SELECT current_setting('server_version_num')::int, current_setting('synchronous_standby_names'),
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
                "it does not keep what it wrote when the machine fails (fsync or full_page_writes is off)",
            )
        } else if self.standbys.trim().is_empty() {
            Some(
                "no standby has a write before it is acknowledged (synchronous_standby_names is empty)",
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

/// The version of the schema that is there; `None` where there is none.
pub(super) async fn schema(client: &ClientWrapper) -> Result<Option<i32>, Error> {
    let there = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(there, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    client
        .query_one("SELECT max(version) FROM refinery_schema_history", &[])
        .await?
        .try_get(0)
}

/// Whether a schema is that of this version.
pub(super) fn is_current(found: Option<i32>, hosts: &HostList) -> Result<(), OpenError> {
    let runner = migrations::migrations::runner();
    let known = runner
        .get_migrations()
        .iter()
        .map(|migration| migration.version())
        .max()
        .unwrap_or_default();
    let unusable = |reason: String| OpenError::Schema {
        hosts: hosts.to_string(),
        reason,
    };
    match found {
        None => Err(unusable(
            "there is nothing of backup-share in it".to_owned(),
        )),
        Some(newer) if newer > known => Err(OpenError::Newer {
            hosts: hosts.to_string(),
            version: i64::from(newer),
        }),
        Some(older) if older < known => {
            let back = "start the service on it once; older versions refuse it then, so make a backup first";
            Err(unusable(format!(
                "it has the schema {older}, and this program needs {known}: {back}"
            )))
        }
        Some(_) => Ok(()),
    }
}

/// Brings the schema up to date, one server at a time.
pub(super) async fn migrate(pool: &Pool, hosts: &HostList) -> Result<(), OpenError> {
    let failed = |reason: String| OpenError::Migrate {
        hosts: hosts.to_string(),
        reason,
    };
    let object = pool
        .get()
        .await
        .map_err(|error| failed(error.to_string()))?;
    // Not back into the pool: the lock goes with the connection.
    let mut client = Object::take(object);
    let work = async {
        client
            .batch_execute("SET idle_in_transaction_session_timeout = 0")
            .await
            .map_err(|e| failed(e.to_string()))?;
        client
            .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
            .await
            .map_err(|e| failed(e.to_string()))?;
        let done = migrations::migrations::runner()
            .run_async(&mut *client)
            .await;
        done.map(drop).map_err(|error| match error.kind() {
            Kind::MissingVersion(later) => OpenError::Newer {
                hosts: hosts.to_string(),
                version: i64::from(later.version()),
            },
            _ => failed(error_chain::full(&error)),
        })
    };
    let late = || failed(format!("another server has been at it for {MIGRATION:?}"));
    tokio::time::timeout(MIGRATION, work)
        .await
        .unwrap_or_else(|_| Err(late()))
}
