//! What a connector asks of a service, whatever protocol its requests come by.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

/// A tower service that a connector can serve: any over `Request<R>` whose parts may go to other threads. `R` is the body of the
/// connector's requests: hyper's `Incoming` for HTTP, [`RequestBody`](crate::ajp::RequestBody) for AJP.
///
/// Implemented for all that fit; not to be implemented by hand.
pub trait HttpService<R = Incoming>: Clone + Send + Sync + 'static {
    /// The response's body.
    type Body: Body<Data: Buf + Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static;
    /// The service's own error, which closes the connection.
    type Error: Into<Box<dyn StdError + Send + Sync>>;
    /// The response to come.
    type Started: Future<Output = Result<Response<Self::Body>, Self::Error>> + Send + 'static;

    /// Starts a request on a clone of the service.
    fn start(&self, request: Request<R>) -> Self::Started;
}

impl<S, R, B> HttpService<R> for S
where
    S: Service<Request<R>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send + 'static,
    R: Send + 'static,
    B: Body<Data: Buf + Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    type Body = B;
    type Error = S::Error;
    type Started = Started<S, R, S::Future>;

    fn start(&self, request: Request<R>) -> Self::Started {
        Started { service: self.clone(), request: Some(request), future: None }
    }
}

pin_project! {
    /// A request on its clone of the service: first the service must be ready, then it answers.
    #[derive(Debug)]
    pub struct Started<S, R, F> {
        service: S,
        request: Option<Request<R>>,
        #[pin]
        future: Option<F>,
    }
}

impl<S: Service<Request<R>>, R> Future for Started<S, R, S::Future> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.request.is_some() {
            std::task::ready!(this.service.poll_ready(cx))?;
            if let Some(request) = this.request.take() {
                let future = this.service.call(request);
                this.future.set(Some(future));
            }
        }
        this.future.as_pin_mut().expect("a request is taken once, and leaves its future").poll(cx)
    }
}
