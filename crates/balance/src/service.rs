//! The balancer as a service, for an HTTP server in front of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::task::AbortHandle;
use tower_service::Service;

use crate::body::AnswerBody;
use crate::check::Checks;
use crate::forward::Forwarder;
use crate::pool::Pool;
use crate::settings::Settings;
use crate::source::Source;
use crate::status;
use crate::tunnel::Tunnels;

/// Sends requests to nodes and checks these meanwhile. Cheap to clone; the checks end with the last clone.
///
/// A request tells who sent it by a [`SocketAddr`](std::net::SocketAddr) among its extensions.
#[derive(Debug, Clone)]
pub struct Balancer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    forwarder: Arc<Forwarder>,
    checks: AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.checks.abort();
    }
}

impl Balancer {
    /// Checks all nodes once, and goes on checking, in a tokio runtime. Takes the time of the slowest check.
    pub async fn start(source: Source, settings: Settings) -> Self {
        let (pool, settings) = (Arc::new(Pool::default()), Arc::new(settings));
        let mut checks = Checks::new(Arc::clone(&pool), Arc::clone(&settings), source);
        checks.round().await;
        let checks = tokio::spawn(checks.run()).abort_handle();
        let forwarder = Arc::new(Forwarder { pool, settings, tunnels: Tunnels::default() });
        Self(Arc::new(Shared { forwarder, checks }))
    }

    /// What it knows of its nodes:
    /// `{"up":1,"tunnels":0,"nodes":[{"name","address","state","under_way","requests","failures"}…]}`.
    pub fn status(&self) -> Value {
        status::status(&self.0.forwarder)
    }

    /// Lets upgraded connections go on for `limit`, and cuts those that are left. Call it when the server in front has stopped.
    pub async fn end_tunnels(&self, limit: Duration) {
        self.0.forwarder.tunnels.end(limit).await;
    }

    /// Sends a request to a node and gives its answer. `408`: the client has not sent all of its body; `502`: the connection broke while the
    /// node may have been at work; `503`: no node answers; `504`: the node takes too long.
    pub async fn forward(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        self.0.forwarder.forward(request).await
    }
}

impl Service<Request<Incoming>> for Balancer {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let balancer = self.clone();
        Box::pin(async move { Ok(balancer.forward(request).await) })
    }
}
