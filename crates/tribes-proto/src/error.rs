//! What a peer can do wrong.
//!
//! Every fault here is the peer's: nothing of ours has changed when one is returned. The shell logs it and drops the
//! datagram, or closes the connection that a frame came from.

use core::net::SocketAddr;

use crate::unique_id::MemberId;

/// Bytes that are not what the protocol wants at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: expected {expected}")]
pub struct DecodeError {
    /// Where in the decoded bytes, counted from their start.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

/// A stream of frames that cannot be followed any further: close the connection.
///
/// Tomcat's own receiver mostly gets stuck for good here (it waits for a header that never comes); closing is invisible
/// to an honest peer and ends a dishonest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset} of the connection: expected {expected}")]
pub struct FrameFault {
    /// Where in the stream, counted from the first byte that the reader was given.
    pub offset: u64,
    /// What should have stood there.
    pub expected: &'static str,
}

/// A message too long for the i32 lengths of the wire. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {length} bytes does not fit into a frame")]
pub struct FrameTooLong {
    /// Length of the message that was to be sent.
    pub length: usize,
}

/// An input of a peer that was refused. The state is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// A multicast datagram that is neither a member record nor whole frames. It is ignored, with no pause after it.
    #[error("datagram from {from}: {source}")]
    Datagram {
        /// Where it came from.
        from: SocketAddr,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// A member that nobody can connect to: port 0 or the unspecified address.
    #[error("datagram from {from}: member {member} has no usable address")]
    UnusableAddress {
        /// Where it came from.
        from: SocketAddr,
        /// The member it announced.
        member: MemberId,
    },
    /// Another node announces this node's own host and port (a cloned configuration). It is not taken for a member.
    #[error("datagram from {from}: member {member} claims this node's own address")]
    AddressClash {
        /// Where it came from.
        from: SocketAddr,
        /// The member it announced.
        member: MemberId,
    },
    /// The table of members is full, or the member's host has too many in it; the new one is ignored.
    #[error("datagram from {from}: {limit} members are known already, in all or of that member's host")]
    TooManyMembers {
        /// Where it came from.
        from: SocketAddr,
        /// The limit that was reached.
        limit: usize,
    },
    /// A message whose bytes an interceptor could not undo. The message is dropped.
    #[error("{interceptor}: {source}")]
    Message {
        /// The interceptor that refused it.
        interceptor: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// A message that an interceptor does not let pass: encrypted with another key, larger than what is taken. It is dropped,
    /// and no decoder sees it.
    #[error("{interceptor}: {why}")]
    Refused {
        /// The interceptor that refused it.
        interceptor: &'static str,
        /// Why.
        why: &'static str,
    },
}
