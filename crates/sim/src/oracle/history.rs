//! What is known of one session.

use std::collections::BTreeMap;

use crate::clock::Instant;
use crate::event::ProcessId;
use crate::oracle::WriteKey;

/// A session's number.
pub type SessionKey = usize;

/// Why not all can be promised of a session. Nothing repairs these cases yet (there is no anti-entropy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A node is gone that had told some of its peers of a change, and others not: those differ.
    Torn,
    /// A change was sent in a view without a node that ran and had asked for the state already: because of a partition,
    /// because that node stood still while the newcomer looked for others, or because the newcomer was known to the node that it asked, but not yet to the one that wrote. That is in the protocol.
    Unheard,
    /// A node is gone that may have told its peers of a new id or the end, or not.
    Unsure,
}

/// An id that is good no more.
#[derive(Clone, Debug)]
pub struct DeadId {
    /// The id without its route.
    pub base: String,
    /// The processes that surely know.
    pub heard: Vec<ProcessId>,
    /// Whether the end is sure.
    pub is_sure: bool,
}

/// One attribute, or the user.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// All writes.
    pub writes: Vec<WriteKey>,
    /// The sure writes that no sure write has surely seen.
    pub surest: Vec<WriteKey>,
    /// The last removal on each node, if nothing was set there since.
    pub removed_on: BTreeMap<ProcessId, WriteKey>,
}

/// One session, from its creation on.
#[derive(Clone, Debug)]
pub struct History {
    /// Its present id, without the route.
    pub base: String,
    /// Ids that it had, and its last one if it has ended.
    pub dead: Vec<DeadId>,
    /// Whether it must not be lost.
    pub is_sure: bool,
    /// Whether a client has ended it.
    pub has_ended: bool,
    /// Whether a client has set a short idle time.
    pub is_limited: bool,
    /// Whether all nodes know that.
    pub is_limited_surely: bool,
    /// The processes that surely know its present id.
    pub known_by: Vec<ProcessId>,
    /// The last request that was answered.
    pub touched: Instant,
    /// The registers by name.
    pub registers: BTreeMap<String, Register>,
    /// Writes that no completion has sent.
    pub open: Vec<(ProcessId, WriteKey)>,
    /// The host that wrote last.
    pub written_on: Option<usize>,
    /// The worst that stands against it.
    pub doubt: Option<Doubt>,
}

impl History {
    pub(super) fn new(base: &str) -> Self {
        History {
            base: base.to_owned(),
            dead: Vec::new(),
            is_sure: false,
            has_ended: false,
            is_limited: false,
            is_limited_surely: false,
            known_by: Vec::new(),
            touched: Instant::default(),
            registers: BTreeMap::new(),
            open: Vec::new(),
            written_on: None,
            doubt: None,
        }
    }

    pub(super) fn register_mut(&mut self, name: &str) -> &mut Register {
        self.registers.entry(name.to_owned()).or_default()
    }

    /// Something stands against it.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.doubt = self.doubt.max(Some(doubt));
    }
}
