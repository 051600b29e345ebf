//! What all handlers share.

use std::{ops::Deref, sync::Arc};

use tokio::sync::watch;

use super::{Endpoints, Readiness, Throttle};
use crate::{
    identity::{Embedded, Identity},
    model::policy::Policy,
    sharing::Sharing,
};

/// What handlers work with; cheap to clone.
#[derive(Clone)]
pub struct App(pub Arc<AppState>);

/// The parts of an [`App`].
pub struct AppState {
    /// The use cases.
    pub sharing: Sharing,
    /// Who is calling.
    pub identity: Arc<dyn Identity>,
    /// The same, where it is the embedded one, which issues tokens itself.
    pub embedded: Option<Arc<Embedded>>,
    /// Where clients are told that this server is.
    pub endpoints: Endpoints,
    /// What roles may do, at present.
    pub policy: watch::Receiver<Policy>,
    /// The rate limits.
    pub throttle: Throttle,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// Whether the store can be used.
    pub readiness: Readiness,
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}
