//! Which application answers a path.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{Either, Full};
use outlive_tower::{ResponseFuture, SessionBody, SessionService};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::balancer_draining::LoadBalancerDraining;
use super::settings::Hosts;
use crate::reply::{self, Reply};

type AppFuture = ResponseFuture<Ready<Result<Reply, Infallible>>, Full<Bytes>>;

type App = SessionService<LoadBalancerDraining>;

/// The applications by their hosts and context paths; what belongs to none is `404`.
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

    fn find<B>(&self, request: &Request<B>) -> Option<&App> {
        let (path, Table { hosts, contexts }) = (request.uri().path(), &*self.0);
        let asked = || request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = hosts.find(request.uri().host().or_else(asked))?;
        // A path may carry a session's id right behind the context's.
        let inside = |context: &str| {
            path.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ';']))
        };
        contexts[host].iter().find(|(context, _)| inside(context)).map(|(_, app)| app)
    }
}

impl<B: Send + 'static> Service<Request<B>> for Router {
    type Response = Response<Either<SessionBody<Full<Bytes>>, Full<Bytes>>>;
    type Error = Infallible;
    type Future = RouterFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // as the session app always is
    }

    fn call(&mut self, request: Request<B>) -> RouterFuture {
        match self.find(&request) {
            Some(service) => RouterFuture::App { future: service.clone().call(request) },
            None => RouterFuture::Nothing { future: ready(reply::not_found()) },
        }
    }
}

pin_project! {
    #[project = Projected]
    #[derive(Debug)]
    pub(super) enum RouterFuture {
        App { #[pin] future: AppFuture },
        Nothing { #[pin] future: Ready<Reply> },
    }
}

impl Future for RouterFuture {
    type Output = Result<Response<Either<SessionBody<Full<Bytes>>, Full<Bytes>>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::App { future } => future.poll(cx).map_ok(|reply| reply.map(Either::Left)),
            Projected::Nothing { future } => future.poll(cx).map(|reply| Ok(reply.map(Either::Right))),
        }
    }
}
