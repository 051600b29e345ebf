//! The body of a request, on its way from the socket: as a whole it must be there in time, and its connection learns
//! whether it was read to its end.

use std::{
    error::Error as StdError,
    iter::successors,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::Connection;

/// A body that is still being sent.
pub(super) struct RequestBody {
    incoming: Incoming,
    connection: Arc<Connection>,
    started: Instant,
    /// Runs from the first time that there was nothing to read.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why a body is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// It was not there in time, in seconds.
    #[error("the body was not there within {0} seconds")]
    Late(u64),
    /// The connection makes room for another one.
    #[error("the connection is closed")]
    Closing,
    /// The connection broke, or what came is no HTTP.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

impl Unread {
    /// How many seconds a body had, where an error came of it that was late.
    pub(super) fn late(error: &(dyn StdError + 'static)) -> Option<u64> {
        let mut chain = successors(Some(error), |&error| error.source());
        chain.find_map(|error| match error.downcast_ref() {
            Some(Self::Late(seconds)) => Some(*seconds),
            _ => None,
        })
    }
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, connection: Arc<Connection>) -> Self {
        Self { incoming, connection, started: Instant::now(), deadline: None }
    }

    /// Ready when the time is over.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Unread> {
        let seconds = self.connection.body_seconds();
        if self.deadline.is_none() {
            // Where no clock reaches so far, there is no deadline.
            let end = self.started.checked_add(Duration::from_secs(seconds));
            self.deadline = end.map(|end| Box::pin(sleep_until(end)));
        }
        let Some(deadline) = &mut self.deadline else { return Poll::Pending };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Unread::Late(seconds))
    }

    fn end(&self) -> Result<(), Unread> {
        if self.connection.body_read() { Ok(()) } else { Err(Unread::Closing) }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Unread;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Poll::Ready(read) = Pin::new(&mut self.incoming).poll_frame(cx) else {
            return self.poll_deadline(cx).map(|late| Some(Err(late)));
        };
        if !matches!(read, Some(Err(_))) && (read.is_none() || self.incoming.is_end_stream()) {
            if let Err(closing) = self.end() {
                return Poll::Ready(Some(Err(closing)));
            }
        }
        Poll::Ready(read.map(|frame| frame.map_err(Unread::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
