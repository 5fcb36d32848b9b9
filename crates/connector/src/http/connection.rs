//! The service of one connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::HttpSettings;
use super::phase::{Phase, Phases};
use crate::service::HttpService;

/// The service of one connection: puts the other end's address into each request, and says in answers that the connection ends with them
/// once the server is `ending`, or the connection has had as many requests as it may.
#[derive(Debug, Clone)]
pub(super) struct PerConnection<S> {
    pub(super) service: S,
    pub(super) peer: SocketAddr,
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

/// The service's own body, or none.
type AnswerBody<B> = Either<B, Empty<<B as Body>::Data>>;

impl<S: HttpService> hyper::service::Service<Request<Incoming>> for PerConnection<S> {
    type Response = Response<AnswerBody<S::Body>>;
    type Error = S::Error;
    type Future = Answered<S::Started>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.phases.set(Phase::Busy);
        if head_bytes(&request) > self.settings.head_bytes_max {
            let phases = self.phases.clone();
            return Answered { started: None, ending: Arc::clone(&self.ending), is_last: true, phases };
        }
        request.extensions_mut().insert(self.peer);
        self.settings.origin.apply(&mut request);
        self.settings.uri_encoding.apply(&mut request);
        let (is_last, phases) = (self.is_last(), self.phases.clone());
        Answered { started: Some(self.service.start(request)), ending: Arc::clone(&self.ending), is_last, phases }
    }
}

/// The bytes of a request's head as its client would write it: lines end with two, and nothing stands beside names and values that need
/// not. The HTTP library, which has read it, takes no limit below [`HEAD_BYTES_MIN`](super::serve::HEAD_BYTES_MIN).
///
/// Source: Tomcat `Http11InputBuffer`, which counts the request's line, too.
fn head_bytes<B>(request: &Request<B>) -> usize {
    let uri = request.uri();
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let line = request.method().as_str().len() + "  HTTP/1.1\r\n".len() + scheme + authority + path;
    let header = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + ": \r\n".len() + value.len();
    line + request.headers().iter().map(header).sum::<usize>() + "\r\n".len()
}

pin_project! {
    /// An answer to come; without one that was started, to a head that is too large.
    #[derive(Debug)]
    pub(super) struct Answered<F> {
        #[pin]
        started: Option<F>,
        ending: Arc<AtomicBool>,
        is_last: bool,
        phases: Phases,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B: Body, E> Future for Answered<F> {
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = match this.started.as_pin_mut() {
            Some(started) => std::task::ready!(started.poll(cx)).map(|response| response.map(Either::Left)),
            None => {
                let mut refused = Response::new(Either::Right(Empty::new()));
                *refused.status_mut() = StatusCode::BAD_REQUEST;
                Ok(refused)
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
