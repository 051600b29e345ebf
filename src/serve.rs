//! Starts the service: picks the store and the identity, loads data, listens, and stops gracefully.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    api::{self, App, Audit, Docs, Front, Metrics, Throttle},
    catalog::{self, CatalogError},
    clock::{Clock, SystemClock},
    config::{self, Config, ConfigError, Database, IdentityMode},
    identity::{
        Embedded, Identity, Keystone,
        keystone::{Http, TransportError},
    },
    model::policy::Policy,
    sharing::Sharing,
    store::{
        Export, Import, Store,
        postgres::{self, Postgres},
        sqlite::{self, Sqlite, SqliteFile, SqliteTarget},
    },
};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database is not one that this server knows.
    #[error("database {0:?}: it must be sqlite:FILE or postgres://…")]
    Database(Database),
    /// The SQLite file cannot be used.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The PostgreSQL cluster cannot be used.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// A data file was not taken over.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A setting has no good value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keystone cannot be asked.
    #[error("keystone: {0}")]
    Keystone(#[from] TransportError),
    /// Nobody can write down who did what.
    #[error("audit: cannot write to {file}: {source}")]
    Audit {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody can listen there.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as it was given.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A running server. Dropping it leaves it running; [`Running::stop`] ends it.
pub struct Running {
    /// Where it listens, with the real port.
    pub address: SocketAddr,
    /// Where it answers `GET /metrics`, where it does.
    pub metrics_address: Option<SocketAddr>,
    /// The store behind it.
    pub store: Arc<dyn Store>,
    policy: watch::Sender<Policy>,
    audit: Option<Arc<Audit>>,
    stop: watch::Sender<()>,
    served: Vec<JoinHandle<()>>,
}

impl Running {
    /// Puts another policy in the place of the present one; requests that were let in already go on.
    pub fn replace_policy(&self, policy: Policy) {
        self.policy.send_replace(policy);
    }

    /// Opens the file of the audit anew, where there is one: it may have been moved away.
    ///
    /// # Errors
    /// It cannot be written to.
    pub fn reopen_audit(&self) -> std::io::Result<()> {
        self.audit.as_ref().map_or(Ok(()), |audit| audit.reopen())
    }

    /// Takes no new connections, answers what is in flight, and returns when that is done.
    pub async fn stop(self) {
        self.stop.send_replace(());
        for served in self.served {
            let _ = served.await;
        }
    }
}

/// Opens the store that the settings name, with an address like `sqlite:FILE` or `postgres://…`.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn open_store(config: &Config, clock: &dyn Clock) -> Result<Arc<dyn Store>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Arc::new(Postgres::open(url, &config.postgres, clock.now()).await?)),
        None => Ok(Arc::new(Sqlite::open(&sqlite_file(&config.database)?, clock.now())?)),
    }
}

/// Finds the store that the settings name, which must be there, to be read from end to end.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn find_store(config: &Config) -> Result<Box<dyn Export>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Box::new(Postgres::find(url, &config.postgres).await?)),
        None => Ok(Box::new(SqliteFile::find(&sqlite_file(&config.database)?)?)),
    }
}

/// Opens the store that the settings name, to be copied into.
///
/// # Errors
/// [`ServeError::Database`], [`ServeError::Sqlite`], [`ServeError::Postgres`].
pub async fn open_target(config: &Config) -> Result<Box<dyn Import>, ServeError> {
    match postgres_url(&config.database) {
        Some(url) => Ok(Box::new(Postgres::open_target(url, &config.postgres).await?)),
        None => Ok(Box::new(SqliteTarget::open(&sqlite_file(&config.database)?)?)),
    }
}

/// The address, where it is one of PostgreSQL.
fn postgres_url(database: &Database) -> Option<&str> {
    let scheme = database.expose().split_once("://").map(|(scheme, _)| scheme);
    scheme.filter(|scheme| ["postgres", "postgresql"].contains(scheme)).map(|_| database.expose())
}

/// The file that an address `sqlite:FILE` names.
///
/// # Errors
/// [`ServeError::Database`].
pub fn sqlite_file(database: &Database) -> Result<PathBuf, ServeError> {
    let file = database.expose().strip_prefix("sqlite:").filter(|file| !file.is_empty());
    file.map(PathBuf::from).ok_or_else(|| ServeError::Database(database.clone()))
}

/// Starts a server with the machine's clock.
///
/// # Errors
/// [`ServeError`], one sentence; then nothing listens.
pub async fn start(config: &Config, docs: Docs) -> Result<Running, ServeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = open_store(config, clock.as_ref()).await?;
    for file in &config.data {
        let loaded = catalog::load(file, store.as_ref(), &clock).await?;
        tracing::info!(file = %file.display(), added = loaded.added, changed = loaded.changed, "data loaded");
    }
    start_with(config, docs, store, clock).await
}

/// Starts a server on a store, at a time.
///
/// # Errors
/// [`ServeError::Listen`], [`ServeError::Config`], [`ServeError::Keystone`].
pub async fn start_with(
    config: &Config,
    docs: Docs,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Running, ServeError> {
    let (listener, address) = listen(&config.listen).await?;
    let metrics_listener = match config.metrics.as_str() {
        "" => None,
        address => Some(listen(address).await?),
    };
    let metrics_address = metrics_listener.as_ref().map(|(_, address)| *address);
    let metrics = metrics_address.map(|_| Arc::new(Metrics::default()));
    let (policy, current_policy) = watch::channel(config::policy(&config.roles)?);
    let audit = audit(&config.audit, &clock)?;
    let front = front(config, docs, Arc::clone(&store), clock, address, current_policy)?;
    let front = front.auditing(audit.clone()).counting(metrics.clone());
    let (stop, stopped) = watch::channel(());
    let mut served = vec![tokio::spawn(accept(listener, front, config.limits.clone(), stopped.clone()))];
    if let (Some((listener, address)), Some(metrics)) = (metrics_listener, metrics) {
        tracing::info!(%address, "metrics");
        let front = Front::new(metrics.router(), "", config.limits.body_bytes);
        served.push(tokio::spawn(accept(listener, front, config.limits.clone(), stopped)));
    }
    Ok(Running { address, metrics_address, store, policy, audit, stop, served })
}

async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Puts the parts of the house together.
fn front(
    config: &Config,
    docs: Docs,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
    policy: watch::Receiver<Policy>,
) -> Result<Front, ServeError> {
    let (identity, embedded) = identity(config, &store, &clock, address)?;
    let identity_address = identity.address().to_owned();
    let limit = config.limits.members_per_backup;
    let app = App(Arc::new(api::Parts {
        sharing: Sharing::new(Arc::clone(&store), Arc::clone(&identity), clock, limit),
        identity,
        embedded,
        policy,
        throttle: Throttle::new(config.limits.requests_per_second, config.limits.unauthenticated_per_second),
        limits: api::Limits { body_bytes: config.limits.body_bytes },
        store,
    }));
    Ok(Front::new(api::router(app, docs), &identity_address, config.limits.body_bytes)
        .checking_answers(&config.check_answers))
}

fn audit(target: &str, clock: &Arc<dyn Clock>) -> Result<Option<Arc<Audit>>, ServeError> {
    if target.is_empty() {
        return Ok(None);
    }
    let failed = |source| ServeError::Audit { file: target.to_owned(), source };
    Ok(Some(Arc::new(Audit::open(target, Arc::clone(clock)).map_err(failed)?)))
}

/// Who knows the callers; and the same, where it issues tokens itself.
type Identities = (Arc<dyn Identity>, Option<Arc<Embedded>>);

fn identity(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    address: SocketAddr,
) -> Result<Identities, ServeError> {
    let told = config.identity.address.clone();
    match config.identity.mode {
        IdentityMode::Embedded => {
            let told = if told.is_empty() { format!("http://{address}/v3") } else { told };
            let lifetime = Duration::from_secs(config.identity.token_seconds);
            let embedded = Arc::new(Embedded::new(Arc::clone(store), Arc::clone(clock), told, lifetime));
            Ok((embedded.clone(), Some(embedded)))
        }
        IdentityMode::Keystone => {
            let settings = config.keystone.settings()?;
            let authorities = Some(config.keystone.ca_file.as_path()).filter(|file| !file.as_os_str().is_empty());
            let http = Http::new(settings.address.starts_with("https"), authorities, settings.deadline)?;
            Ok((Arc::new(Keystone::new(settings, &told, Arc::new(http), Arc::clone(clock))), None))
        }
    }
}

/// Serves connections until told to stop, and then those that are being answered.
async fn accept(listener: TcpListener, front: Front, limits: config::Limits, mut stopped: watch::Receiver<()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(limits.header_seconds));
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, from) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: others have to be answered before there are new ones.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            // Where nobody is left to say so, it runs on.
            Ok(()) = stopped.changed() => break,
        };
        // Answers are small: do not hold them back to fill packets.
        let _ = stream.set_nodelay(true);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), front.from_address(from.ip())));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(limits.stop_seconds), graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still in flight");
    }
}
