//! All open connections: how many there may be, in total and from an address, and which of them
//! makes room where there are too many: one of the address that has the most, which has kept the
//! server waiting for the longest time.

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

/// For how long a connection may keep the server waiting before it may have to make room: so that a
/// client can send its request even while others open connections as fast as they can.
const UNDISTURBED: Duration = Duration::from_millis(250);
/// How often to look again for one that may make room.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

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

/// A place among the open connections; it is free again when this is dropped.
struct Place {
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

    /// Whether an address may open another connection. Trusted proxies may: theirs are the
    /// connections of many.
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        if self.most_per_address == 0 || self.bounds.proxies.contains(address) {
            return true;
        }
        let open = self.lock();
        open.by_address
            .get(&api::network(address))
            .is_none_or(|open| *open < self.most_per_address)
    }

    /// Waits until there is room for one more, and makes it where a connection has been waiting for
    /// its client.
    pub(super) async fn room(&self) {
        while self.lock().by_number.len() >= self.most {
            self.make_room().await;
        }
    }

    /// Closes the connection whose client has kept the server waiting for the longest time, where
    /// there is one, and waits a little for that or another one to be closed.
    pub(super) async fn make_room(&self) {
        let closed = self.closed.notified();
        self.close_longest_waiting();
        let _ = timeout(LOOK_AGAIN, closed).await;
    }

    /// Serves a connection from an address, in a separate task.
    pub(super) fn serve<F>(self: &Arc<Self>, from: IpAddr, serve: impl FnOnce(Arc<Connection>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let connection = Arc::new(Connection::new(from, Arc::clone(&self.bounds)));
        let place = self.take_place(Arc::clone(&connection), api::network(from));
        let number = place.number;
        let served = serve(connection);
        let task = tokio::spawn(async move {
            served.await;
            drop(place);
        });
        // Not under one lock with taking the place: a task that cannot start gives its place back
        // within `spawn`.
        if let Some(open) = self.lock().by_number.get_mut(&number) {
            open.task = Some(task.abort_handle());
        }
    }

    fn take_place(self: &Arc<Self>, connection: Arc<Connection>, address: IpAddr) -> Place {
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
        Place {
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

    /// Of the address that has the most connections: who floods the server makes room before others
    /// do, however slowly they send. The connections of a trusted proxy are those of many, and come
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
        if longest.is_some_and(|(_, served)| served.close_if_waiting(UNDISTURBED)) {
            tracing::debug!("a connection was closed to make room");
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

impl Drop for Place {
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
    async fn the_connection_that_waits_longest_for_its_client_makes_room() {
        let connections = connections(2, 0);
        connections.serve(HERE, |_| pending());
        sleep(Duration::from_millis(20)).await;
        connections.serve(HERE, |_| pending());
        timeout(Duration::from_secs(5), connections.room())
            .await
            .expect("room is made");
        let open: Vec<u64> = connections.lock().by_number.keys().copied().collect();
        assert_eq!(open, [1], "the first had to go");
    }

    #[tokio::test]
    async fn an_address_that_has_the_most_connections_makes_room_before_an_older_one_of_another() {
        let connections = connections(4, 0);
        let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3));
        for from in [ELSEWHERE, other, HERE, HERE] {
            connections.serve(from, |_| pending());
            sleep(Duration::from_millis(20)).await;
        }
        timeout(Duration::from_secs(5), connections.room())
            .await
            .expect("room is made");
        let mut open: Vec<u64> = connections.lock().by_number.keys().copied().collect();
        open.sort_unstable();
        assert_eq!(
            open,
            [0, 1, 3],
            "the older one of the two that one address has"
        );
    }

    #[tokio::test]
    async fn a_connection_whose_request_is_worked_on_makes_no_room_until_it_ends() {
        let connections = connections(1, 0);
        connections.serve(HERE, |connection| async move {
            assert!(connection.head_read(false));
            sleep(Duration::from_millis(600)).await;
        });
        assert!(
            timeout(Duration::from_millis(400), connections.room())
                .await
                .is_err(),
            "it is worked on"
        );
        timeout(Duration::from_secs(5), connections.room())
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
