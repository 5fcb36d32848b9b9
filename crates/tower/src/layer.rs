//! The tower layer and its service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Extensions, Request, Response};
use outlive_net::{Pattern, Sessions};
use tower_layer::Layer;
use tower_service::Service;

use crate::context::Context;
use crate::cookie::SessionCookie;
use crate::exchange::{Begin, Exchange};
use crate::{ResponseFuture, Session, SessionBody, Tracking, TrustedProxies};

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

    /// The cookie's form. What no cookie may hold makes the layer send none, with a warning.
    #[must_use]
    pub fn cookie(self, cookie: SessionCookie) -> Self {
        self.with(|context| context.cookie = cookie)
    }

    /// The `Path` of the cookie, where the application's pages do not stand under the context's path. Default: the context's path, `/` for
    /// the root. It must start with `/`; what no cookie may hold makes the layer send none, with a warning.
    #[must_use]
    pub fn cookie_path(self, path: impl Into<String>) -> Self {
        self.with(|context| context.cookie.path = Some(path.into()))
    }

    /// By what clients name their sessions. Default: by the cookie alone.
    #[must_use]
    pub fn tracking(self, tracking: Tracking) -> Self {
        self.with(|context| context.tracking = tracking)
    }

    /// Which requests tell the other nodes what they have changed. Default: all. What is not told goes with the next request that is.
    #[must_use]
    pub fn replication(self, replication: Replication) -> Self {
        self.with(|context| context.replication = replication)
    }

    /// Leaves the route in a session's id as it is when another node has served it before. Source: Tomcat without a
    /// `JvmRouteBinderValve`, or with `enabled="false"`. Default: the id gets this node's route, and the client a new cookie.
    #[must_use]
    pub fn keep_routes(self) -> Self {
        self.with(|context| context.takes_over = false)
    }

    /// Requests whose decoded path matches only look at their session, where each request loads and saves it
    /// (`Persistence::PerRequest`): they wait for no other one, and for no store when they end. Source: PersistentValve `filter`.
    #[must_use]
    pub fn onlookers(self, paths: Pattern) -> Self {
        self.with(|context| context.onlookers = Some(paths))
    }

    /// Answers `429` in place of waiting while another request uses the session, where each one loads and saves it. Source:
    /// PersistentValve `semaphoreBlockOnAcquire="false"`.
    #[must_use]
    pub fn refuse_busy(self) -> Self {
        self.with(|context| context.waits_for_turn = false)
    }

    /// Proxies whose `X-Forwarded-Proto: https` marks the cookie `Secure`. Default: none.
    #[must_use]
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.with(|context| context.proxies = proxies)
    }

    /// Marks every cookie `Secure`, for servers that only encrypted connections reach. Default: as the request's own scheme says.
    #[must_use]
    pub fn always_secure(self) -> Self {
        self.with(|context| context.cookie.always_secure = true)
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

/// Which requests tell the other nodes what they have changed. Source: Tomcat `ReplicationValve`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Replication {
    /// Each one.
    #[default]
    All,
    /// Those whose decoded path, with the context's, does not match: the valve's `filter`.
    Except(Pattern),
    /// None: there is no such valve. The others hear of new ids and ends alone.
    Nothing,
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
        let arrival = self.context.arrival(&mut request);
        match Exchange::begin(self.context.clone(), request.headers(), arrival) {
            Begin::Known(exchange) => {
                request.extensions_mut().insert(Session::new(exchange.clone()));
                ResponseFuture::new(self.inner.call(request), exchange)
            }
            Begin::Wait(beginning) => {
                // The one that is ready is used, and its clone takes its place.
                let next = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, next);
                ResponseFuture::behind(Box::pin(async move {
                    let exchange = beginning.known().await?;
                    request.extensions_mut().insert(Session::new(exchange.clone()));
                    Ok((inner.call(request), exchange))
                }))
            }
        }
    }
}
