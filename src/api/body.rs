//! The body of a request, on its way from the socket: as a whole it must be there in time, a large
//! one is read only while there are few of them, and its connection learns whether it was read to
//! its end. What it says is not looked at here.

use std::{
    error::Error as StdError,
    iter::successors,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use bytes::BytesMut;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    connection::{Connection, SMALL_BODY},
    problem::Problem,
};
use crate::model::Error;

/// A body that is still being sent.
pub(super) struct RequestBody {
    /// Until it is left.
    incoming: Option<Incoming>,
    connection: Arc<Connection>,
    started: Instant,
    /// Its client waits for `100 Continue`, which the first look for a part of the body sends.
    unasked: bool,
    /// How much of it came, in bytes.
    received: usize,
    /// Held by a large one.
    permit: Option<OwnedSemaphorePermit>,
    /// Runs from the first time that there was nothing to read.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why a body is not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// It was not there in time, in seconds.
    #[error("the body was not there within {0} seconds")]
    Late(u64),
    /// Too many large bodies are being read.
    #[error("too many large bodies are being read")]
    Busy,
    /// The connection makes room for another one.
    #[error("the connection is closed")]
    Closing,
    /// The connection broke, or what came is no HTTP.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// A body as a whole: at most so many bytes, within the time that its connection gives it.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::with_capacity(announced.min(limit).min(SMALL_BODY));
    let mut body = Limited::new(body, limit);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(error.as_ref(), limit))?;
        // Copied: a frame of one byte keeps all of the buffer that it was read into.
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes.freeze())
}

/// Why a body was not read to its end.
fn unread(error: &(dyn StdError + 'static), limit: usize) -> Problem {
    if error.is::<LengthLimitError>() {
        return Problem::BodyTooLarge(limit);
    }
    let mut chain = successors(Some(error), |&error| error.source());
    match chain.find_map(|error| error.downcast_ref()) {
        Some(Unread::Late(seconds)) => Problem::BodyTooSlow(*seconds),
        Some(Unread::Busy) => Error::Busy("large bodies").into(),
        _ => Error::malformed("body", "it broke off").into(),
    }
}

impl RequestBody {
    /// `awaits_continue`: whether its client sends it only after `100 Continue`.
    pub(super) fn new(
        incoming: Incoming,
        connection: Arc<Connection>,
        awaits_continue: bool,
    ) -> Self {
        Self {
            incoming: Some(incoming),
            connection,
            started: Instant::now(),
            unasked: awaits_continue,
            received: 0,
            permit: None,
            deadline: None,
        }
    }

    /// Ready when the time is over, or the connection is to be closed.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Unread> {
        let seconds = self.connection.body_seconds();
        if self.deadline.is_none() {
            if !self.connection.waits_for_body() {
                return Poll::Ready(Unread::Closing);
            }
            // Where no clock reaches so far, there is no deadline.
            let end = self.started.checked_add(Duration::from_secs(seconds));
            self.deadline = end.map(|end| Box::pin(sleep_until(end)));
        }
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Unread::Late(seconds))
    }

    /// Counts what was read, and decides whether to go on.
    fn accept(
        &mut self,
        read: Option<Result<Frame<Bytes>, hyper::Error>>,
    ) -> Result<Option<Frame<Bytes>>, Unread> {
        let frame = read.transpose()?;
        self.received += frame
            .as_ref()
            .and_then(Frame::data_ref)
            .map_or(0, Bytes::len);
        if self.received > SMALL_BODY && self.permit.is_none() {
            self.permit = Some(self.connection.permit_large_body().ok_or(Unread::Busy)?);
        }
        let is_whole = frame.is_none() || self.is_end_stream();
        if is_whole && !self.connection.body_read() {
            Err(Unread::Closing)
        } else {
            Ok(frame)
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Unread;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.unasked = false;
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(read) => Poll::Ready(self.accept(read).transpose()),
            Poll::Pending => self.poll_deadline(cx).map(|late| Some(Err(late))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming
            .as_ref()
            .map(HttpBody::size_hint)
            .unwrap_or_default()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        // A client that still waits for `100 Continue` has nothing to be read: reading would ask
        // for a body that was refused already.
        let is_left = self.connection.body_unread() && !self.unasked;
        if let Some(rest) = self.incoming.take().filter(|_| is_left) {
            self.connection.leave(rest);
        }
    }
}
