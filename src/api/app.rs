//! What all handlers share.

use std::{ops::Deref, sync::Arc};

use tokio::sync::watch;

use super::{Readiness, Throttle};
use crate::{
    identity::{Embedded, Identity},
    model::policy::Policy,
    sharing::Sharing,
};

/// What handlers work with; cheap to clone.
#[derive(Clone)]
pub struct App(pub Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The use cases.
    pub sharing: Sharing,
    /// Who is calling.
    pub identity: Arc<dyn Identity>,
    /// The same, where it is the embedded one, which issues tokens itself.
    pub embedded: Option<Arc<Embedded>>,
    /// What roles may do, at present.
    pub policy: watch::Receiver<Policy>,
    /// How much at once.
    pub throttle: Throttle,
    /// How large.
    pub limits: Limits,
    /// Whether it can work.
    pub readiness: Readiness,
}

/// How large requests may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
