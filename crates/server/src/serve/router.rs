//! Which application answers a path.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::{Request, Response, header};
use http_body::Body;
use http_body_util::{Either, Full};
use outlive_tower::{ResponseFuture, SessionBody, SessionService};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::balancer_draining::{AskedUri, LoadBalancerDraining};
use super::settings::Hosts;
use crate::app::AppAnswer;
use crate::reply::{self, Reply};
use crate::request_path::{self, RequestPath};

type AppFuture = ResponseFuture<AppAnswer, Full<Bytes>>;

type App = SessionService<LoadBalancerDraining>;

/// The applications by their hosts and context paths; what belongs to none is `404`.
///
/// All requests pass here, whatever protocol they came by, so here it is decided what their paths mean.
#[derive(Debug, Clone)]
pub(super) struct Router(Arc<Table>);

#[derive(Debug)]
struct Table {
    hosts: Hosts,
    /// By the host's number; the longest path first, so that /app/admin is found before /app.
    contexts: Vec<Vec<(String, App)>>,
}

impl Router {
    /// Each application with its host and its path.
    pub(super) fn new<'a>(hosts: Hosts, apps: impl Iterator<Item = (&'a str, &'a str, App)>) -> Self {
        let mut contexts: Vec<Vec<(String, App)>> = (0..hosts.len()).map(|_| Vec::new()).collect();
        for (host, path, app) in apps {
            if let Some(number) = hosts.number(host) {
                contexts[number].push((path.to_owned(), app));
            }
        }
        for of_host in &mut contexts {
            of_host.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        }
        Self(Arc::new(Table { hosts, contexts }))
    }

    fn find<B>(&self, request: &Request<B>, path: &str) -> Option<&App> {
        let Table { hosts, contexts } = &*self.0;
        let asked = || request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = hosts.find(request.uri().host().or_else(asked))?;
        let inside =
            |context: &str| path.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        contexts[host].iter().find(|(context, _)| inside(context)).map(|(_, app)| app)
    }
}

impl<B: Body<Data: Buf + Send, Error: Send> + Send + 'static> Service<Request<B>> for Router {
    type Response = Response<Either<SessionBody<Full<Bytes>>, Full<Bytes>>>;
    type Error = Infallible;
    type Future = RouterFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // as the session app always is
    }

    fn call(&mut self, mut request: Request<B>) -> RouterFuture {
        let encoding = request.extensions().get().copied().unwrap_or_default();
        let path = match request_path::canonical(request.uri(), encoding) {
            Ok(path) => path,
            Err(bad) => return RouterFuture::refused(reply::bad_request(bad.sentence())),
        };
        let Some(service) = self.find(&request, &path) else { return RouterFuture::refused(reply::not_found()) };
        let mut service = service.clone();
        if let Cow::Owned(path) = path {
            request.extensions_mut().insert(RequestPath(path));
        }
        AskedUri::keep(&mut request);
        RouterFuture::App { future: service.call(request) }
    }
}

pin_project! {
    #[project = Projected]
    #[derive(Debug)]
    pub(super) enum RouterFuture {
        App { #[pin] future: AppFuture },
        /// No application sees the request. Taken when it is given.
        Refused { reply: Option<Reply> },
    }
}

impl RouterFuture {
    fn refused(reply: Reply) -> Self {
        Self::Refused { reply: Some(reply) }
    }
}

impl Future for RouterFuture {
    type Output = Result<Response<Either<SessionBody<Full<Bytes>>, Full<Bytes>>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::App { future } => future.poll(cx).map_ok(|reply| reply.map(Either::Left)),
            Projected::Refused { reply } => {
                let reply = reply.take().expect("an answer is given once");
                Poll::Ready(Ok(reply.map(Either::Right)))
            }
        }
    }
}
