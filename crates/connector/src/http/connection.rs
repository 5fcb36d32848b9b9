//! The service of one connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::phase::{Phase, Phases};
use super::{HttpSettings, refusal};
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
    type Response = Response<Either<S::Body, Empty<<S::Body as Body>::Data>>>;
    type Error = S::Error;
    type Future = Answered<S::Started>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.phases.set(Phase::Busy);
        let (is_last, phases) = (self.is_last(), self.phases.clone());
        if let Some(status) = refusal::of(&request, self.settings.head_bytes_max) {
            tracing::debug!(peer = %self.peer, %status, "a request is refused");
            return Answered {
                started: None,
                refused: status,
                ending: Arc::clone(&self.ending),
                is_last: true,
                phases,
            };
        }
        refusal::settle_host(&mut request);
        request.extensions_mut().insert(self.peer);
        if let Some(local) = self.local {
            request.extensions_mut().insert(local);
        }
        self.settings.origin.apply(&mut request);
        self.settings.uri_encoding.apply(&mut request);
        self.settings.form_limit.apply(&mut request);
        let started = Some(self.service.start(request));
        Answered { started, refused: StatusCode::BAD_REQUEST, ending: Arc::clone(&self.ending), is_last, phases }
    }
}

pin_project! {
    /// An answer to come.
    #[derive(Debug)]
    pub(super) struct Answered<F> {
        // None: the request is refused.
        #[pin]
        started: Option<F>,
        refused: StatusCode,
        ending: Arc<AtomicBool>,
        is_last: bool,
        phases: Phases,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B: Body, E> Future for Answered<F> {
    type Output = Result<Response<Either<B, Empty<B::Data>>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = match this.started.as_pin_mut() {
            Some(started) => std::task::ready!(started.poll(cx)).map(|answer| answer.map(Either::Left)),
            None => {
                let mut answer = Response::new(Either::Right(Empty::new()));
                *answer.status_mut() = *this.refused;
                Ok(answer)
            }
        };
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
