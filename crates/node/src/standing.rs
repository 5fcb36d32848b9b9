//! Whether this node may go: who else holds the sessions, and what the others have not confirmed yet.
//!
//! A [`Standing`] is what is known at one moment. What follows from it is decided here, for the shell, the command line and tests alike:
//! whether the node may be restarted ([`Standing::obstacle`]), and, for one that leaves, whether all that it knows has got to another
//! member ([`Standing::is_handed_over`]).
//!
//! It tells what this node knows of its peers, and nothing of what peers know of each other.

use std::net::SocketAddr;

use outlive_tribes_proto::PeerKind;
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::time::Now;

use crate::node::Node;
use crate::peer::{Behind, Peer};

/// What is known of one other member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerStanding {
    /// Where it takes messages.
    pub address: SocketAddr,
    /// What kind of node it is.
    pub kind: PeerKind,
    /// Whether it holds the state and stays.
    pub holds_state: bool,
    /// Whether it has stopped to acknowledge.
    pub stalled: bool,
    /// Bytes that it has not acknowledged.
    pub unacknowledged_bytes: usize,
    /// What it is to be sent beside these.
    pub behind: Behind,
}

/// What is known at one moment of a node and of those that could take its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether this node holds the state of its contexts.
    pub holds_state: bool,
    /// Whether this node prepares to leave.
    pub leaving: bool,
    /// Sessions of all contexts that this node holds.
    pub sessions: usize,
    /// The other members, oldest first.
    pub peers: Vec<PeerStanding>,
}

/// Why a node may not be restarted now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It prepares to leave already.
    #[error("it is leaving already")]
    Leaving,
    /// It is still taking the cluster's state.
    #[error("it is still taking the cluster's state")]
    TakesState,
    /// Nobody else is there.
    #[error("no other member is there: the sessions that it holds ({0}) would end with it")]
    Alone(usize),
    /// A peer does not hold the state: it is taking it, or leaves.
    #[error("member {0} does not hold the state: it is taking it, or is leaving")]
    PeerWithoutState(SocketAddr),
    /// A peer has not been sent all because its lane was full.
    #[error("member {0} is behind: {1}")]
    PeerBehind(SocketAddr, Behind),
    /// A peer has stopped to acknowledge, with messages under way.
    #[error("member {0} acknowledges nothing, and {1} bytes wait for it")]
    PeerStalled(SocketAddr, usize),
    /// A peer is still to acknowledge something.
    #[error("member {0} has not acknowledged {1} bytes yet")]
    Unacknowledged(SocketAddr, usize),
    /// There are members, and each of them has stopped to acknowledge.
    #[error("no other member acknowledges anything")]
    AllStalled,
}

impl core::fmt::Display for Behind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Behind::Nothing => f.write_str("nothing is to be sent again"),
            Behind::Sessions(1) => f.write_str("one session is to be sent again"),
            Behind::Sessions(sessions) => write!(f, "{sessions} sessions are to be sent again"),
            Behind::Unknown => f.write_str("all sessions are to be sent again"),
        }
    }
}

impl PeerStanding {
    fn of(peer: &Peer) -> Self {
        PeerStanding {
            address: peer.id().address(),
            kind: peer.kind(),
            holds_state: peer.holds_state(),
            stalled: peer.is_stalled(),
            unacknowledged_bytes: peer.lane().bytes(),
            behind: peer.behind(),
        }
    }

    /// Whether it has all that this node has told.
    pub fn has_all(&self) -> bool {
        self.unacknowledged_bytes == 0 && self.behind == Behind::Nothing
    }

    fn obstacle(&self) -> Option<Obstacle> {
        if self.stalled && self.unacknowledged_bytes > 0 {
            Some(Obstacle::PeerStalled(self.address, self.unacknowledged_bytes))
        } else if self.behind != Behind::Nothing {
            Some(Obstacle::PeerBehind(self.address, self.behind))
        } else if !self.holds_state && !self.stalled {
            Some(Obstacle::PeerWithoutState(self.address))
        } else if self.unacknowledged_bytes > 0 {
            Some(Obstacle::Unacknowledged(self.address, self.unacknowledged_bytes))
        } else {
            None
        }
    }
}

impl Standing {
    /// Why the node may not be restarted at this moment; `None`: it may, and nothing is lost by it.
    ///
    /// It may when another member acknowledges, holds the state and has acknowledged all, and no member is taking the state, is behind,
    /// or has messages of this node on their way to it: what is not confirmed would be lost to that one. A node without a session has
    /// nothing to lose and may always be restarted.
    pub fn obstacle(&self) -> Option<Obstacle> {
        if self.leaving {
            return Some(Obstacle::Leaving);
        }
        if !self.holds_state {
            return Some(Obstacle::TakesState);
        }
        if self.peers.is_empty() {
            return (self.sessions > 0).then_some(Obstacle::Alone(self.sessions));
        }
        let found = self.peers.iter().find_map(PeerStanding::obstacle);
        found.or_else(|| self.peers.iter().all(|peer| peer.stalled).then_some(Obstacle::AllStalled))
    }

    /// Whether a node that leaves can go without a loss: each member that acknowledges has all that this node has told, and at least one
    /// of them holds the state. Without other members there is nobody to wait for.
    pub fn is_handed_over(&self) -> bool {
        let mut alive = self.peers.iter().filter(|peer| !peer.stalled).peekable();
        match alive.peek() {
            None => true,
            Some(_) => self.has_heir() && alive.all(PeerStanding::has_all),
        }
    }

    /// Whether a member that acknowledges and holds the state has all that this node has told.
    pub fn has_heir(&self) -> bool {
        self.peers.iter().any(|peer| !peer.stalled && peer.holds_state && peer.has_all())
    }

    /// The members that have not confirmed all.
    pub fn unreached(&self) -> impl Iterator<Item = &PeerStanding> {
        self.peers.iter().filter(|peer| !peer.has_all())
    }
}

impl Node {
    /// What is known now. Takes no lock but, one after the other, those of the peers.
    pub fn standing(&self) -> Standing {
        Standing {
            holds_state: self.holds_state(),
            leaving: self.state.lock().leaving,
            sessions: self.contexts().iter().map(|context| context.len()).sum(),
            peers: self.view().peers.iter().map(|peer| PeerStanding::of(peer)).collect(),
        }
    }

    /// From now on the member record says that nobody shall rely on this node: of two that leave at the same time, neither takes the
    /// other for its heir. Everything else goes on.
    pub fn prepare_to_leave(&self, now: Now) {
        self.state.lock().leaving = true;
        self.group_input(now, Input::Deadline);
    }
}

#[cfg(test)]
mod tests;
