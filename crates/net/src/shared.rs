//! What the handles and the tasks of one node share.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outlive_node::Node;
use outlive_sync::Locked;
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::persistence::Stores;

/// What the tasks of one node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) node: Arc<Node>,
    pub(crate) clock: Clock,
    pub(crate) ack_timeout: Duration,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) config: ClusterConfig,
    pub(crate) receiver: SocketAddr,
    pub(crate) left: Locked<Option<oneshot::Receiver<()>>>,
    /// Its end tells the driver that nobody holds the node any more.
    pub(crate) _held: oneshot::Sender<Infallible>,
}
