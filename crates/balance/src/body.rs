//! Bodies on their way through: streamed, watched for standing still, and given back where nothing of them was sent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::node::UnderWay;

/// What a client gets: a node's body, or a few words of the balancer itself.
pub type AnswerBody = Either<Paced<Incoming>, Full<Bytes>>;

/// What a node gets.
pub(crate) type RequestBody = Either<Paced<Lent>, Empty<Bytes>>;

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

type Slot = Arc<Mutex<Option<Incoming>>>;

/// Keeps a request's body for one node after the other, until one begins to read it.
#[derive(Debug)]
pub(crate) struct Lender {
    slot: Slot,
    hint: SizeHint,
    is_empty: bool,
}

impl Lender {
    pub(crate) fn new(body: Incoming) -> Self {
        let (hint, is_empty) = (body.size_hint(), body.is_end_stream());
        Self { slot: Arc::new(Mutex::new(Some(body))), hint, is_empty }
    }

    /// Whether there is no body at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The body for the next node.
    pub(crate) fn lend(&self, limit: Duration) -> RequestBody {
        if self.is_empty {
            return Either::Right(Empty::new());
        }
        let lent = Lent { slot: Arc::clone(&self.slot), taken: None, hint: self.hint };
        Either::Left(Paced::new(lent, limit, None))
    }

    /// Whether nobody has begun to read it.
    pub(crate) fn is_whole(&self) -> bool {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// A body that is taken when its first part is wanted.
#[derive(Debug)]
pub(crate) struct Lent {
    slot: Slot,
    taken: Option<Incoming>,
    hint: SizeHint,
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if self.taken.is_none() {
            let body = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.taken = body;
        }
        match &mut self.taken {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None), // only one is given out at a time
        }
    }

    fn is_end_stream(&self) -> bool {
        self.taken.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.taken.as_ref().map_or_else(|| self.hint, Body::size_hint)
    }
}
