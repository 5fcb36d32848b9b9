//! Another member, as this node sends to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use outlive_session::{BaseId, Origin, SessionId, Writer};
use outlive_sync::{AtomicFlag, Counter, Lane, Locked};
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::{Abilities, Member, MemberId, PeerKind};

use crate::parcel::Parcel;

/// Sessions that a peer may be behind in; past that, it is behind in all of them.
const DIRTY_MAX: usize = 100_000;

/// Another member: its lane, and what is known of it.
#[derive(Debug)]
pub struct Peer {
    id: MemberId,
    writer: Writer,
    kind: Locked<PeerKind>,
    is_ours: AtomicFlag,
    lane: Lane<Parcel>,
    dirty: Locked<Dirty>,
    stalled: AtomicFlag,
    /// What it has sent and we have got.
    pub counters: PeerCounters,
}

/// What a peer is behind in because its lane was full.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    /// Sessions, with the whole id by which the peer knows each.
    pub(crate) sessions: BTreeMap<BaseId, SessionId>,
    /// There were too many to list: it may be behind in any session.
    pub(crate) all: bool,
}

/// Figures about one peer, since it joined.
#[derive(Debug, Default)]
pub struct PeerCounters {
    /// Messages received.
    pub received: Counter,
    /// Messages that it has acknowledged.
    pub acknowledged: Counter,
    /// Messages refused by a full lane.
    pub overflowed: Counter,
    /// Changes that came after newer ones and were not applied.
    pub stale: Counter,
    /// Attributes whose value could not be read.
    pub unreadable: Counter,
    /// Changes whose session never came.
    pub orphaned: Counter,
}

impl Peer {
    pub(crate) fn new(member: &Member, lane_limit: usize) -> Self {
        let kind = member.peer();
        let id = member.id();
        Peer {
            id,
            writer: Writer::from(id.unique_id),
            is_ours: AtomicFlag::new(matches!(kind, PeerKind::Outlive { .. })),
            kind: Locked::new(kind),
            lane: Lane::new(lane_limit),
            dirty: Locked::default(),
            stalled: AtomicFlag::default(),
            counters: PeerCounters::default(),
        }
    }

    /// Which member it is.
    pub fn id(&self) -> &MemberId {
        &self.id
    }

    /// What kind of node it is, as far as it has said.
    pub fn kind(&self) -> PeerKind {
        *self.kind.lock()
    }

    /// Whether it is an Outlive node.
    pub fn is_ours(&self) -> bool {
        self.is_ours.get()
    }

    /// Takes note of what its newest member record says.
    pub(crate) fn learn(&self, member: &Member) {
        let kind = member.peer();
        self.is_ours.set(matches!(kind, PeerKind::Outlive { .. }));
        *self.kind.lock() = kind;
        // More frames may be under way to it than its sender thought.
        self.lane.nudge();
    }

    /// Whether many frames may be under way to it. A Tomcat may run a later frame of one connection first, so it gets
    /// the next one only after it has acknowledged the one before.
    pub fn takes_many_frames(&self) -> bool {
        matches!(self.kind(), PeerKind::Outlive { abilities, .. } if abilities.contains(Abilities::PIPELINING))
    }

    /// What is to be sent to it.
    pub fn lane(&self) -> &Lane<Parcel> {
        &self.lane
    }

    /// Whether it has stopped to acknowledge. Requests do not wait for it then.
    pub fn is_stalled(&self) -> bool {
        self.stalled.get()
    }

    /// Whether it has ever acknowledged anything: until then it may be no node at all, but any port that takes connections.
    pub fn has_acknowledged(&self) -> bool {
        self.counters.acknowledged.get() > 0
    }

    /// Says that it has stopped to acknowledge, or goes on. Senders tell a stall by
    /// [`Node::peer_stalled`](crate::Node::peer_stalled).
    pub fn set_stalled(&self, stalled: bool) -> bool {
        self.stalled.set(stalled)
    }

    pub(crate) fn origin(&self, stated: UnixMillis) -> Origin {
        Origin { writer: self.writer, stated: stated.0, hybrid: self.is_ours() }
    }

    /// Notes that it is behind in a session, which it knows by `id`.
    pub(crate) fn mark_dirty(&self, id: &SessionId) {
        self.counters.overflowed.add(1);
        {
            let mut dirty = self.dirty.lock();
            if dirty.sessions.len() < DIRTY_MAX {
                // The first id is the one it knows: later ones did not fit either.
                dirty.sessions.entry(id.base()).or_insert_with(|| id.clone());
            } else {
                dirty.all = true;
            }
        }
        // The lane may have become empty meanwhile, and its sender would wait for something to come.
        self.lane.nudge();
    }

    /// How many sessions it is known to be behind in.
    pub fn dirty_len(&self) -> usize {
        self.dirty.lock().sessions.len()
    }

    /// Whether what did not fit into the lane can be sent now.
    pub fn wants_repair(&self) -> bool {
        self.dirty_len() > 0 && self.lane.bytes() == 0
    }

    pub(crate) fn take_dirty(&self) -> Dirty {
        core::mem::take(&mut *self.dirty.lock())
    }
}

/// The members that this node sends to: replaced whole at each change of the membership.
#[derive(Debug, Default)]
pub struct ClusterView {
    /// Oldest member first.
    pub peers: Vec<Arc<Peer>>,
}

impl ClusterView {
    /// The peer with this identity.
    pub fn peer(&self, id: &MemberId) -> Option<&Arc<Peer>> {
        self.peers.iter().find(|peer| peer.id == *id)
    }

    /// All identities, oldest first.
    pub fn ids(&self) -> Vec<MemberId> {
        self.peers.iter().map(|peer| peer.id).collect()
    }
}
