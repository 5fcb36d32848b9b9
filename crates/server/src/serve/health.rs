//! `--health`: whether the node is ready, told from its first moment on.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::{Request, StatusCode};
use outlive_net::{Cluster, Keeper, Sessions};
use tower_service::Service;

use crate::app::json::Json;
use crate::reply::{self, Reply};

/// What is asked whether the node is ready.
#[derive(Debug)]
pub(super) enum Watched {
    /// These contexts.
    Named(Cluster, Vec<Sessions>),
    /// Every context of the cluster.
    All(Cluster, Keeper),
}

impl Watched {
    /// Ready, other members, sessions.
    fn look(&self) -> (bool, usize, usize) {
        let count = |contexts: &[Sessions]| contexts.iter().map(Sessions::len).sum();
        match self {
            Watched::Named(cluster, contexts) => {
                (contexts.iter().all(Sessions::is_ready), cluster.members().len(), count(contexts))
            }
            Watched::All(cluster, keeper) => (keeper.is_ready(), cluster.members().len(), count(&keeper.contexts())),
        }
    }
}

/// What the node holds, as soon as there is something to ask.
#[derive(Debug)]
pub(super) struct Status {
    node: String,
    watched: OnceLock<Watched>,
}

impl Status {
    pub(super) fn new(node: &str) -> Self {
        Self { node: node.to_owned(), watched: OnceLock::new() }
    }

    /// From here on the answer comes from the cluster. Only the first call counts.
    pub(super) fn watch(&self, watched: Watched) {
        let _ = self.watched.set(watched);
    }

    fn reply(&self) -> Reply {
        let (ready, members, sessions) = self.watched.get().map_or((false, 0, 0), Watched::look);
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
