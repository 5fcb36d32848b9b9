//! When nothing goes wrong any more, the cluster is whole again within its own time limits.
//!
//! Whole: each node holds the state and sends to all others, no frame is under way, no request waits.

use crate::process::Process;
use crate::violation::Violation;
use crate::world::World;

/// The cluster did not get whole in the time that it had.
pub fn violation(world: &World<'_>) -> Violation {
    let host = |process: &Process| {
        format!(
            "host {}: ready {}, {} peers, idle {}",
            process.id.host,
            process.context.is_ready(),
            process.node.view().peers.len(),
            process.is_idle()
        )
    };
    let hosts: Vec<String> = world.processes().map(host).collect();
    let found = format!("{}; {} requests under way", hosts.join("; "), world.workload.requests.len());
    Violation::new("healed", "a whole and quiet cluster", found)
}
