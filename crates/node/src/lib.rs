//! One node of a cluster, composed of the parts below it, still without I/O.
//!
//! ```text
//!   requests ──► Context ──► cell ──► Dispatch ──► lane of each peer ──► (shell: one connection a peer)
//!   (shell: connections of peers) ──► Node::frame_received ──► interceptors ──► Context::receive ──► cell
//!   (shell: datagrams, probes, deadline) ──► group ──► view ──► Dispatch;  effects ──► (shell)
//! ```
//!
//! Locks, outermost first: group → (view, state, lanes); transfer → table shard, cell → lane. A request takes a shard, a
//! cell and lanes, nothing else. `outlive-net` drives it with tokio; a simulator can drive it from one thread.

mod cell;
mod context;
mod dispatch;
mod donation;
mod effect;
mod held;
mod inbound;
mod intake;
mod letter;
mod link;
mod node;
mod parcel;
mod peer;
mod strangers;

pub use cell::SessionRef;
pub use context::{Context, ContextConfig, ContextCounters, Delivery};
pub use donation::Donation;
pub use effect::Effect;
pub use inbound::SessionFault;
pub use intake::{ConnectionId, Intake, ReceiverLimits, TooManyConnections};
pub use letter::Letter;
pub use link::{Link, PeerFault, Reply};
pub use node::{Node, NodeConfig, RecordTooLong};
pub use outlive_session::{SetError, User};
pub use parcel::{Load, Parcel};
pub use peer::{ClusterView, Peer, PeerCounters};
