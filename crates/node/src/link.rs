//! One connection that a peer has opened to this node.

use std::net::SocketAddr;

use outlive_tribes_proto::error::DecodeError;
use outlive_tribes_proto::wire::channel_data::SourceCache;

/// What is kept for one connection from a peer; owned by the task that reads it.
#[derive(Debug)]
pub struct Link {
    pub(crate) from: SocketAddr,
    pub(crate) source: SourceCache,
}

impl Link {
    /// A connection that was just accepted.
    pub fn new(from: SocketAddr) -> Self {
        Link { from, source: SourceCache::new() }
    }
}

/// What is to be written on the connection for one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The frame asks for nothing.
    None,
    /// It was taken.
    Ack,
    /// It was understood, and could not be applied. Only an Outlive node is told: a Tomcat would send it once more.
    FailAck,
}

/// A frame that no node of the cluster sends: the connection is to be closed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeerFault {
    /// The frame's content is at fault.
    #[error("the content of a frame: {0}")]
    Content(#[from] DecodeError),
}
