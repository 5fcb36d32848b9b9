//! The service of one connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::HttpSettings;
use super::phase::{Phase, Phases};
use crate::service::HttpService;

/// In the extensions of each request: this end's address of its connection. A client whose own address is the same one is on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAddress(pub SocketAddr);

/// The service of one connection: puts the addresses of both ends into each request, and says in answers that the connection ends with them
/// once the server is `ending`, or the connection has had as many requests as it may.
#[derive(Debug, Clone)]
pub(super) struct PerConnection<S> {
    pub(super) service: S,
    pub(super) peer: SocketAddr,
    /// `None` where the connection was gone before it could be asked.
    pub(super) local: Option<LocalAddress>,
    pub(super) ending: Arc<AtomicBool>,
    pub(super) settings: Arc<HttpSettings>,
    pub(super) phases: Phases,
    /// Requests so far.
    pub(super) requests: Arc<AtomicU32>,
}

impl<S> PerConnection<S> {
    /// Whether this request is the last one that the connection may have.
    fn is_last(&self) -> bool {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.settings.keep_alive_requests_max.is_some_and(|max| requests >= max)
    }
}

impl<S: HttpService> hyper::service::Service<Request<Incoming>> for PerConnection<S> {
    type Response = Response<S::Body>;
    type Error = S::Error;
    type Future = Answered<S::Started>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.phases.set(Phase::Busy);
        request.extensions_mut().insert(self.peer);
        if let Some(local) = self.local {
            request.extensions_mut().insert(local);
        }
        self.settings.origin.apply(&mut request);
        self.settings.uri_encoding.apply(&mut request);
        self.settings.form_limit.apply(&mut request);
        let (is_last, phases) = (self.is_last(), self.phases.clone());
        Answered { started: self.service.start(request), ending: Arc::clone(&self.ending), is_last, phases }
    }
}

pin_project! {
    /// An answer to come.
    #[derive(Debug)]
    pub(super) struct Answered<F> {
        #[pin]
        started: F,
        ending: Arc<AtomicBool>,
        is_last: bool,
        phases: Phases,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B, E> Future for Answered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut answer = std::task::ready!(this.started.poll(cx));
        this.phases.set(Phase::Idle(Instant::now()));
        if let Ok(response) = &mut answer
            && (*this.is_last || this.ending.load(Ordering::Relaxed))
            // Such a connection does not go on as HTTP, and its header says what as.
            && response.status() != StatusCode::SWITCHING_PROTOCOLS
        {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(answer)
    }
}
