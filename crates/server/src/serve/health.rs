//! `--health`: whether the node is ready, told from its first moment on to its last; and where an operator controls it.

mod peers;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::{Request, StatusCode};
use outlive_net::{Cluster, Keeper, MemberSummary, Sessions};
use tower_service::Service;

use crate::app::json::Json;
use crate::drain::{Control, Departure};
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
    fn cluster(&self) -> &Cluster {
        match self {
            Watched::Named(cluster, _) | Watched::All(cluster, _) => cluster,
        }
    }

    /// Ready, other members, sessions.
    fn look(&self) -> (bool, Vec<MemberSummary>, usize) {
        let count = |contexts: &[Sessions]| contexts.iter().map(Sessions::len).sum();
        match self {
            Watched::Named(cluster, contexts) => {
                (contexts.iter().all(Sessions::is_ready), cluster.members(), count(contexts))
            }
            Watched::All(cluster, keeper) => (keeper.is_ready(), cluster.members(), count(&keeper.contexts())),
        }
    }
}

/// What the node holds, as soon as there is something to ask, and whether it leaves.
#[derive(Debug)]
pub(super) struct Status {
    /// `{"node":"…"`, as the answer begins.
    head: String,
    http: Option<SocketAddr>,
    watched: OnceLock<Watched>,
    departure: Arc<Departure>,
    control: Control,
}

impl Status {
    /// `http`: where requests will be served, if they will.
    pub(super) fn new(node: &str, http: Option<SocketAddr>, departure: Arc<Departure>, control: Control) -> Self {
        Self { head: Json::node(node), http, watched: OnceLock::new(), departure, control }
    }

    /// From here on the answer comes from the cluster. Only the first call counts.
    pub(super) fn watch(&self, watched: Watched) {
        let _ = self.watched.set(watched);
    }

    fn reply(&self) -> Reply {
        let (ready, members, sessions) = self.watched.get().map_or((false, Vec::new(), 0), Watched::look);
        let (status, state) = match (self.departure.has_begun(), ready) {
            (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "leaving"),
            (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
            (false, true) => (StatusCode::OK, "ready"),
        };
        if status == StatusCode::OK {
            self.departure.found_healthy();
        }
        let mut json = Json::health(&self.head, members.len(), sessions);
        json.raw(",\"state\":").quoted(state);
        if let Some(http) = self.http {
            json.raw(",\"http\":").quoted(&http.to_string());
        }
        peers::tell(&mut json, &members);
        reply::json(status, json.end())
    }

    async fn answer<B>(&self, request: Request<B>) -> Reply {
        if Control::takes(request.uri().path()) {
            let cluster = self.watched.get().map(Watched::cluster);
            return self.control.answer(&request.into_parts().0, cluster).await;
        }
        reply::not_reading(&request).unwrap_or_else(|| self.reply())
    }
}

/// Answers an operator's requests under `/control/`, and every other path with the node's name, the number of other members, the number of
/// sessions of all contexts, whether it is `starting`, `ready` or `leaving`, where it serves, and what it knows of each other member.
#[derive(Debug, Clone)]
pub(super) struct HealthService {
    status: Arc<Status>,
}

impl HealthService {
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self { status }
    }
}

impl<B: Send + 'static> Service<Request<B>> for HealthService {
    type Response = Reply;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let status = self.status.clone();
        Box::pin(async move { Ok(status.answer(request).await) })
    }
}
