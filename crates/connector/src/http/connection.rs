//! What a connection asks of a service.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Buf;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Body;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service;

/// A tower service that a connector can serve: any over `Request<Incoming>` whose parts may go to other threads.
///
/// Implemented for all that fit; not to be implemented by hand.
pub trait HttpService: Clone + Send + Sync + 'static {
    /// The response's body.
    type Body: Body<Data: Buf + Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static;
    /// The service's own error, which closes the connection.
    type Error: Into<Box<dyn StdError + Send + Sync>>;
    /// The response to come.
    type Started: Future<Output = Result<Response<Self::Body>, Self::Error>> + Send + 'static;

    /// Starts a request on a clone of the service.
    fn start(&self, request: Request<Incoming>) -> Self::Started;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send + 'static,
    B: Body<Data: Buf + Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    type Body = B;
    type Error = S::Error;
    type Started = Started<S, S::Future>;

    fn start(&self, request: Request<Incoming>) -> Self::Started {
        Started { service: self.clone(), request: Some(request), future: None }
    }
}

pin_project! {
    /// A request on its clone of the service: first the service must be ready, then it answers.
    #[derive(Debug)]
    pub struct Started<S, F> {
        service: S,
        request: Option<Request<Incoming>>,
        #[pin]
        future: Option<F>,
    }
}

impl<S: Service<Request<Incoming>>> Future for Started<S, S::Future> {
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

/// The service of one connection: puts the other end's address into each request, and says in answers that the connection ends with them
/// once the server is `ending`.
#[derive(Debug, Clone)]
pub(super) struct PerConnection<S> {
    pub(super) service: S,
    pub(super) peer: SocketAddr,
    pub(super) ending: Arc<AtomicBool>,
}

impl<S: HttpService> hyper::service::Service<Request<Incoming>> for PerConnection<S> {
    type Response = Response<S::Body>;
    type Error = S::Error;
    type Future = Answered<S::Started>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        Answered { started: self.service.start(request), ending: Arc::clone(&self.ending) }
    }
}

pin_project! {
    /// An answer to come.
    #[derive(Debug)]
    pub(super) struct Answered<F> {
        #[pin]
        started: F,
        ending: Arc<AtomicBool>,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B, E> Future for Answered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut answer = std::task::ready!(this.started.poll(cx));
        if let Ok(response) = &mut answer
            && this.ending.load(Ordering::Relaxed)
            // Such a connection does not go on as HTTP, and its header says what as.
            && response.status() != StatusCode::SWITCHING_PROTOCOLS
        {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(answer)
    }
}
