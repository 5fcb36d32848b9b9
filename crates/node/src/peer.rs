//! Another member, as this node sends to it.

mod confirmed;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outlive_session::{BaseId, Origin, SessionId, Writer};
use outlive_sync::{AtomicFlag, Counter, Lane, Locked};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Abilities, Member, MemberId, PeerKind};

use crate::letter::Letter;
use crate::log;
use crate::parcel::Parcel;
use crate::skew::{SKEW_MAX_MS, Skew, Verdict};
use confirmed::Confirmed;

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
    /// It was stalled, and has not acknowledged since then all that it was sent: requests did not wait for some of it.
    catches_up: AtomicFlag,
    /// Whether it has ever acknowledged anything.
    answers: AtomicFlag,
    skew: Locked<Skew>,
    confirmed: Locked<Confirmed>,
    /// The losses that were logged last.
    logged: Locked<Losses>,
    /// What it has sent and we have got.
    pub counters: PeerCounters,
}

/// What a peer is behind in because its lane was full, or because it was cut off and is back.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    /// Sessions, with the whole id by which the peer knows each.
    pub(crate) sessions: BTreeMap<BaseId, SessionId>,
    /// There were too many to list, or nobody listed them: it may be behind in any session.
    pub(crate) all: bool,
    /// Contexts whose state it has asked for, when its lane had no room for the answer.
    pub(crate) questions: BTreeSet<Arc<str>>,
}

impl Dirty {
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.sessions.is_empty() && self.questions.is_empty()
    }
}

/// How much a peer still has to be sent because its lane was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// So many sessions.
    Sessions(usize),
    /// More than was counted: it may be behind in any session, or waits for the state.
    Unknown,
}

/// Figures about one peer, since it joined.
#[derive(Debug, Default)]
pub struct PeerCounters {
    /// Messages received.
    pub received: Counter,
    /// Messages about sessions that it has acknowledged.
    pub acknowledged: Counter,
    /// Messages refused by a full lane.
    pub overflowed: Counter,
    /// How often it has stopped to acknowledge, so that requests no longer waited for it.
    pub stalled: Counter,
    /// Messages that came before the session they belong to, and waited for it.
    pub early: Counter,
    /// Changes that came after newer ones and were not applied.
    pub stale: Counter,
    /// Changes by a Tomcat within one millisecond of its last one to the same thing: which came first cannot be told.
    pub tied: Counter,
    /// Attributes whose value could not be read.
    pub unreadable: Counter,
    /// Changes whose session never came: its creation was lost, or the message that told its new id.
    pub orphaned: Counter,
    /// Sessions that a whole state announced, and that were not in it or could not be read.
    pub missing: Counter,
}

/// What a peer has lost on its way to this node, since it joined: what a node can tell of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Changes whose session never came.
    pub orphaned: u64,
    /// Changes that were overtaken by newer ones.
    pub stale: u64,
    /// Changes whose order against another cannot be told.
    pub tied: u64,
    /// Attributes whose value could not be read.
    pub unreadable: u64,
    /// Sessions of a whole state that did not come.
    pub missing: u64,
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
            catches_up: AtomicFlag::default(),
            answers: AtomicFlag::default(),
            skew: Locked::default(),
            confirmed: Locked::default(),
            logged: Locked::default(),
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

    /// Takes note of what its newest member record says. Whether it says something new of the node.
    pub(crate) fn learn(&self, member: &Member) -> bool {
        let kind = member.peer();
        self.is_ours.set(matches!(kind, PeerKind::Outlive { .. }));
        let before = core::mem::replace(&mut *self.kind.lock(), kind);
        // More frames may be under way to it than its sender thought.
        self.lane.nudge();
        before != kind
    }

    /// Whether it holds the cluster's state and stays, as far as it can be known: one of ours says so, a Tomcat counts once it has
    /// acknowledged something of sessions.
    pub fn holds_state(&self) -> bool {
        match self.kind() {
            kind @ PeerKind::Outlive { .. } => kind.can(Abilities::HOLDS_STATE),
            PeerKind::Tomcat => self.counters.acknowledged.get() > 0,
        }
    }

    /// Whether many frames may be under way to it. A Tomcat may run a later frame of one connection first, so it gets
    /// the next one only after it has acknowledged the one before.
    pub fn takes_many_frames(&self) -> bool {
        matches!(self.kind(), PeerKind::Outlive { abilities, .. } if abilities.contains(Abilities::PIPELINING))
    }

    /// Whether it prepares to leave.
    pub fn leaves(&self) -> bool {
        self.kind().can(Abilities::LEAVES)
    }

    /// Where it tells its health over HTTP, if it has said so and has been heard: a message of it has come through the interceptors. Anybody
    /// can announce a member; only who has the key is heard where messages are encrypted.
    pub fn health(&self) -> Option<SocketAddr> {
        match self.kind() {
            PeerKind::Outlive { health_port: port @ 1.., .. } if self.counters.received.get() > 0 => {
                Some(SocketAddr::new(self.id.host, port))
            }
            PeerKind::Outlive { .. } | PeerKind::Tomcat => None,
        }
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
        self.answers.get()
    }

    /// It has acknowledged this message, and so all that lay in its lane before.
    pub fn confirm(&self, now: Now, letter: &Letter) {
        self.answers.set(true);
        if self.lane.bytes() == 0 {
            self.catches_up.set(false);
        }
        if letter.options.contains(SendOptions::BYTE_MESSAGE) {
            return;
        }
        self.counters.acknowledged.add(1);
        // What one of ours is told under an id before it takes all the same.
        if !self.is_ours() {
            self.confirmed.lock().note(now.monotonic, letter.timestamp);
        }
    }

    /// From when on it was told what it had perhaps not taken at `moment`, a short while ago; `None`: it had taken all.
    pub(crate) fn behind_at(&self, moment: Monotonic) -> Option<UnixMillis> {
        let confirmed = self.confirmed.lock();
        confirmed.missing_at(moment).or_else(|| (self.lane.bytes() > 0).then(|| confirmed.latest()))
    }

    /// When its clock showed `stated`, by this node's clock: rather too early than too late, and no later than now.
    pub(crate) fn moment_of(&self, now: Now, stated: UnixMillis) -> Monotonic {
        // A clock that seems to be behind may be right, and none of its messages was quick.
        let ahead = self.clock_ahead_ms().filter(|ahead| !(-SKEW_MAX_MS..0).contains(ahead));
        let wall = stated.0.saturating_sub(ahead.unwrap_or_default());
        let ago = u64::try_from(now.wall.0.saturating_sub(wall)).unwrap_or_default();
        Monotonic(now.monotonic.0.saturating_sub(Duration::from_millis(ago)))
    }

    /// Says that it has stopped to acknowledge, or goes on. Senders tell a stall by
    /// [`Node::peer_stalled`](crate::Node::peer_stalled).
    pub fn set_stalled(&self, stalled: bool) -> bool {
        if stalled {
            self.catches_up.set(true);
        }
        self.stalled.set(stalled)
    }

    /// Whether it may still be sent something that no request waits for, although requests wait.
    pub(crate) fn catches_up(&self) -> bool {
        self.catches_up.get() || !self.has_acknowledged()
    }

    /// What its writes are stamped with.
    pub(crate) fn writer(&self) -> Writer {
        self.writer
    }

    pub(crate) fn origin(&self, stated: UnixMillis) -> Origin {
        Origin { writer: self.writer, stated: stated.0, hybrid: self.is_ours() }
    }

    /// How many milliseconds its clock is ahead of this node's; negative: behind. `None`: it has sent nothing lately.
    pub fn clock_ahead_ms(&self) -> Option<i64> {
        self.skew.lock().ahead_ms()
    }

    /// A message of it has come that was made at `stated` by its clock.
    pub(crate) fn clock_says(&self, now: Now, stated: UnixMillis) {
        self.skew.lock().sample(now, stated);
    }

    /// What it has lost on its way to this node.
    pub fn losses(&self) -> Losses {
        let PeerCounters { orphaned, stale, tied, unreadable, missing, .. } = &self.counters;
        Losses {
            orphaned: orphaned.get(),
            stale: stale.get(),
            tied: tied.get(),
            unreadable: unreadable.get(),
            missing: missing.get(),
        }
    }

    /// Warns of a clock that has become wrong, and says when it is right again: once each.
    pub(crate) fn log_clock(&self, now: Now) {
        let peer = self.id.address();
        match self.skew.lock().look(now.monotonic) {
            Some(Verdict::Skewed(ahead_ms)) => tracing::warn!(target: log::CLUSTER, %peer, ahead_ms,
                "the clock of a member is more than {SKEW_MAX_MS} ms from this node's: all members should share the time"),
            Some(Verdict::Good(ahead_ms)) => {
                tracing::info!(target: log::CLUSTER, %peer, ahead_ms, "the clock of a member is right again");
            }
            None => {}
        }
    }

    /// Logs what it has lost, if that has become more.
    pub(crate) fn log_losses(&self) {
        let losses = self.losses();
        if core::mem::replace(&mut *self.logged.lock(), losses) != losses {
            let Losses { orphaned, stale, tied, unreadable, missing } = losses;
            tracing::warn!(target: log::CLUSTER, peer = %self.id.address(), orphaned, stale, tied, unreadable, missing,
                "what this member has lost on its way here, since it joined");
        }
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

    /// Notes that it has asked for the state of `context`, and there is no room for the answer yet.
    pub(crate) fn mark_asked(&self, context: &Arc<str>) {
        self.dirty.lock().questions.insert(Arc::clone(context));
        self.lane.nudge();
    }

    /// Notes that it may be behind in any session: it has confirmed messages that it may not have taken, or was not there.
    pub fn mark_all_dirty(&self) {
        self.dirty.lock().all = true;
        self.lane.nudge();
    }

    /// How many sessions it is known to be behind in.
    pub fn dirty_len(&self) -> usize {
        self.dirty.lock().sessions.len()
    }

    /// What it is known to be behind in, beside what is in the lane.
    pub fn behind(&self) -> Behind {
        let dirty = self.dirty.lock();
        match (dirty.all || !dirty.questions.is_empty(), dirty.sessions.len()) {
            (true, _) => Behind::Unknown,
            (false, 0) => Behind::Nothing,
            (false, sessions) => Behind::Sessions(sessions),
        }
    }

    /// Whether anything is known that it is still to get, beside what is in the lane.
    pub fn is_behind(&self) -> bool {
        !self.dirty.lock().is_empty()
    }

    /// Whether what did not fit into the lane can be sent now.
    pub fn wants_repair(&self) -> bool {
        self.lane.bytes() == 0 && !self.dirty.lock().is_empty()
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
