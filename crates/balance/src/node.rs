//! One node, as the balancer sees it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Notify;

use crate::body::RequestBody;
use crate::settings::Settings;

/// Connections to one node that wait for the next request, at most.
const IDLE_MAX: usize = 64;

/// What is known of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum NodeState {
    /// No check has ended yet: requests find out.
    Unknown,
    /// It serves.
    Up,
    /// It serves its own sessions a little longer.
    Leaving,
    /// It does not answer, or is not ready.
    Down,
}

impl NodeState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            NodeState::Unknown => "unknown",
            NodeState::Up => "up",
            NodeState::Leaving => "leaving",
            NodeState::Down => "down",
        }
    }
}

/// One node: where it is, what is known of it, the connections to it.
#[derive(Debug)]
pub(crate) struct Node {
    name: String,
    address: SocketAddr,
    state: AtomicU8,
    under_way: AtomicUsize,
    requests: AtomicU64,
    failures: AtomicU64,
    /// Told when a check is wanted now.
    doubted: Arc<Notify>,
    kept: Client<HttpConnector, RequestBody>,
    /// Makes a connection for each request: one that a node is about to close may be the one that a request is sent on.
    fresh: Client<HttpConnector, RequestBody>,
}

impl Node {
    pub(crate) fn new(name: &str, address: SocketAddr, doubted: Arc<Notify>, settings: &Settings) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(settings.connect_timeout));
        connector.set_nodelay(true);
        let client = |idle_max| {
            let mut builder = Client::builder(TokioExecutor::new());
            // Below the 20 s after which nodes close idle connections.
            builder.pool_timer(TokioTimer::new()).pool_idle_timeout(std::time::Duration::from_secs(15));
            builder.pool_max_idle_per_host(idle_max).build(connector.clone())
        };
        Self {
            name: name.to_owned(),
            address,
            state: AtomicU8::new(NodeState::Unknown as u8),
            under_way: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            doubted,
            kept: client(IDLE_MAX),
            fresh: client(0),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn state(&self) -> NodeState {
        match self.state.load(Ordering::Relaxed) {
            0 => NodeState::Unknown,
            1 => NodeState::Up,
            2 => NodeState::Leaving,
            _ => NodeState::Down,
        }
    }

    /// Says what a check, or a failed connection, has found.
    pub(crate) fn set_state(&self, state: NodeState) {
        let before = self.state.swap(state as u8, Ordering::Relaxed);
        if before != state as u8 {
            tracing::info!(node = self.name, address = %self.address, state = state.word(), "a node has changed");
        }
    }

    /// Requests under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that it did not answer.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Counts one more request, for as long as the result lives.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// A request was not answered. Where nobody listens any more, the next goes elsewhere at once.
    pub(crate) fn failed(&self, nobody_listens: bool) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if nobody_listens {
            self.set_state(NodeState::Down);
        }
        self.doubted.notify_one();
    }

    /// Sends a request with an absolute URI.
    pub(crate) async fn send(&self, request: Request<RequestBody>) -> Result<Response<Incoming>, Error> {
        let client = if self.state() == NodeState::Leaving { &self.fresh } else { &self.kept };
        client.request(request).await
    }
}

/// A request under way to a node, from its beginning to the last byte of the answer.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Node>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
