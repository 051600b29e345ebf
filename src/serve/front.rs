//! Puts the HTTP side together from the settings: who knows the callers, what roles may do, what is
//! written down.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;

use super::ServeError;
use crate::{
    api::{self, App, Audit, Challenge, Docs, HttpService, Throttle},
    clock::Clock,
    config::{Config, IdentityMode, Limits},
    identity::{
        Embedded, Identity, Keystone,
        keystone::{self, Http},
    },
    model::policy::Policy,
    sharing::Sharing,
    store::Store,
};

/// Puts the parts of the house together.
pub(super) fn front(
    config: &Config,
    docs: Docs,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
    policy: watch::Receiver<Policy>,
) -> Result<HttpService, ServeError> {
    let (identity, embedded) = identity(config, &store, &clock, address)?;
    let challenge = challenge(config, identity.address());
    let docs = Docs {
        hidden: !config.docs,
        ..docs
    };
    let limit = config.limits.members_per_backup;
    let app = App(Arc::new(api::AppState {
        sharing: Sharing::new(store, Arc::clone(&identity), clock, limit),
        identity,
        embedded,
        policy,
        throttle: Throttle::new(
            config.limits.requests_per_second,
            config.limits.unauthenticated_per_second,
        ),
        body_bytes: config.limits.body_bytes,
        readiness: api::Readiness::default(),
    }));
    let front = HttpService::new(api::router(app, docs), challenge).serving(config.hosts);
    Ok(front.checking_responses(&config.check_answers))
}

/// Where callers are sent for a token: to what the settings say, to Keystone, or to this server as
/// they reached it.
fn challenge(config: &Config, identity_address: &str) -> Challenge {
    let unsaid = config.identity.address.is_empty() && config.public_url.is_empty();
    match config.identity.mode {
        IdentityMode::Embedded if unsaid => Challenge::of_host(identity_address),
        IdentityMode::Embedded | IdentityMode::Keystone => Challenge::fixed(identity_address),
    }
}

/// An address to go to: one that means every address of the machine is none.
pub fn reachable(listening: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match listening.ip() {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    if listening.ip().is_unspecified() {
        SocketAddr::new(loopback, listening.port())
    } else {
        listening
    }
}

/// What the settings say, or the address that the server listens on.
fn public_url(config: &Config, listening: SocketAddr) -> String {
    match config.public_url.trim_end_matches('/') {
        "" => format!("http://{}", reachable(listening)),
        url => url.to_owned(),
    }
}

pub(super) fn audit(
    target: &str,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<Audit>>, ServeError> {
    if target.is_empty() {
        return Ok(None);
    }
    let failed = |source| ServeError::Audit {
        file: target.to_owned(),
        source,
    };
    Ok(Some(Arc::new(
        Audit::open(target, Arc::clone(clock)).map_err(failed)?,
    )))
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
            let told = if told.is_empty() {
                format!("{}/v3", public_url(config, address))
            } else {
                told
            };
            let lifetime = Duration::from_secs(config.identity.token_seconds);
            let embedded = Embedded::new(Arc::clone(store), Arc::clone(clock), told, lifetime);
            let Limits {
                failed_logins_per_minute,
                failed_logins_per_minute_of_user,
                ..
            } = config.limits;
            let embedded = embedded
                .limiting_logins(failed_logins_per_minute, failed_logins_per_minute_of_user);
            let embedded = Arc::new(embedded);
            Ok((embedded.clone(), Some(embedded)))
        }
        IdentityMode::Keystone => {
            let settings = config.keystone.settings()?;
            let http = http_to(config, &settings)?;
            Ok((
                Arc::new(Keystone::new(
                    settings,
                    &told,
                    Arc::new(http),
                    Arc::clone(clock),
                )),
                None,
            ))
        }
    }
}

/// Whether the identity's settings are good, before anything is made that needs one.
pub(super) fn check_identity(config: &Config) -> Result<(), ServeError> {
    match config.identity.mode {
        IdentityMode::Embedded => Ok(()),
        IdentityMode::Keystone => http_to(config, &config.keystone.settings()?).map(drop),
    }
}

fn http_to(config: &Config, keystone: &keystone::Settings) -> Result<Http, ServeError> {
    let authorities =
        Some(config.keystone.ca_file.as_path()).filter(|file| !file.as_os_str().is_empty());
    Ok(Http::new(
        keystone.address.starts_with("https"),
        authorities,
        keystone.deadline,
    )?)
}
