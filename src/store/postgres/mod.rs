//! The store on PostgreSQL: stateless servers, on a cluster that replicates and
//! fails over by itself.
//!
//! Every session is with the primary, reads too: they see each acknowledged write, and none that
//! may be stale is returned (`session`). Each operation has a deadline, and is retried within it
//! where the error is transient and a retry is safe (`retry`, `write`). Changes that wait share
//! transactions (`batch`).

mod accounts;
mod batch;
mod catalog;
mod columns;
mod connect;
mod export;
mod finish;
mod import;
mod indexes;
mod lists;
mod pipeline;
mod prepare;
mod removal;
mod repeat;
mod retry;
mod rows;
mod session;
mod settings;
mod shares;
mod write;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_postgres::Pool;
use tokio::sync::Semaphore;

pub use self::settings::Settings;
use self::{
    batch::BatchQueue,
    connect::HostList,
    repeat::{finished, listed, repeated},
    shares::PendingChange,
    write::Writers,
};
use super::{
    AccessKey, Account, Catalog, EXPIRED_AT_START, Loaded, Removal, RemovalOutcome, Rule, Store,
    TokenHash, TokenRecord, compatibility::Fit,
};
use crate::{
    error_chain,
    model::{
        BackupId, BackupQuery, Change, Error, Facts, Listing, OfferedBackup, ProjectId, Result,
        Selection, VaultId, VaultQuery, VaultRecord,
    },
    timestamp::Timestamp,
};

/// The timeout of a catalog, and of a removal. Only the operator waits for them.
const BULK_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// A store in a PostgreSQL cluster.
pub struct Postgres {
    pool: Pool,
    writers: Arc<Writers>,
    queue: BatchQueue,
    /// For each attempt outside of the queue, those included whose callers have disconnected.
    permits: Arc<Semaphore>,
    /// The same for lists of backups and vaults, which may look at very many rows.
    list_permits: Arc<Semaphore>,
    timeout: Duration,
}

/// Why a cluster cannot be used. No sentence shows a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none.
    #[error("the PostgreSQL URL cannot be used: {0}")]
    Url(String),
    /// The certificates cannot be read.
    #[error("cannot read the root certificates {file}: {reason}")]
    Roots {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// No host takes writes.
    #[error("cannot connect to a primary of PostgreSQL at {hosts}: {reason}")]
    Connect {
        /// The hosts of the URL.
        hosts: String,
        /// Why, of the last one tried.
        reason: String,
    },
    /// The version is not supported.
    #[error("PostgreSQL {0} is too old: 15 or newer is needed")]
    TooOld(i32),
    /// Acknowledged writes could be lost.
    #[error(
        "this PostgreSQL may lose acknowledged writes: {0}; \
         `postgres.unreplicated = \"warn\"` takes the risk"
    )]
    Unreplicated(&'static str),
    /// A newer version of this program has been here.
    #[error(
        "the database at {hosts} was written by a newer version of backup-share: it has the \
         schema {found}, for programs that know the schema {oldest}; this one knows {known}"
    )]
    Newer {
        /// The hosts of the URL.
        hosts: String,
        /// Its schema.
        found: i32,
        /// The oldest one that a program must know to use it.
        oldest: i32,
        /// The newest one that this program knows.
        known: i32,
    },
    /// Nothing of this program's is there, or not as this version wants it.
    #[error("cannot read the database at {hosts}: {reason}")]
    Schema {
        /// The hosts of the URL.
        hosts: String,
        /// Why.
        reason: String,
    },
    /// Not all records of another store are in it.
    #[error(
        "a copy into the database at {hosts} is not finished: \
         run the same `backup-share store copy` again"
    )]
    Unfinished {
        /// The hosts of the URL.
        hosts: String,
    },
    /// An index cannot be built.
    #[error("cannot build the indexes of the database at {hosts}: {reason}")]
    Indexes {
        /// The hosts of the URL.
        hosts: String,
        /// Why.
        reason: String,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database at {hosts} up to date: {reason}")]
    Migrate {
        /// The hosts of the URL.
        hosts: String,
        /// Why.
        reason: String,
    },
}

impl OpenError {
    fn unreachable(hosts: &HostList, error: &Error) -> Self {
        Self::Connect {
            hosts: hosts.to_string(),
            reason: error_chain::full(error),
        }
    }
}

impl Postgres {
    /// Connects to the primary, makes sure that it loses nothing, and brings its schema up to date.
    ///
    /// # Errors
    /// One sentence that names the hosts.
    pub async fn open(
        url: &str,
        settings: &Settings,
        now: Timestamp,
    ) -> std::result::Result<Self, OpenError> {
        let (store, hosts) = Self::prepared(url, settings).await?;
        let failed = |error: Error| OpenError::unreachable(&hosts, &error);
        if repeated!(store, |session| import::is_unfinished(session)).map_err(failed)? {
            return Err(OpenError::Unfinished {
                hosts: hosts.to_string(),
            });
        }
        repeated!(store, |session| accounts::delete_tokens(
            session,
            now,
            EXPIRED_AT_START
        ))
        .map_err(failed)?;
        repeated!(store, |session| write::delete_stale_keys(session)).map_err(failed)?;
        Ok(store)
    }

    /// The same to be copied into, where a copy may be unfinished.
    ///
    /// # Errors
    /// One sentence that names the hosts.
    pub async fn open_target(
        url: &str,
        settings: &Settings,
    ) -> std::result::Result<Self, OpenError> {
        Self::prepared(url, settings).await.map(|(store, _)| store)
    }

    async fn prepared(
        url: &str,
        settings: &Settings,
    ) -> std::result::Result<(Self, HostList), OpenError> {
        let (store, hosts) = Self::at(url, settings)?;
        let failed = |error: Error| OpenError::unreachable(&hosts, &error);
        repeated!(store, |client| prepare::examine(
            client,
            settings.allow_unreplicated
        ))
        .map_err(failed)??;
        if prepare::migrate(&store.pool, &hosts).await? != Fit::Newer {
            indexes::build_missing(&store.pool, &hosts).await?;
        }
        Ok((store, hosts))
    }

    fn at(url: &str, settings: &Settings) -> std::result::Result<(Self, HostList), OpenError> {
        let (pool, hosts) = connect::pool(url, settings)?;
        let writers = Arc::new(Writers::new());
        let queue = BatchQueue::new(pool.clone(), Arc::clone(&writers), settings.timeout);
        // As many as there are connections: more would wait for one without a caller. Lists never
        // have all of them.
        let lists = settings.connections.div_ceil(4);
        let others = settings.connections.saturating_sub(lists).max(1);
        let permits = Arc::new(Semaphore::new(others));
        let list_permits = Arc::new(Semaphore::new(lists));
        Ok((
            Self {
                pool,
                writers,
                queue,
                permits,
                list_permits,
                timeout: settings.timeout,
            },
            hosts,
        ))
    }

    /// Finds a database whose schema this version may use. Nothing is made, and nothing is brought up
    /// to date.
    ///
    /// # Errors
    /// One sentence that names the hosts.
    pub async fn find(url: &str, settings: &Settings) -> std::result::Result<Self, OpenError> {
        let (store, hosts) = Self::at(url, settings)?;
        let failed = |error: Error| OpenError::unreachable(&hosts, &error);
        let found = repeated!(store, |client| prepare::schema(client)).map_err(failed)?;
        prepare::may_be_used(found, &hosts).map(|()| store)
    }

    /// Where there was no response in time, idle connections lead to the same silence: new ones may
    /// find another primary.
    fn close_idle_if_unavailable<T>(&self, outcome: Result<T>) -> Result<T> {
        if matches!(outcome, Err(Error::StoreUnavailable(_))) {
            self.pool.retain(|_, _| false);
        }
        outcome
    }
}

#[async_trait]
impl Store for Postgres {
    async fn load(&self, selection: &Selection) -> Result<Facts> {
        finished!(self, [selection], |session| shares::load(
            session, &selection
        ))
    }

    async fn change(&self, selection: Selection, rule: Rule) -> Result<Change> {
        self.close_idle_if_unavailable(self.queue.change(PendingChange { selection, rule }).await)
    }

    async fn find_backup(&self, id: BackupId, caller: &ProjectId) -> Result<Option<OfferedBackup>> {
        finished!(self, [caller], |session| lists::find_backup(
            session, id, &caller
        ))
    }

    async fn list_backups(
        &self,
        caller: &ProjectId,
        query: &BackupQuery,
    ) -> Result<Listing<OfferedBackup>> {
        listed!(self, [caller, query], |session| lists::list_backups(
            session, &caller, &query
        ))
    }

    async fn find_vault(&self, id: VaultId) -> Result<Option<VaultRecord>> {
        finished!(self, [], |session| lists::find_vault(session, id))
    }

    async fn list_vaults(
        &self,
        owner: &ProjectId,
        query: &VaultQuery,
    ) -> Result<Listing<VaultRecord>> {
        listed!(self, [owner, query], |session| lists::list_vaults(
            session, &owner, &query
        ))
    }

    async fn find_account(&self, name: &str) -> Result<Option<Account>> {
        finished!(self, [name], |session| accounts::find_account(
            session, &name
        ))
    }

    async fn find_token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>> {
        finished!(self, [hash], |session| accounts::find_token(session, &hash))
    }

    async fn find_access_key(&self, access: &str) -> Result<Option<(AccessKey, Account)>> {
        finished!(self, [access], |session| accounts::find_access_key(
            session, &access
        ))
    }

    async fn insert_token(
        &self,
        hash: TokenHash,
        user_name: String,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        finished!(self, [hash, user_name], |session| accounts::insert_token(
            session, &hash, &user_name, issued_at, expires_at
        ))
    }

    async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        finished!(self, [hash], |session| accounts::revoke_token(
            session, &hash, now
        ))
    }

    async fn delete_expired_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        finished!(self, [], |session| accounts::delete_tokens(
            session, before, limit
        ))
    }

    async fn find_vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>> {
        repeated!(self, |session| accounts::find_vault_owner(session, id))
    }

    async fn has_project(&self, id: &ProjectId) -> Result<bool> {
        finished!(self, [id], |session| accounts::has_project(session, &id))
    }

    async fn load_catalog(&self, catalog: Catalog) -> Result<Loaded> {
        self.close_idle_if_unavailable(
            self.writers
                .write(&self.pool, BULK_TIMEOUT, &catalog)
                .await
                .map_err(Error::from),
        )
    }

    async fn remove(&self, removal: Removal) -> Result<RemovalOutcome> {
        self.close_idle_if_unavailable(
            self.writers
                .write(&self.pool, BULK_TIMEOUT, &removal)
                .await
                .map_err(Error::from),
        )
    }

    async fn ready(&self) -> Result<()> {
        self.close_idle_if_unavailable(self.writers.probe(&self.pool, self.timeout).await)
    }
}
