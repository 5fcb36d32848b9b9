//! Which application answers a path.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use outlive_tower::{ResponseFuture, SessionBody, SessionService};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::balancer_draining::LoadBalancerDraining;
use crate::reply::{self, Reply};

type AppFuture = ResponseFuture<Ready<Result<Reply, Infallible>>, Full<Bytes>>;

/// The applications by their context paths; what belongs to none is `404`.
#[derive(Debug, Clone)]
pub(super) struct Router {
    // The longest path first, so that /app/admin is found before /app.
    contexts: Arc<[(String, SessionService<LoadBalancerDraining>)]>,
}

impl Router {
    pub(super) fn new(contexts: impl Iterator<Item = (String, SessionService<LoadBalancerDraining>)>) -> Self {
        let mut contexts: Vec<_> = contexts.collect();
        contexts.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { contexts: contexts.into() }
    }

    fn find(&self, path: &str) -> Option<&SessionService<LoadBalancerDraining>> {
        let inside =
            |context: &str| path.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.contexts.iter().find(|(context, _)| inside(context)).map(|(_, service)| service)
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
        match self.find(request.uri().path()) {
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
