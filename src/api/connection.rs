//! One connection, shared by what serves it: the HTTP service, the body of a request, the socket.
//! It knows since when the server has been waiting for the client, which decides which connection
//! is closed where they run out.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::proxies::TrustedProxies;

/// What holds for all connections of a server.
pub struct Bounds {
    /// The proxies whose headers about the client's address are trusted.
    pub proxies: TrustedProxies,
    /// How long a body may take, as a whole.
    body_seconds: u64,
    /// A permit for each body beyond [`SMALL_BODY`] that is being read.
    large_bodies: Arc<Semaphore>,
}

/// The largest body that needs no permit, in bytes: no operation needs a larger one.
pub(super) const SMALL_BODY: usize = 16 * 1024;
/// How long a response waits for the rest of such a body.
const REST_DEADLINE: Duration = Duration::from_millis(20);
/// How much memory larger ones take, all together, in bytes.
const LARGE_BODIES: usize = 64 * 1024 * 1024;

impl Bounds {
    /// From the settings: the largest body in bytes, and how long it may take.
    pub fn new(proxies: TrustedProxies, body_bytes: usize, body_seconds: u64) -> Self {
        let large_bodies = (LARGE_BODIES / body_bytes.max(1)).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            proxies,
            body_seconds,
            large_bodies: Arc::new(Semaphore::new(large_bodies)),
        }
    }
}

/// A connection, from its first byte to its last.
pub struct Connection {
    from: IpAddr,
    from_proxy: bool,
    bounds: Arc<Bounds>,
    opened: Instant,
    /// Since when the client keeps the server waiting, in milliseconds after `opened`; or one of
    /// the two below.
    state: AtomicU64,
    /// The body of the request in hand was not read to its end.
    body_unread: AtomicBool,
    /// What is left of it, once its reader has ended.
    rest: Mutex<Option<Incoming>>,
}

/// The server works on a request, and waits for no more of it.
const WORKING: u64 = u64::MAX;
/// The connection is about to be closed.
const CLOSING: u64 = u64::MAX - 1;

impl Connection {
    /// A connection that comes from an address.
    pub fn new(from: IpAddr, bounds: Arc<Bounds>) -> Self {
        Self {
            from,
            from_proxy: bounds.proxies.contains(from),
            bounds,
            opened: Instant::now(),
            state: AtomicU64::new(0),
            body_unread: AtomicBool::new(false),
            rest: Mutex::default(),
        }
    }

    /// Whether the body of the request in hand was left unread: its client may still be sending it.
    pub fn body_unread(&self) -> bool {
        self.body_unread.load(Ordering::Acquire)
    }

    /// How long the server has been waiting for the client: for a head, a body, or for a response
    /// to be read. Nothing while the server itself is at work.
    pub fn waiting(&self) -> Option<Duration> {
        self.waiting_in(self.state.load(Ordering::Acquire))
    }

    /// Marks the connection for being closed, where the server has been waiting for at least so
    /// long. From then on no body is read to its end, so no operation begins that was not begun.
    pub fn close_if_waiting(&self, least: Duration) -> bool {
        let state = self.state.load(Ordering::Acquire);
        self.waiting_in(state)
            .is_some_and(|waiting| waiting >= least)
            && self
                .state
                .compare_exchange(state, CLOSING, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    fn waiting_in(&self, state: u64) -> Option<Duration> {
        let since = Duration::from_millis(Some(state).filter(|state| *state < CLOSING)?);
        Some(self.opened.elapsed().saturating_sub(since))
    }

    /// Where requests come from: behind a trusted proxy, as it says.
    pub(super) fn client(&self, headers: &HeaderMap) -> IpAddr {
        if self.from_proxy {
            self.bounds.proxies.client(self.from, headers)
        } else {
            self.from
        }
    }

    pub(super) fn body_seconds(&self) -> u64 {
        self.bounds.body_seconds
    }

    /// A permit to go on with a body that is a large one; none where too many are being read.
    pub(super) fn permit_large_body(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.bounds.large_bodies)
            .try_acquire_owned()
            .ok()
    }

    /// Whether it is that of a trusted proxy.
    pub(crate) fn is_from_proxy(&self) -> bool {
        self.from_proxy
    }

    /// The head of a request is there. Whether the connection goes on.
    #[must_use]
    pub(crate) fn head_read(&self, has_body: bool) -> bool {
        self.body_unread.store(has_body, Ordering::Release);
        self.enter(WORKING)
    }

    /// A reader of the body waits for more of it. Whether the connection goes on.
    pub(super) fn waits_for_body(&self) -> bool {
        self.enter(self.since_opened())
    }

    /// The body is there as a whole. Whether the server may go on with it.
    pub(super) fn body_read(&self) -> bool {
        self.body_unread.store(false, Ordering::Release);
        self.enter(WORKING)
    }

    /// The response is there; what is left is the client's to do.
    pub(super) fn responded(&self) {
        self.enter(self.since_opened());
    }

    /// The reader of the body has ended before it was read to its end.
    pub(super) fn leave(&self, rest: Incoming) {
        *self.lock_rest() = Some(rest);
    }

    /// Reads the rest of a small body that was left, where its client has sent it already. Whether
    /// there was no more of it, so that the connection can be kept alive.
    pub(super) async fn read_rest(&self) -> bool {
        let Some(rest) = self.lock_rest().take() else {
            return false;
        };
        let is_small = rest
            .size_hint()
            .upper()
            .is_some_and(|left| left <= SMALL_BODY as u64);
        let is_read = is_small
            && timeout(REST_DEADLINE, discard(rest))
                .await
                .is_ok_and(|read| read.is_ok());
        self.body_unread.fetch_and(!is_read, Ordering::AcqRel);
        is_read
    }

    fn lock_rest(&self) -> MutexGuard<'_, Option<Incoming>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis())
            .unwrap_or(CLOSING)
            .min(CLOSING - 1)
    }

    /// Whether the connection goes on.
    fn enter(&self, state: u64) -> bool {
        let goes_on = self.state.swap(state, Ordering::AcqRel) != CLOSING;
        if !goes_on {
            self.state.store(CLOSING, Ordering::Release);
        }
        goes_on
    }
}

/// Reads to the end and keeps nothing.
async fn discard(mut rest: Incoming) -> Result<(), hyper::Error> {
    while let Some(frame) = rest.frame().await {
        drop(frame?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc, time::Duration};

    use super::{Bounds, Connection, TrustedProxies};

    fn connection() -> Connection {
        Connection::new(
            Ipv4Addr::LOCALHOST.into(),
            Arc::new(Bounds::new(TrustedProxies::default(), 1024, 30)),
        )
    }

    #[test]
    fn a_connection_waits_for_its_client_except_while_a_whole_request_is_worked_on() {
        let connection = connection();
        assert!(connection.waiting().is_some(), "for the head");
        assert!(connection.head_read(true));
        assert!(
            connection.waiting().is_none() && connection.body_unread(),
            "its body may never be read"
        );
        assert!(
            connection.waits_for_body() && connection.waiting().is_some(),
            "for the body"
        );
        assert!(
            connection.body_read() && connection.waiting().is_none() && !connection.body_unread()
        );
        connection.responded();
        assert!(
            connection.waiting().is_some(),
            "for the response to be read, or the next head"
        );
        assert!(connection.head_read(false));
        assert!(connection.waiting().is_none() && !connection.body_unread());
    }

    #[test]
    fn a_connection_that_is_worked_on_is_not_closed_and_one_that_is_closed_begins_no_operation() {
        let connection = connection();
        assert!(
            !connection.close_if_waiting(Duration::from_secs(60)),
            "not that long"
        );
        assert!(connection.head_read(false) && !connection.close_if_waiting(Duration::ZERO));
        assert!(connection.head_read(true) && connection.waits_for_body());
        assert!(
            connection.close_if_waiting(Duration::ZERO)
                && !connection.close_if_waiting(Duration::ZERO)
        );
        assert!(
            !connection.body_read(),
            "its body must not be taken for a whole one"
        );
        assert!(
            !connection.head_read(false),
            "nor may another request begin"
        );
        assert!(connection.waiting().is_none());
    }
}
