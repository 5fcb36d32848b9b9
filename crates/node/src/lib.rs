//! One node of a cluster, composed of the parts below it, still without I/O.
//!
//! ```text
//!   requests ──► Context ──► cell ──► Dispatch ──► lane of each peer ──► Correspondence ──► (shell: one connection a peer)
//!   (shell: connections of peers) ──► Node::frame_received ──► interceptors ──► Context::receive ──► cell
//!   (shell: datagrams, probes, deadline) ──► group ──► view ──► Dispatch;  effects ──► (shell)
//! ```
//!
//! Where a context has a store, see [`persistence`].
//!
//! Locks, outermost first: group → (view, state, lanes); transfer → table shard, cell → lane. A request takes a shard, a
//! cell and lanes, nothing else. `outlive-net` drives it with tokio; a simulator can drive it from one thread.

mod cell;
mod context;
mod correspondence;
mod descent;
mod dispatch;
mod donation;
mod effect;
mod filter;
mod held;
mod inbound;
mod intake;
mod keeper;
mod letter;
mod link;
pub mod log;
mod node;
mod pace;
mod parcel;
mod peer;
pub mod persistence;
#[cfg(feature = "planted")]
mod planted;
mod reception;
mod renaming;
mod skew;
mod standing;
mod strangers;
mod timing;
mod unacknowledged;
mod watch;

pub use cell::SessionRef;
pub use context::{Context, ContextConfig, ContextCounters, Delivery};
pub use correspondence::{AnswerFault, Answers, Correspondence, Filled, Silence};
pub use donation::Donation;
pub use effect::Effect;
pub use filter::AttributeFilter;
pub use inbound::SessionFault;
pub use intake::{ConnectionId, Intake, ReceiverLimits, TooManyConnections, Trust};
pub use keeper::{HEARD_CONTEXTS_MAX, HEARD_NAME_BYTES_MAX};
pub use letter::{Letter, Question, Stage};
pub use link::{Link, PeerFault, Reply};
pub use node::{Node, NodeConfig, RecordTooLong};
pub use outlive_pattern::{BadPattern, Pattern};
pub use outlive_session::transfer::TRANSFER_TIMEOUT;
pub use outlive_session::{SetError, User};
pub use parcel::{Load, Parcel};
pub use peer::{Behind, ClusterView, Losses, Peer, PeerCounters};
#[cfg(feature = "planted")]
pub use planted::Unsent;
pub use standing::{Obstacle, PeerStanding, Standing};
pub use timing::Timing;
