//! The sessions of every web application of a cluster, as a node holds them that knows none of their names.

use std::sync::Arc;

use crate::sessions::Sessions;
use crate::shared::Shared;

/// A node's part in every context of its cluster, those that there are and those that appear. Cheap to clone.
///
/// Made by [`Cluster::keep`](crate::Cluster::keep). Dropping it changes nothing: the node is a keeper as long as it runs.
#[derive(Clone, Debug)]
pub struct Keeper(Arc<Shared>);

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Keeper(shared)
    }

    /// Whether this node holds the cluster's state of every context that any member has.
    pub fn is_ready(&self) -> bool {
        self.0.node.holds_state()
    }

    /// Waits until this node holds the cluster's state; 60 s for all members, and as long for a context, at most.
    ///
    /// Cancel safe.
    pub async fn ready(&self) {
        let mut changes = self.0.changes.subscribe();
        while !self.is_ready() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// The contexts that are known now; also those that the application has opened by name.
    pub fn contexts(&self) -> Vec<Sessions> {
        let contexts = self.0.node.contexts();
        contexts.iter().map(|context| Sessions::new(Arc::clone(&self.0), Arc::clone(context))).collect()
    }
}
