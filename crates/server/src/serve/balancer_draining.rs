//! What helps a balancer to empty this node: a client without a session here is sent back to it, and goes elsewhere.
//!
//! mod_jk says with each request what it does with the node (`activation`, as `JK_LB_ACTIVATION`). While it is *disabled*, it gets clients
//! whose cookie names it. One whose session has ended would make a new one here, and the node would never be empty: its cookie is removed,
//! and it is redirected to the same page.
//!
//! Source: Tomcat `LoadBalancerDrainingValve`, which redirects clients without any cookie, too; ours get a session here, as the balancer
//! has sent them nowhere else.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body::Body;
use outlive_connector::ajp::{Activation, Forwarded};
use outlive_tower::{Session, SessionCookie};
use tower_service::Service;

use crate::app::{AppAnswer, SessionApp};
use crate::reply::{self, Reply};

/// The session app behind that rule.
#[derive(Debug, Clone)]
pub(super) struct LoadBalancerDraining {
    app: SessionApp,
    path: String,
    cookie: Arc<SessionCookie>,
}

impl LoadBalancerDraining {
    /// `path`: the context's, empty for the root.
    pub(super) fn new(app: SessionApp, path: &str, cookie: SessionCookie) -> Self {
        Self { app, path: path.to_owned(), cookie: Arc::new(cookie) }
    }

    /// The way back to the balancer.
    fn away<B>(&self, request: &Request<B>) -> Option<Reply> {
        let forwarded = request.extensions().get::<Forwarded>()?;
        let known = request.extensions().get::<Session>().is_some_and(Session::exists);
        if forwarded.activation != Some(Activation::Disabled) || known || !self.shows_a_session(request.headers()) {
            return None;
        }
        let target = request.uri().path_and_query()?.as_str();
        let mut reply = reply::with_type(StatusCode::TEMPORARY_REDIRECT, "text/plain", String::new());
        let headers = reply.headers_mut();
        headers.insert(header::LOCATION, HeaderValue::from_str(target).ok()?);
        headers.append(header::SET_COOKIE, self.cookie.removal(&self.path, forwarded.is_secure)?);
        Some(reply)
    }

    fn shows_a_session(&self, headers: &HeaderMap) -> bool {
        self.cookie.candidates(headers).next().is_some()
    }
}

impl<B: Body<Data: Buf + Send, Error: Send> + Send + 'static> Service<Request<B>> for LoadBalancerDraining {
    type Response = Reply;
    type Error = Infallible;
    type Future = AppAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // as the session app always is
    }

    fn call(&mut self, request: Request<B>) -> AppAnswer {
        match self.away(&request) {
            Some(reply) => AppAnswer::ready(reply),
            None => self.app.call(request),
        }
    }
}
