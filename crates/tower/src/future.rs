//! The way of one request through the layer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use crate::SessionBody;
use crate::exchange::{Acknowledgements, Busy, Exchange};

pin_project! {
    /// Polls the service, completes the request at its head, and with synchronous options waits for the acknowledgements.
    ///
    /// Dropped early it completes the request without waiting.
    #[project = Projected]
    pub struct ResponseFuture<F, B> {
        // None while the store is asked for the request's session.
        #[pin]
        inner: Option<F>,
        beginning: Option<Called<F>>,
        // Until the head is there.
        exchange: Option<Arc<Exchange>>,
        // The head, while what it waits for is awaited.
        waiting: Option<(Acknowledgements, Response<SessionBody<B>>)>,
    }
}

/// Gives the service's future as soon as the request's session is known.
pub(crate) type Called<F> = Pin<Box<dyn Future<Output = Result<(F, Arc<Exchange>), Busy>> + Send>>;

impl<F, B> ResponseFuture<F, B> {
    pub(crate) fn new(inner: F, exchange: Arc<Exchange>) -> Self {
        Self { inner: Some(inner), beginning: None, exchange: Some(exchange), waiting: None }
    }

    /// For a session that has to come out of the store first.
    pub(crate) fn behind(beginning: Called<F>) -> Self {
        Self { inner: None, beginning: Some(beginning), exchange: None, waiting: None }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<SessionBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Projected { mut inner, beginning, exchange, waiting } = self.project();
        if let Some(called) = beginning {
            let called = ready!(called.as_mut().poll(cx));
            *beginning = None;
            let Ok((future, begun)) = called else {
                let mut response = Response::new(SessionBody::empty());
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                return Poll::Ready(Ok(response));
            };
            inner.set(Some(future));
            *exchange = Some(begun);
        }
        if exchange.is_some()
            && let Some(inner) = inner.as_pin_mut()
        {
            let mut head = match ready!(inner.poll(cx)) {
                Ok(head) => head,
                Err(error) => {
                    *exchange = None; // completed by its drop, as for a panic
                    return Poll::Ready(Err(error));
                }
            };
            if let Some(exchange) = exchange.take() {
                let acknowledgements = exchange.head(head.headers_mut());
                *waiting = Some((acknowledgements, head.map(|body| SessionBody::new(body, exchange))));
            }
        }
        if let Some((acknowledgements, _)) = waiting {
            ready!(acknowledgements.poll(cx));
        }
        let (_, response) = waiting.take().expect("a finished future is not polled again");
        Poll::Ready(Ok(response))
    }
}

impl<F, B> std::fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").field("head_given", &self.exchange.is_none()).finish_non_exhaustive()
    }
}
