//! `--health`: whether the node is ready, told from its first moment on.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::{Request, StatusCode};
use outlive_net::{Cluster, Sessions};
use tower_service::Service;

use crate::app::json::Json;
use crate::reply::{self, Reply};

/// What the node holds, as soon as there is something to ask.
#[derive(Debug)]
pub(super) struct Status {
    node: String,
    watched: OnceLock<(Cluster, Vec<Sessions>)>,
}

impl Status {
    pub(super) fn new(node: &str) -> Self {
        Self { node: node.to_owned(), watched: OnceLock::new() }
    }

    /// From here on the answer comes from the cluster. Only the first call counts.
    pub(super) fn watch(&self, cluster: Cluster, contexts: Vec<Sessions>) {
        let _ = self.watched.set((cluster, contexts));
    }

    fn reply(&self) -> Reply {
        let (ready, members, sessions) = match self.watched.get() {
            None => (false, 0, 0),
            Some((cluster, contexts)) => (
                contexts.iter().all(Sessions::is_ready),
                cluster.members().len(),
                contexts.iter().map(Sessions::len).sum(),
            ),
        };
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        reply::json(status, Json::health(&self.node, members, sessions))
    }
}

/// Answers every path with the node's name, the number of other members, and the number of sessions of all contexts.
#[derive(Debug, Clone)]
pub(super) struct HealthService {
    status: Arc<Status>,
}

impl HealthService {
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self { status }
    }
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Reply;
    type Error = Infallible;
    type Future = Ready<Result<Reply, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(reply::not_reading(&request).unwrap_or_else(|| self.status.reply())))
    }
}
