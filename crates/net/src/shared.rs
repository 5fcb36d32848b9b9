//! What the handles and the tasks of one node share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outlive_node::Node;
use outlive_sync::Locked;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

use crate::clock::Clock;
use crate::config::ClusterConfig;

/// What the tasks of one node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) node: Arc<Node>,
    pub(crate) clock: Clock,
    pub(crate) ack_timeout: Duration,
    pub(crate) readiness: watch::Sender<u64>,
    pub(crate) config: ClusterConfig,
    pub(crate) receiver: SocketAddr,
    pub(crate) tasks: Locked<Vec<AbortHandle>>,
    pub(crate) left: Locked<Option<oneshot::Receiver<()>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tasks.lock().drain(..).for_each(|task| task.abort());
    }
}
