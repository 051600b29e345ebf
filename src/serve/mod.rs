//! Starts the service: picks the store and the identity, loads data, listens, and stops gracefully.

mod connections;
mod data;
mod descriptors;
mod http_service;
mod identity;
mod listen;
mod prepare;
mod socket;
mod store;

use std::{net::SocketAddr, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};

use self::{
    connections::Connections,
    http_service::{audit, http_service},
};
pub use self::{
    data::environment,
    http_service::reachable,
    prepare::{PreparedServer, prepare},
    store::{find_store, is_absent, is_postgres, look_up, open_store, open_target, sqlite_file},
};
pub use crate::sharing::set_image;
use crate::{
    api::{Audit, Challenge, Docs, HttpService, Metrics},
    catalog::{CatalogError, Environment},
    clock::{Clock, SystemClock},
    config::{Config, ConfigError, Database},
    expiry,
    identity::keystone::TransportError,
    model::policy::Policy,
    store::{Store, postgres, sqlite},
};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database is not one that this server knows.
    #[error(
        "database {0:?}: it must be sqlite:FILE, a path without parameters and not in memory, or \
         postgres://…"
    )]
    Database(Database),
    /// The SQLite file cannot be used.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The PostgreSQL cluster cannot be used.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// A data file was not loaded.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A setting has no valid value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keystone cannot be called.
    #[error("keystone: {0}")]
    Keystone(#[from] TransportError),
    /// The audit log cannot be written.
    #[error("audit: cannot write to {file}: {source}")]
    Audit {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}{}", hint(.source))]
    Listen {
        /// The address as it was given.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// Metrics cannot be served there.
    #[error("metrics: cannot listen on {address}: {source}")]
    Metrics {
        /// The address as it was given.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What to do where another program uses the port.
fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "; try --listen 127.0.0.1:0, which takes a free port",
        _ => "",
    }
}

/// A running server. Dropping it leaves it running; [`Running::stop`] ends it.
pub struct Running {
    /// Where it listens, with the real port.
    pub address: SocketAddr,
    /// Where it serves `GET /metrics`, where it does.
    pub metrics_address: Option<SocketAddr>,
    /// The store behind it.
    pub store: Arc<dyn Store>,
    policy: watch::Sender<Policy>,
    audit: Option<Arc<Audit>>,
    stop: watch::Sender<()>,
    served: Vec<JoinHandle<()>>,
}

impl Running {
    /// Replaces the policy; requests in flight go on.
    pub fn replace_policy(&self, policy: Policy) {
        self.policy.send_replace(policy);
    }

    /// Reopens the file of the audit log, where there is one: it may have been rotated.
    ///
    /// # Errors
    /// It cannot be written to.
    pub async fn reopen_audit(&self) -> std::io::Result<()> {
        match &self.audit {
            Some(audit) => audit.reopen().await,
            None => Ok(()),
        }
    }

    /// The audit log, where there is one. Requests in flight when the server stops may still add to it.
    pub fn audit(&self) -> Option<Arc<Audit>> {
        self.audit.clone()
    }

    /// Accepts no new connections, finishes requests in flight, and returns when that is done.
    pub async fn stop(self) {
        self.stop.send_replace(());
        for served in self.served {
            let _ = served.await;
        }
    }
}

/// Starts a server with the machine's clock.
///
/// # Errors
/// [`ServeError`], one sentence; then nothing listens, and a database file that was not there before
/// is removed again.
pub async fn start(config: &Config, docs: Docs) -> Result<Running, ServeError> {
    let prepared = prepare(config).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let environment = environment(config)?;
    let new_file = store::missing_file(&config.database);
    let started = async {
        let store = open_store(config, clock.as_ref()).await?;
        load(config, store.as_ref(), &environment, &clock).await?;
        prepared.serve(config, docs, store, clock)
    };
    let started = started.await;
    if started.as_ref().is_err_and(|error| !keeps_data(error)) {
        new_file.iter().for_each(|file| store::remove(file));
    }
    started
}

/// Whether a start that failed says itself that a part of the data was loaded.
fn keeps_data(error: &ServeError) -> bool {
    matches!(
        error,
        ServeError::Catalog(CatalogError::Halfway { .. } | CatalogError::Changed { .. })
    )
}

async fn load(
    config: &Config,
    store: &dyn Store,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
) -> Result<(), CatalogError> {
    for file in &config.data {
        data::load(file, store, environment, clock.as_ref()).await?;
    }
    Ok(())
}

/// Starts a server on a store, at a time.
///
/// # Errors
/// [`ServeError`], one sentence; then nothing listens.
pub async fn start_with(
    config: &Config,
    docs: Docs,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Running, ServeError> {
    prepare(config).await?.serve(config, docs, store, clock)
}

impl PreparedServer {
    /// Serves a store, by the settings that this was prepared with.
    ///
    /// # Errors
    /// [`ServeError::Audit`], [`ServeError::Config`], [`ServeError::Keystone`].
    pub fn serve(
        self,
        config: &Config,
        docs: Docs,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Running, ServeError> {
        let limits = &config.limits;
        let (address, metrics_address) = (
            self.service.address,
            self.metrics.as_ref().map(|metrics| metrics.address),
        );
        let metrics = metrics_address.map(|_| Arc::new(Metrics::default()));
        let (policy, current_policy) = watch::channel(self.policy);
        let audit = audit(&config.audit, &clock)?;
        let service = http_service(
            config,
            docs,
            Arc::clone(&store),
            Arc::clone(&clock),
            address,
            current_policy,
        )?;
        let service = service.auditing(audit.clone()).counting(metrics.clone());
        let connections = Arc::new(Connections::new(self.connections, limits, self.proxies));
        let (stop, stopped) = watch::channel(());
        let serving = self.service.serve(
            service,
            Arc::clone(&connections),
            limits.clone(),
            stopped.clone(),
        );
        let expiry = expiry::run(Arc::clone(&store), clock, expiry::INTERVAL, stopped.clone());
        let mut served = vec![tokio::spawn(serving), tokio::spawn(expiry)];
        if let (Some(listener), Some(metrics)) = (self.metrics, metrics) {
            tracing::info!(address = %listener.address, "metrics");
            let service = HttpService::new(metrics.router(), Challenge::fixed(""));
            served.push(tokio::spawn(listener.serve(
                service,
                connections,
                limits.clone(),
                stopped,
            )));
        }
        Ok(Running {
            address,
            metrics_address,
            store,
            policy,
            audit,
            stop,
            served,
        })
    }
}
