//! A request's body on its way from the front to the service: one part at a time, when the service asks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use outlive_ajp::connection::BodyLength;
use tokio::sync::{Notify, mpsc};

/// The body of a request that came by AJP.
///
/// Nothing more than one packet of it is held: the front is asked for the next one when the service has taken the last.
#[derive(Debug)]
pub struct RequestBody {
    parts: mpsc::Receiver<Part>,
    wanted: Arc<Notify>,
    /// How many bytes are still to come, where that is known.
    left: Option<u64>,
    ended: bool,
}

/// Why a body does not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The client has gone away before it had sent all.
    #[error("the body ended {missing} bytes before its Content-Length")]
    Incomplete {
        /// How many bytes did not come.
        missing: u64,
    },
    /// The connection to the front is gone.
    #[error("the connection ended within the body")]
    Cut,
}

#[derive(Debug)]
enum Part {
    Data(Bytes),
    End(Result<(), BodyError>),
}

/// The connection's end of a body.
#[derive(Debug)]
pub(super) struct BodyFeed {
    parts: mpsc::Sender<Part>,
    wanted: Arc<Notify>,
}

impl RequestBody {
    pub(super) fn new(length: BodyLength) -> (BodyFeed, Self) {
        let (sender, parts) = mpsc::channel(1);
        let wanted = Arc::new(Notify::new());
        let left = match length {
            BodyLength::Known(length) => Some(length),
            BodyLength::Unknown => None,
        };
        let feed = BodyFeed { parts: sender, wanted: wanted.clone() };
        (feed, Self { parts, wanted, left, ended: left == Some(0) })
    }
}

impl BodyFeed {
    /// Ready when the service waits for a part, and at times when it does not any more. Cancel safe.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Whether there is room for a part, and somebody who may take it.
    pub(super) fn has_room(&self) -> bool {
        self.parts.capacity() > 0 && !self.parts.is_closed()
    }

    /// Hands a part on. One that nobody will read is dropped.
    pub(super) fn data(&self, data: Bytes) {
        let _ = self.parts.try_send(Part::Data(data));
    }

    /// The body ends, `missing` bytes before it should.
    pub(super) fn end(&self, missing: u64) {
        let end = if missing == 0 { Ok(()) } else { Err(BodyError::Incomplete { missing }) };
        let _ = self.parts.try_send(Part::End(end));
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = match self.parts.poll_recv(cx) {
            Poll::Pending => {
                self.wanted.notify_one();
                return Poll::Pending;
            }
            part => ready!(part),
        };
        Poll::Ready(match part {
            Some(Part::Data(data)) => {
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                self.ended = self.left == Some(0);
                Some(Ok(Frame::data(data)))
            }
            Some(Part::End(end)) => {
                self.ended = true;
                end.err().map(Err)
            }
            None => {
                self.ended = true;
                Some(Err(BodyError::Cut))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            _ if self.ended => SizeHint::with_exact(0),
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}
