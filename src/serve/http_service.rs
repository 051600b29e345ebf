//! Builds the HTTP service from the settings: routes, limits, policy, audit.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use tokio::sync::watch;

use super::{ServeError, identity::identity};
use crate::{
    api::{self, App, Audit, Challenge, Docs, Endpoints, HttpService, PublicUrl, Throttle},
    clock::Clock,
    config::{Config, IdentityMode},
    model::policy::Policy,
    sharing::Sharing,
    store::Store,
};

/// Builds the service with everything behind it.
pub(super) fn http_service(
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
        endpoints: endpoints(config, address),
        policy,
        throttle: Throttle::new(
            config.limits.requests_per_second,
            config.limits.unauthenticated_per_second,
        ),
        body_bytes: config.limits.body_bytes,
        readiness: api::Readiness::default(),
    }));
    let service = HttpService::new(api::router(app, docs), challenge).serving(config.hosts);
    Ok(service.checking_responses(&config.check_responses))
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

/// What catalogs and links say: the settings, or this server as a client reached it.
fn endpoints(config: &Config, listening: SocketAddr) -> Endpoints {
    let url = public_url(config, listening);
    Endpoints {
        public_url: match config.public_url.is_empty() {
            true => PublicUrl::OfHost(url),
            false => PublicUrl::Fixed(url),
        },
        identity: config.identity.address.clone(),
        region: config.identity.region.clone(),
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
pub(super) fn public_url(config: &Config, listening: SocketAddr) -> String {
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
