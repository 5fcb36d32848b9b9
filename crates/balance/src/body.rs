//! Bodies on their way through: streamed, and watched for standing still.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::lending::Lent;
use crate::node::UnderWay;

/// What a client gets: a node's body, or a few words of the balancer itself.
pub type AnswerBody = Either<Paced<Incoming>, Full<Bytes>>;

/// What a node gets.
pub(crate) type RequestBody = Either<Lent, Empty<Bytes>>;

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyFault {
    /// Its connection did.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// It stood still.
    #[error("nothing came for {0:?}")]
    Still(Duration),
}

/// A body that is given up when nothing comes for a while.
#[derive(Debug)]
pub struct Paced<B> {
    inner: B,
    limit: Duration,
    /// Made only when something is waited for.
    sleep: Option<Pin<Box<Sleep>>>,
    /// Dropped with the body: then the request is over.
    _under_way: Option<UnderWay>,
}

impl<B> Paced<B> {
    pub(crate) fn new(inner: B, limit: Duration, under_way: Option<UnderWay>) -> Self {
        Self { inner, limit, sleep: None, _under_way: under_way }
    }
}

impl<B: Body<Data = Bytes, Error = hyper::Error> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.sleep = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyFault::Broken)));
        }
        let limit = self.limit;
        ready!(self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit))).as_mut().poll(cx));
        Poll::Ready(Some(Err(BodyFault::Still(limit))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
