//! How many calls to Keystone are in flight at a time, and how long each may take. What they are
//! about, and what the responses mean, is not known here.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::{
    client::KeystoneError,
    transport::{Transport, Unreachable},
};
use crate::identity::{
    in_flight::InFlight,
    permits::{Full, Permits},
};

/// How many calls of each lane are in flight at a time: their permits.
const UNKNOWN: usize = 24;
const KNOWN: usize = 8;
/// How many wait for a permit in each.
const QUEUE: usize = 256;
/// How many calls about unknown tokens may be in flight or queued for one network, so that its
/// garbage leaves room for the new tokens of others.
const UNKNOWN_OF_NETWORK: usize = 64;
/// How often a request is sent that could not connect, and the backoff after the first attempt.
const ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(50);

/// Two lanes with separate permits, so that a flood of garbage takes none of known callers.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// Calls about tokens that were valid before, and those that are not about a caller's token.
    Known,
    /// Calls about all other tokens, and the network that the token comes from, where it is known.
    Unknown(Option<IpAddr>),
}

/// The way to Keystone, with limits.
pub(super) struct Lanes {
    transport: Arc<dyn Transport>,
    /// The longest that a call takes.
    deadline: Duration,
    known: Permits,
    unknown: Permits,
    of_network: InFlight,
    hasher: RandomState,
}

impl Lanes {
    pub(super) fn new(transport: Arc<dyn Transport>, deadline: Duration) -> Self {
        Self {
            transport,
            deadline,
            known: Permits::new(KNOWN, QUEUE, deadline),
            unknown: Permits::new(UNKNOWN, QUEUE, deadline),
            of_network: InFlight::new(UNKNOWN_OF_NETWORK),
            hasher: RandomState::new(),
        }
    }

    /// The response to a request, once there is a permit; a caller that disconnects leaves the queue.
    /// In a task, because Keystone works on what it was sent whether or not the caller stays.
    pub(super) async fn exchange(
        &self,
        request: Request<Bytes>,
        until: Instant,
        lane: Lane,
    ) -> Result<Response<Bytes>, KeystoneError> {
        let (permits, network) = match lane {
            Lane::Known => (&self.known, None),
            Lane::Unknown(network) => (&self.unknown, network),
        };
        let of_network = network
            .map(|network| self.of_network.begin(self.hasher.hash_one(network)))
            .map(|guard| guard.ok_or(KeystoneError::NetworkLimit))
            .transpose()?;
        let permit = permits
            .acquire()
            .await
            .map_err(|Full| KeystoneError::QueueFull)?;
        let (transport, deadline) = (Arc::clone(&self.transport), self.deadline);
        let idle = Instant::now() + deadline;
        let held = (permit, of_network);
        let sent = tokio::spawn(async move {
            let response = timeout_at(until, exchange(transport.as_ref(), request)).await;
            if response.is_err() {
                // Keystone may be working on it for as long as a call may take.
                tokio::spawn(async move {
                    sleep_until(idle).await;
                    drop(held);
                });
            }
            response
        });
        let response = sent
            .await?
            .map_err(|_| KeystoneError::DeadlineExceeded(deadline))?;
        Ok(response?)
    }
}

/// Retries only where the request was not sent: what was sent may have been worked on.
async fn exchange(
    transport: &dyn Transport,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Unreachable> {
    for attempt in 1..ATTEMPTS {
        match transport.exchange(request.clone()).await {
            Err(Unreachable { unsent: true, .. }) => sleep(BACKOFF * attempt).await,
            outcome => return outcome,
        }
    }
    transport.exchange(request).await
}
