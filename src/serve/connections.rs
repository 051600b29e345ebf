//! All open connections: limits, in total and per address, and which connection is evicted at the
//! limit: of the address that has the most, the one that has kept the server waiting the longest.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::AbortHandle, time::timeout};

use crate::{
    api::{self, Bounds, Connection, TrustedProxies},
    config::Limits,
};

/// For how long a connection may keep the server waiting before it may be evicted: so that a client
/// can send its request even while others open connections as fast as they can.
const EVICTION_GRACE_PERIOD: Duration = Duration::from_millis(250);
/// How often to try again to evict one.
const EVICTION_INTERVAL: Duration = Duration::from_millis(10);

/// All open connections of a server.
pub(super) struct Connections {
    most: usize,
    /// 0 for no limit.
    most_per_address: usize,
    bounds: Arc<Bounds>,
    open: Mutex<Open>,
    closed: Notify,
}

#[derive(Default)]
struct Open {
    by_number: HashMap<u64, Served>,
    by_address: HashMap<IpAddr, usize>,
    /// How many there have been.
    opened: u64,
}

/// An open connection, and the task that serves it as soon as that runs.
struct Served {
    address: IpAddr,
    connection: Arc<Connection>,
    task: Option<AbortHandle>,
}

/// One of the open connections, until it is dropped.
struct ConnectionGuard {
    connections: Arc<Connections>,
    number: u64,
    address: IpAddr,
}

impl Connections {
    /// `most`: how many in total.
    pub(super) fn new(most: usize, limits: &Limits, proxies: TrustedProxies) -> Self {
        Self {
            most,
            most_per_address: limits.connections_per_address,
            bounds: Arc::new(Bounds::new(proxies, limits.body_bytes, limits.body_seconds)),
            open: Mutex::default(),
            closed: Notify::new(),
        }
    }

    /// Whether an address may open another connection. Trusted proxies may: their connections belong
    /// to many clients.
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        if self.most_per_address == 0 || self.bounds.proxies.contains(address) {
            return true;
        }
        let open = self.lock();
        open.by_address
            .get(&api::network(address))
            .is_none_or(|open| *open < self.most_per_address)
    }

    /// Waits until one more may be open, and evicts those that wait for their client.
    pub(super) async fn wait_for_capacity(&self) {
        while self.lock().by_number.len() >= self.most {
            self.evict().await;
        }
    }

    /// Closes the connection whose client has kept the server waiting the longest, where there is
    /// one, and waits a little for that or another one to be closed.
    pub(super) async fn evict(&self) {
        let closed = self.closed.notified();
        self.close_longest_waiting();
        let _ = timeout(EVICTION_INTERVAL, closed).await;
    }

    /// Serves a connection from an address, in a separate task.
    pub(super) fn serve<F>(self: &Arc<Self>, from: IpAddr, serve: impl FnOnce(Arc<Connection>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let connection = Arc::new(Connection::new(from, Arc::clone(&self.bounds)));
        let guard = self.register(Arc::clone(&connection), api::network(from));
        let number = guard.number;
        let served = serve(connection);
        let task = tokio::spawn(async move {
            served.await;
            drop(guard);
        });
        // Not under one lock with registering it: a task that cannot start drops its guard within
        // `spawn`.
        if let Some(open) = self.lock().by_number.get_mut(&number) {
            open.task = Some(task.abort_handle());
        }
    }

    fn register(self: &Arc<Self>, connection: Arc<Connection>, address: IpAddr) -> ConnectionGuard {
        let mut open = self.lock();
        let number = open.opened;
        open.opened += 1;
        open.by_number.insert(
            number,
            Served {
                address,
                connection,
                task: None,
            },
        );
        *open.by_address.entry(address).or_default() += 1;
        ConnectionGuard {
            connections: Arc::clone(self),
            number,
            address,
        }
    }

    /// Closes all connections whose clients have kept the server waiting for at least so long.
    pub(super) fn close_waiting(&self, least: Duration) {
        for served in self.lock().by_number.values() {
            served.close_if_waiting(least);
        }
    }

    /// Of the address that has the most connections: a flooding address loses connections before
    /// others do, however slowly they send. Those of a trusted proxy belong to many clients, and come
    /// last.
    fn close_longest_waiting(&self) {
        let open = self.lock();
        let count = |address: &IpAddr| open.by_address.get(address).copied().unwrap_or_default();
        let rank = |served: &Served| {
            let waiting = served.connection.waiting()?;
            let count = if served.connection.is_from_proxy() {
                0
            } else {
                count(&served.address)
            };
            Some((count, waiting))
        };
        let waiting = open
            .by_number
            .values()
            .filter_map(|served| Some((rank(served)?, served)));
        let longest = waiting.max_by_key(|(rank, _)| *rank);
        if longest.is_some_and(|(_, served)| served.close_if_waiting(EVICTION_GRACE_PERIOD)) {
            tracing::debug!("a connection was evicted");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Served {
    fn close_if_waiting(&self, least: Duration) -> bool {
        let Some(task) = &self.task else { return false };
        let closes = self.connection.close_if_waiting(least);
        if closes {
            task.abort();
        }
        closes
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.by_number.remove(&self.number);
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
        self.connections.closed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        net::{IpAddr, Ipv4Addr},
        sync::Arc,
        time::Duration,
    };

    use tokio::time::{sleep, timeout};

    use super::{Connections, TrustedProxies};
    use crate::config::Limits;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn connections(most: usize, most_per_address: usize) -> Arc<Connections> {
        let limits = Limits {
            connections_per_address: most_per_address,
            ..Limits::default()
        };
        let proxies = TrustedProxies::parse(&[ELSEWHERE.to_string()]).expect("an address");
        Arc::new(Connections::new(most, &limits, proxies))
    }

    #[tokio::test]
    async fn the_connection_that_waits_for_its_client_the_longest_is_evicted() {
        let connections = connections(2, 0);
        connections.serve(HERE, |_| pending());
        sleep(Duration::from_millis(20)).await;
        connections.serve(HERE, |_| pending());
        timeout(Duration::from_secs(5), connections.wait_for_capacity())
            .await
            .expect("one was evicted");
        let open: Vec<u64> = connections.lock().by_number.keys().copied().collect();
        assert_eq!(open, [1], "the first was evicted");
    }

    #[tokio::test]
    async fn an_address_that_has_the_most_connections_is_evicted_before_an_older_one_of_another() {
        let connections = connections(4, 0);
        let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3));
        for from in [ELSEWHERE, other, HERE, HERE] {
            connections.serve(from, |_| pending());
            sleep(Duration::from_millis(20)).await;
        }
        timeout(Duration::from_secs(5), connections.wait_for_capacity())
            .await
            .expect("one was evicted");
        let mut open: Vec<u64> = connections.lock().by_number.keys().copied().collect();
        open.sort_unstable();
        assert_eq!(
            open,
            [0, 1, 3],
            "the older one of the two that one address has"
        );
    }

    #[tokio::test]
    async fn a_connection_with_a_request_in_flight_is_not_evicted() {
        let connections = connections(1, 0);
        connections.serve(HERE, |connection| async move {
            assert!(connection.head_read(false));
            sleep(Duration::from_millis(600)).await;
        });
        assert!(
            timeout(Duration::from_millis(400), connections.wait_for_capacity())
                .await
                .is_err(),
            "it is worked on"
        );
        timeout(Duration::from_secs(5), connections.wait_for_capacity())
            .await
            .expect("it has ended");
    }

    #[tokio::test]
    async fn an_address_has_so_many_connections_and_a_trusted_proxy_as_many_as_it_likes() {
        let connections = connections(9, 1);
        assert!(connections.admits(HERE));
        for from in [HERE, ELSEWHERE, ELSEWHERE] {
            connections.serve(from, |_| pending());
        }
        assert!(!connections.admits(HERE) && connections.admits(ELSEWHERE));
        connections.close_waiting(Duration::ZERO);
        timeout(Duration::from_secs(5), connections.closed.notified())
            .await
            .expect("closed");
        assert!(connections.admits(HERE), "it is free again");
    }
}
