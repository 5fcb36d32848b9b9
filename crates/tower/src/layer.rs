//! The tower layer and its service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Extensions, Request, Response};
use outlive_net::Sessions;
use tower_layer::Layer;
use tower_service::Service;

use crate::context::Context;
use crate::exchange::{Begin, Exchange};
use crate::{ResponseFuture, Session, SessionBody, TrustedProxies};

/// Gives each request its [`Session`] and sends what the request changed. One layer for one context.
///
/// The cookie is `JSESSIONID=<id>; Path=<path of the context>[; Secure]; HttpOnly; SameSite=Lax`, sent when a session is made, gets another
/// id, or comes from another node; the response is then not cached, unless it says itself how.
///
/// Put it outside of what reads the session and inside of what compresses or times out responses.
#[derive(Debug, Clone)]
pub struct SessionLayer {
    context: Arc<Context>,
}

impl SessionLayer {
    /// A layer over the sessions of a context.
    pub fn new(sessions: Sessions) -> Self {
        Self { context: Arc::new(Context::new(sessions)) }
    }

    /// The `Path` of the cookie, where the application's pages do not stand under the context's path. Default: the context's path, `/` for
    /// the root. It must start with `/`; what no cookie may hold makes the layer send none, with a warning.
    #[must_use]
    pub fn cookie_path(self, path: impl Into<String>) -> Self {
        self.with(|context| context.cookie_path = path.into())
    }

    /// Proxies whose `X-Forwarded-Proto: https` marks the cookie `Secure`. Default: none.
    #[must_use]
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.with(|context| context.proxies = proxies)
    }

    /// Marks every cookie `Secure`, for servers that only encrypted connections reach. Default: as the request's own scheme says.
    #[must_use]
    pub fn always_secure(self) -> Self {
        self.with(|context| context.always_secure = true)
    }

    /// Where a request's extensions hold the address of the connection's other end, for [`trusted_proxies`](Self::trusted_proxies).
    /// Default: a `SocketAddr`. With `axum::serve` and `into_make_service_with_connect_info`:
    /// `|e| e.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)`.
    #[must_use]
    pub fn peer_address(self, read: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.with(|context| context.peer = read)
    }

    fn with(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(Arc::make_mut(&mut self.context));
        self
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { context: self.context.clone(), inner }
    }
}

/// What [`SessionLayer`] makes of a service. A request whose session is in a store waits for it before the service is called.
#[derive(Debug, Clone)]
pub struct SessionService<S> {
    context: Arc<Context>,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for SessionService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    A: Send + 'static,
{
    type Response = Response<SessionBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let secure = self.context.client_is_secure(&request);
        match Exchange::begin(self.context.clone(), request.headers(), secure) {
            Begin::Known(exchange) => {
                request.extensions_mut().insert(Session::new(exchange.clone()));
                ResponseFuture::new(self.inner.call(request), exchange)
            }
            Begin::Wait(beginning) => {
                // The one that is ready is used, and its clone takes its place.
                let next = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, next);
                ResponseFuture::behind(Box::pin(async move {
                    let exchange = beginning.known().await;
                    request.extensions_mut().insert(Session::new(exchange.clone()));
                    (inner.call(request), exchange)
                }))
            }
        }
    }
}
