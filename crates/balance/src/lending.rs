//! A request's body on its way to a node: lent to one after the other until one begins to read it, and watched for whose turn it is.
//!
//! ```text
//!  client ──► server's buffer ──► Lent ──► client's buffer ──► node
//!             empty: the client's turn     full, or all is there: the node's turn, and the clock for its answer runs
//! ```

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::body::{BodyFault, Paced, RequestBody};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The node's: it has been given all that there was, or does not take more.
    Node(Instant),
    /// The client's: the node waits for more of the body.
    Client,
    /// The client has not sent the rest in time.
    ClientStill,
    /// The client's connection broke.
    ClientGone,
}

/// What the lender and the loan share.
#[derive(Debug)]
struct Passage {
    body: Option<Incoming>,
    turn: Turn,
}

type Shared = Arc<Mutex<Passage>>;

/// Keeps a request's body for one node after the other, until one begins to read it.
#[derive(Debug)]
pub(crate) struct Lender {
    passage: Shared,
    hint: SizeHint,
    is_empty: bool,
}

impl Lender {
    pub(crate) fn new(body: Incoming) -> Self {
        let (hint, is_empty) = (body.size_hint(), body.is_end_stream());
        let passage = Passage { body: Some(body), turn: Turn::Node(Instant::now()) };
        Self { passage: Arc::new(Mutex::new(passage)), hint, is_empty }
    }

    /// Whether there is no body at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The body for the next node. `limit`: how long the client may be silent.
    pub(crate) fn lend(&self, limit: Duration) -> RequestBody {
        locked(&self.passage).turn = Turn::Node(Instant::now());
        if self.is_empty {
            return Either::Right(Empty::new());
        }
        Either::Left(Lent { passage: Arc::clone(&self.passage), taken: None, hint: self.hint, limit })
    }

    /// Whether nobody has begun to read it.
    pub(crate) fn is_whole(&self) -> bool {
        locked(&self.passage).body.is_some()
    }

    /// Whose turn it is.
    pub(crate) fn turn(&self) -> Turn {
        locked(&self.passage).turn
    }

    /// Ready when it has been the node's turn for `limit`. Cancel safe.
    pub(crate) async fn overdue(&self, limit: Duration) {
        loop {
            // Its turn begins at the earliest when the client's ends, so a look once in `limit` comes in time.
            let since = match self.turn() {
                Turn::Node(since) => since,
                Turn::Client | Turn::ClientStill | Turn::ClientGone => Instant::now(),
            };
            let Some(end) = since.checked_add(limit) else { return std::future::pending().await };
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

/// A body that is taken when its first part is wanted.
#[derive(Debug)]
pub(crate) struct Lent {
    passage: Shared,
    taken: Option<Paced<Incoming>>,
    hint: SizeHint,
    limit: Duration,
}

impl Body for Lent {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        if self.taken.is_none() {
            let body = locked(&self.passage).body.take();
            self.taken = body.map(|body| Paced::new(body, self.limit, None));
        }
        let Some(body) = &mut self.taken else { return Poll::Ready(None) }; // only one is given out at a time
        let polled = Pin::new(body).poll_frame(cx);
        locked(&self.passage).turn = match &polled {
            Poll::Pending => Turn::Client,
            Poll::Ready(Some(Err(BodyFault::Still(_)))) => Turn::ClientStill,
            Poll::Ready(Some(Err(BodyFault::Broken(_)))) => Turn::ClientGone,
            Poll::Ready(Some(Ok(_)) | None) => Turn::Node(Instant::now()),
        };
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.taken.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.taken.as_ref().map_or_else(|| self.hint, Body::size_hint)
    }
}

fn locked(passage: &Shared) -> MutexGuard<'_, Passage> {
    // Each change is one assignment: a poisoned passage is a whole one.
    passage.lock().unwrap_or_else(PoisonError::into_inner)
}
