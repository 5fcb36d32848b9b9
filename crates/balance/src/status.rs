//! What the balancer knows, as JSON.

use serde_json::{Value, json};

use crate::forward::Forwarder;
use crate::node::NodeState;

/// `{"up":1,"tunnels":0,"nodes":[{"name","address","state","under_way","requests","failures"}…]}`, the nodes by name. `state` is `up`,
/// `leaving`, `down`, or `unknown` before the first check.
pub(crate) fn status(forwarder: &Forwarder) -> Value {
    let nodes = forwarder.pool.nodes();
    let mut by_name: Vec<_> = nodes.iter().collect();
    by_name.sort_by_key(|node| node.name());
    let rows = by_name.iter().map(|node| {
        json!({
            "name": node.name(),
            "address": node.address().to_string(),
            "state": node.state().word(),
            "under_way": node.under_way(),
            "requests": node.requests(),
            "failures": node.failures(),
        })
    });
    json!({
        "up": nodes.iter().filter(|node| node.state() == NodeState::Up).count(),
        "tunnels": forwarder.tunnels.len(),
        "nodes": rows.collect::<Vec<_>>(),
    })
}
