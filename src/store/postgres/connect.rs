//! The way to PostgreSQL: from a URL with one or more hosts to a pool of connections to the
//! primary, over TLS where the URL wants it.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod};
use futures::future::{BoxFuture, select_ok};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, Error,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{OpenError, Settings, session::has_sync_standby};
use crate::{error_chain, regular_file};

/// How often the database checks whether a client that waits for it is still there, in milliseconds.
const CLIENT_CHECK_INTERVAL: u32 = 1_000;

/// How long a host without a synchronous standby waits for one that has it: it may be a deposed
/// primary.
const UNREPLICATED_CONNECT_DELAY: Duration = Duration::from_millis(500);

/// The hosts of a URL, `a:5432,b:5433`: what may be shown of it.
pub(super) struct HostList(Vec<(Host, u16)>);

impl HostList {
    fn of(config: &Config) -> Self {
        let port = |at| {
            config
                .get_ports()
                .get(at)
                .or(config.get_ports().first())
                .copied()
                .unwrap_or(5432)
        };
        Self(
            config
                .get_hosts()
                .iter()
                .enumerate()
                .map(|(at, host)| (host.clone(), port(at)))
                .collect(),
        )
    }
}

impl fmt::Display for HostList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (host, port)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) => write!(f, "{comma}{host}:{port}")?,
                Host::Unix(path) => write!(f, "{comma}{}:{port}", path.display())?,
            }
        }
        Ok(())
    }
}

/// A pool, in which there are no connections yet.
pub(super) fn pool(url: &str, settings: &Settings) -> Result<(Pool, HostList), OpenError> {
    let mut config: Config = url
        .parse()
        .map_err(|error: Error| OpenError::Url(error_chain::full(&error)))?;
    let hosts = HostList::of(&config);
    if hosts.0.is_empty() || !config.get_hostaddrs().is_empty() {
        return Err(OpenError::Url(
            "it must name its hosts, as host and not as hostaddr".into(),
        ));
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
        return Err(OpenError::Url(
            "target_session_attrs must be read-write".into(),
        ));
    }
    // What every session needs, whatever is set for the user or the database: commits wait for the
    // standby, and a client that has gone silent does not hold its locks.
    let session = format!(
        "{} -c synchronous_commit=on -c client_connection_check_interval={CLIENT_CHECK_INTERVAL} \
         -c idle_in_transaction_session_timeout={}",
        config.get_options().unwrap_or_default(),
        settings.timeout.as_millis()
    );
    let name = config
        .get_application_name()
        .unwrap_or("backup-share")
        .to_owned();
    config
        .options(session.trim())
        .application_name(name)
        .tcp_user_timeout(settings.timeout);
    let tls = tls(config.get_ssl_mode(), &settings.root_certificates)?;
    let each = hosts
        .0
        .iter()
        .map(|(host, port)| at_host(&config, host, *port))
        .collect();
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_connect(config, ToPrimary { each, tls }, recycling);
    let pool = Pool::builder(manager)
        .max_size(settings.connections)
        .build()
        .map_err(|e| OpenError::Url(e.to_string()))?;
    Ok((pool, hosts))
}

/// The same settings for one of the hosts.
fn at_host(all: &Config, host: &Host, port: u16) -> Config {
    let mut one = Config::new();
    match host {
        Host::Tcp(host) => one.host(host),
        Host::Unix(path) => one.host_path(path),
    };
    one.port(port)
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .keepalives(all.get_keepalives())
        .keepalives_idle(all.get_keepalives_idle());
    all.get_user().map(|user| one.user(user));
    all.get_password().map(|password| one.password(password));
    all.get_dbname().map(|name| one.dbname(name));
    all.get_options().map(|options| one.options(options));
    all.get_application_name()
        .map(|name| one.application_name(name));
    all.get_connect_timeout()
        .map(|time| one.connect_timeout(*time));
    all.get_tcp_user_timeout()
        .map(|time| one.tcp_user_timeout(*time));
    all.get_keepalives_interval()
        .map(|time| one.keepalives_interval(time));
    all.get_keepalives_retries()
        .map(|retries| one.keepalives_retries(retries));
    one
}

/// Connects to the host that accepts writes. All are tried at once: one that hangs does not hold up
/// the others. One without a synchronous standby cannot commit: another that accepts writes goes
/// first.
struct ToPrimary {
    each: Vec<Config>,
    tls: MakeRustlsConnect,
}

impl Connect for ToPrimary {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        Box::pin(async {
            let each = self
                .each
                .iter()
                .map(|config| Box::pin(self.connect_to(config)));
            Ok(select_ok(each).await?.0)
        })
    }
}

impl ToPrimary {
    async fn connect_to(&self, config: &Config) -> Result<(Client, JoinHandle<()>), Error> {
        let (client, connection) = config.connect(self.tls.clone()).await?;
        let serve = async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to PostgreSQL ended");
            }
        };
        let served = tokio::spawn(serve);
        if !has_sync_standby(&client).await? {
            tokio::time::sleep(UNREPLICATED_CONNECT_DELAY).await;
        }
        Ok((client, served))
    }
}

/// TLS that checks the certificate and the name in it, against these roots or the system's.
fn tls(mode: SslMode, roots: &Path) -> Result<MakeRustlsConnect, OpenError> {
    let mut store = RootCertStore::empty();
    if mode != SslMode::Disable {
        if roots.as_os_str().is_empty() {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        } else {
            let failed = |reason: String| OpenError::Roots {
                file: roots.display().to_string(),
                reason,
            };
            let certificates =
                regular_file::bytes(roots).map_err(|error| failed(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&certificates) {
                let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                store
                    .add(certificate)
                    .map_err(|error| failed(error.to_string()))?;
            }
        }
    }
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Url(error.to_string()))?;
    Ok(MakeRustlsConnect::new(
        versions.with_root_certificates(store).with_no_client_auth(),
    ))
}
