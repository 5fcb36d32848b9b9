//! The way of one request through the layer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use outlive_net::Acknowledged;
use pin_project_lite::pin_project;

use crate::SessionBody;
use crate::exchange::Exchange;

pin_project! {
    /// Polls the service, completes the request at its head, and with synchronous options waits for the acknowledgements.
    ///
    /// Dropped early it completes the request without waiting.
    #[project = Projected]
    pub struct ResponseFuture<F, B> {
        #[pin]
        inner: F,
        // Until the head is there.
        exchange: Option<Arc<Exchange>>,
        #[pin]
        acknowledged: Option<Acknowledged>,
        // While the acknowledgements are awaited.
        response: Option<Response<SessionBody<B>>>,
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(crate) fn new(inner: F, exchange: Arc<Exchange>) -> Self {
        Self {
            inner,
            exchange: Some(exchange),
            acknowledged: None,
            response: None,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<SessionBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Projected {
            inner,
            exchange,
            mut acknowledged,
            response,
        } = self.project();
        if exchange.is_some() {
            let mut head = match ready!(inner.poll(cx)) {
                Ok(head) => head,
                Err(error) => {
                    *exchange = None; // completed by its drop, as for a panic
                    return Poll::Ready(Err(error));
                }
            };
            if let Some(exchange) = exchange.take() {
                acknowledged.set(exchange.head(head.headers_mut()));
                *response = Some(head.map(|body| SessionBody::new(body, exchange)));
            }
        }
        if let Some(waiting) = acknowledged.as_mut().as_pin_mut() {
            ready!(waiting.poll(cx));
            acknowledged.set(None);
        }
        Poll::Ready(Ok(response
            .take()
            .expect("a finished future is not polled again")))
    }
}

impl<F, B> std::fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("head_given", &self.exchange.is_none())
            .finish_non_exhaustive()
    }
}
