//! The service of one connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use crate::service::HttpService;

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
