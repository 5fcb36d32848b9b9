//! What a node asks its shell to do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_sync::Weight;
use outlive_tribes_proto::MemberId;

use crate::context::Context;
use crate::peer::Peer;

/// Something that only the shell can do.
#[derive(Debug)]
pub enum Effect {
    /// Send this datagram to the multicast group.
    Multicast(Bytes),
    /// Connect, write the frame, read an acknowledgement if one is wanted, close, and say how it went with
    /// [`Node::probe_finished`](crate::Node::probe_finished).
    Probe {
        /// Whom.
        member: MemberId,
        /// How long connecting and writing may take.
        timeout: Duration,
        /// What to write; may be empty.
        frame: Bytes,
        /// How long the acknowledgement may take; `None`: nothing is read.
        reads: Option<Duration>,
    },
    /// A member joined: empty its lane until that is closed.
    Joined(Arc<Peer>),
    /// A member left; its lane is closed.
    Left(Arc<Peer>),
    /// A node has become a member whose messages had been kept: see [`Node::may_acknowledge`](crate::Node::may_acknowledge).
    Heard,
    /// A context holds its state now.
    Ready,
    /// A member's record says something new of it, such as that it holds the state.
    Learnt,
    /// A context is open that keeps its sessions in a store: see [`persistence`](crate::persistence).
    Opened(Arc<Context>),
    /// Ask for [`Node::deadline`](crate::Node::deadline) again.
    DeadlineMoved,
    /// The node has left the group.
    Stopped,
}

impl Weight for Effect {
    /// Effects are few and are not bounded in bytes.
    fn weight(&self) -> usize {
        0
    }
}
