//! The socket of a connection as hyper gets it: a response that is not read ends it, and after a
//! response that came before its request was read, it lingers: the rest is read and discarded, so
//! that the client is not reset before it has seen the response (RFC 9112, 9.6).

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use crate::api::Connection;

/// How long to go on reading a request that has its response already, in all.
const LINGER: Duration = Duration::from_secs(5);
/// How long, since the last of it came.
const LINGER_QUIET: Duration = Duration::from_secs(2);
/// How much of it.
const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// The socket of a connection.
pub(super) struct Socket {
    io: TokioIo<TcpStream>,
    connection: Arc<Connection>,
    /// How long a client may read nothing of a response.
    response_deadline: Duration,
    /// Runs while there is something to write, and the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
}

/// What is left of a lingering close.
struct Lingering {
    bytes: usize,
    until: Instant,
    deadline: Pin<Box<Sleep>>,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        connection: Arc<Connection>,
        response_deadline: Duration,
    ) -> Self {
        Self {
            io: TokioIo::new(stream),
            connection,
            response_deadline,
            stalled: None,
            lingering: None,
        }
    }

    /// The outcome of a write, or an error where the client has been reading nothing for too long.
    fn in_time(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(self.response_deadline)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not read its response",
        )))
    }

    /// Reads and discards until the client closes, or a bound is reached.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [MaybeUninit::uninit(); 16 * 1024];
        loop {
            let mut read = ReadBuf::uninit(&mut space);
            match Pin::new(self.io.inner_mut()).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    let lingering = self.lingering.get_or_insert_with(Lingering::begin);
                    if !lingering.goes_on(read.filled().len()) {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                // Nothing came, and nothing is known to come.
                Poll::Pending if self.lingering.is_none() && !self.connection.body_unread() => {
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    let lingering = self.lingering.get_or_insert_with(Lingering::begin);
                    return lingering.deadline.as_mut().poll(cx);
                }
            }
        }
    }
}

impl Lingering {
    fn begin() -> Self {
        Self {
            bytes: LINGER_BYTES,
            until: Instant::now() + LINGER,
            deadline: Box::pin(sleep(LINGER_QUIET)),
        }
    }

    /// Counts what was read, and whether more may be.
    fn goes_on(&mut self, bytes: usize) -> bool {
        let now = Instant::now();
        self.bytes = self.bytes.saturating_sub(bytes);
        self.deadline
            .as_mut()
            .reset(self.until.min(now + LINGER_QUIET));
        self.bytes > 0 && now < self.until
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, parts);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Called once more after each time that it is not ready: then the socket is shut down for
    /// writing already, which does no harm a second time.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        ready!(self.poll_discard(cx));
        Poll::Ready(Ok(()))
    }
}
