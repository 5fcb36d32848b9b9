//! One connection that a peer has opened to this node.

use std::net::SocketAddr;

use outlive_tribes_proto::error::DecodeError;
use outlive_tribes_proto::time::Monotonic;
use outlive_tribes_proto::wire::channel_data::SourceCache;

/// What is kept for one connection from a peer; owned by the task that reads it.
#[derive(Debug)]
pub struct Link {
    pub(crate) from: SocketAddr,
    pub(crate) source: SourceCache,
    /// Since when messages of it are kept that its sender will hear of when it is a member.
    pub(crate) kept_since: Option<Monotonic>,
}

impl Link {
    /// A connection that was just accepted.
    pub fn new(from: SocketAddr) -> Self {
        Link { from, source: SourceCache::new(), kept_since: None }
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

/// Why a connection is to be closed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeerFault {
    /// The frame's content is at fault.
    #[error("the content of a frame: {0}")]
    Content(#[from] DecodeError),
    /// An Outlive node that has not become a member in time, or has said more than is kept until then. It will say it again.
    #[error("an Outlive node that is no member")]
    NoMember,
}
