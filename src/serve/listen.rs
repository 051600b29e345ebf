//! Listens, and serves connections until told to stop.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::server::conn::http1;
use hyper_util::{rt::TokioTimer, server::graceful::GracefulShutdown};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use super::{connections::Connections, socket::Socket};
use crate::{api::HttpService, config::Limits};

/// How long clients may go on with what they were sending or reading when the server stops.
const STOP_GRACE_PERIOD: Duration = Duration::from_secs(3);
/// After it, how long a client may keep the server waiting.
const STOP_IDLE_LIMIT: Duration = Duration::from_secs(1);
/// How often to close such connections.
const STOP_INTERVAL: Duration = Duration::from_millis(100);
/// The largest head of a request, in bytes: what a client can make a connection buffer. The longest
/// tokens fit in it several times.
const HEAD_BUFFER: usize = 64 * 1024;
/// The longest deadline there is: hyper adds it to the time of day, which has an end.
const LONGEST: u64 = 365 * 24 * 60 * 60;

/// A socket that clients connect to.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    /// With the real port.
    pub(super) address: SocketAddr,
}

impl Listener {
    pub(super) async fn bind(address: &str) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Serves connections until told to stop, and then finishes requests in flight.
    pub(super) async fn serve(
        self,
        service: HttpService,
        connections: Arc<Connections>,
        limits: Limits,
        mut stopped: watch::Receiver<()>,
    ) {
        let http = http(&limits);
        let graceful = GracefulShutdown::new();
        let mut errors = AcceptErrors::default();
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&connections) => accepted,
                // Where the sender is gone, it runs on.
                Ok(()) = stopped.changed() => break,
            };
            match accepted {
                Ok((stream, from)) => connections.serve(from.ip(), |connection| {
                    let response_deadline = Duration::from_secs(limits.response_seconds);
                    let socket = Socket::new(stream, Arc::clone(&connection), response_deadline);
                    let served =
                        graceful.watch(http.serve_connection(socket, service.on(connection)));
                    async move {
                        if let Err(error) = served.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    }
                }),
                Err(error) => {
                    errors.log(&error);
                    // Out of file descriptors, most likely: evicting an idle connection frees one.
                    connections.evict().await;
                }
            }
        }
        drop(self);
        finish(
            graceful,
            &connections,
            Duration::from_secs(limits.stop_seconds),
        )
        .await;
    }

    /// The next connection that may be served. Beyond the limit, others wait in the system's backlog.
    async fn accept(&self, connections: &Connections) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let (stream, from) = match self.socket.accept().await {
                // Closed before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                accepted => accepted?,
            };
            if connections.admits(from.ip()) {
                connections.wait_for_capacity().await;
                // Responses are small: do not hold them back to fill packets.
                let _ = stream.set_nodelay(true);
                return Ok((stream, from));
            }
            tracing::debug!(address = %from.ip(), "too many connections from this address");
        }
    }
}

/// Not `axum::serve`: it has no deadline for the head of a request, and no limit of its buffer.
fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    let head_deadline = Duration::from_secs(limits.header_seconds.min(LONGEST));
    http.timer(TokioTimer::new())
        .header_read_timeout(head_deadline)
        .max_buf_size(HEAD_BUFFER);
    http
}

/// Finishes requests in flight, and does not wait for idle clients.
async fn finish(graceful: GracefulShutdown, connections: &Connections, deadline: Duration) {
    let mut finished = pin!(graceful.shutdown());
    let grace = deadline.min(STOP_GRACE_PERIOD);
    if timeout(grace, &mut finished).await.is_ok() {
        return;
    }
    let close_waiting = async {
        loop {
            connections.close_waiting(STOP_IDLE_LIMIT);
            sleep(STOP_INTERVAL).await;
        }
    };
    tokio::select! {
        () = finished => {}
        () = close_waiting => {}
        () = sleep(deadline.saturating_sub(grace)) => tracing::warn!("stopped with requests still \
            in flight"),
    }
}

/// Connections that could not be accepted: logged at most once a second.
#[derive(Default)]
struct AcceptErrors {
    unlogged: u64,
    logged: Option<Instant>,
}

impl AcceptErrors {
    fn log(&mut self, error: &io::Error) {
        self.unlogged += 1;
        if self
            .logged
            .is_none_or(|logged| logged.elapsed() >= Duration::from_secs(1))
        {
            tracing::warn!(%error, times = self.unlogged, "cannot accept connections");
            *self = Self {
                unlogged: 0,
                logged: Some(Instant::now()),
            };
        }
    }
}
