//! How many questions to Keystone are under way at a time, and how long each may take. What they
//! are about, and what the answers mean, is not known here.

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
    questions::Fault,
    transport::{Transport, Unreachable},
};
use crate::identity::{
    in_flight::InFlight,
    permits::{Full, Permits},
};

/// How many questions of each lane are under way at a time.
const UNKNOWN: usize = 24;
const KNOWN: usize = 8;
/// How many wait for their turn in each.
const QUEUE: usize = 256;
/// How many questions about unknown tokens may be there for one network, under way or waiting, so
/// that its garbage leaves room for the new tokens of others.
const UNKNOWN_OF_NETWORK: usize = 64;
/// How often a request is sent that did not find anybody to connect to, and the wait before the
/// next time.
const TRIES: u32 = 3;
const WAIT: Duration = Duration::from_millis(50);

/// Two lanes, so that a flood of garbage takes no turn of callers that are known.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// Questions about tokens that were good before, and those that do not come from a caller's
    /// token.
    Known,
    /// Questions about all other tokens, and the network that the token comes from, where it is
    /// known.
    Unknown(Option<IpAddr>),
}

/// The way to Keystone.
pub(super) struct Lanes {
    transport: Arc<dyn Transport>,
    /// The longest that a question takes.
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

    /// The answer to a question once it has its turn; one whose caller leaves before loses it. In a
    /// task, because Keystone works on what it was asked whether or not the caller stays.
    pub(super) async fn exchange(
        &self,
        request: Request<Bytes>,
        by: Instant,
        lane: Lane,
    ) -> Result<Response<Bytes>, Fault> {
        let (permits, network) = match lane {
            Lane::Known => (&self.known, None),
            Lane::Unknown(network) => (&self.unknown, network),
        };
        let share = network.map(|network| self.of_network.begin(self.hasher.hash_one(network)));
        let share = share
            .map(|share| share.ok_or(Fault::ShareSpent))
            .transpose()?;
        let permit = permits.acquire().await.map_err(|Full| Fault::Crowded)?;
        let (transport, deadline) = (Arc::clone(&self.transport), self.deadline);
        let idle = Instant::now() + deadline;
        let held = (permit, share);
        let asked = tokio::spawn(async move {
            let answered = timeout_at(by, exchange(transport.as_ref(), request)).await;
            if answered.is_err() {
                // Keystone may be working on it for as long as a question may take.
                tokio::spawn(async move {
                    sleep_until(idle).await;
                    drop(held);
                });
            }
            answered
        });
        let answered = asked.await?.map_err(|_| Fault::Late(deadline))?;
        Ok(answered?)
    }
}

/// Asks once more only where the request did not leave: whatever has left may have been answered.
async fn exchange(
    transport: &dyn Transport,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Unreachable> {
    for tried in 1..TRIES {
        match transport.exchange(request.clone()).await {
            Err(Unreachable { unsent: true, .. }) => sleep(WAIT * tried).await,
            answered => return answered,
        }
    }
    transport.exchange(request).await
}
