//! The response's body, which knows when it ends.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::exchange::Exchange;

pin_project! {
    /// A response's body. If a `Session` outlives the head, the body's end sends what was changed meanwhile.
    #[derive(Debug)]
    pub struct SessionBody<B> {
        // None: empty, the layer's own answer.
        #[pin]
        inner: Option<B>,
        // Weak: the drop of the last handle shall be seen at once, not only at the body's end.
        exchange: Option<Weak<Exchange>>,
    }
}

impl<B> SessionBody<B> {
    /// `exchange` is the layer's own hold of it; where that is the last, all is sent and nothing is left to watch.
    pub(crate) fn new(inner: B, exchange: Arc<Exchange>) -> Self {
        let exchange = (Arc::strong_count(&exchange) > 1).then(|| Arc::downgrade(&exchange));
        Self { inner: Some(inner), exchange }
    }

    /// The body of an answer that the layer gives itself.
    pub(crate) fn empty() -> Self {
        Self { inner: None, exchange: None }
    }
}

impl<B: Body> Body for SessionBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = ready!(inner.as_mut().poll_frame(cx));
        let ended = !matches!(frame, Some(Ok(_))) || inner.is_end_stream();
        if ended && let Some(exchange) = this.exchange.take().and_then(|weak| weak.upgrade()) {
            exchange.flush();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
