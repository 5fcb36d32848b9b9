//! What a context notes for its store while requests and peers use its sessions.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use outlive_session::{BaseId, SessionId, Writer};
use outlive_sync::{AtomicFlag, Backlog, Counter, Locked};
use outlive_tribes_proto::time::{Monotonic, Now};

use super::note::{Burial, Note};
use super::policy::{Persistence, PersistentManager};
use super::schedule::keep_until;
use crate::cell::Guarded;

/// A change waits for so long, so that the requests of one page are saved as one.
const GATHERING: Duration = Duration::from_millis(100);

/// Between two saves of one session.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// For so long it is remembered what peers have ended: longer than they need to tell the store themselves.
pub(crate) const ENDS_KEPT: Duration = Duration::from_secs(60);

/// So many of those are remembered.
const ENDS_MAX: usize = 100_000;

/// Something for the one that drives the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What the store has to learn.
    Note(Note),
    /// Take from the store what is not in memory.
    Restore {
        /// Nobody else can have sessions: requests wait until it is known which there are. Else it is done in the background.
        alone: bool,
        /// Another node of the cluster does the same, so this one has time.
        later: bool,
    },
}

/// Figures about a context's store.
#[derive(Debug, Default)]
pub struct StoreCounters {
    /// Sessions saved.
    pub saved: Counter,
    /// Sessions loaded, by a request or at the start.
    pub loaded: Counter,
    /// Sessions that left the memory for the store.
    pub swapped_out: Counter,
    /// Saves refused because the session has ended elsewhere.
    pub buried: Counter,
    /// Saves that met a newer state in the store, and were merged with it.
    pub merged: Counter,
    /// Sessions in the store that could not be used: another id inside, or no session.
    pub set_aside: Counter,
    /// Sessions that the store will never take.
    pub given_up: Counter,
}

#[derive(Debug)]
struct PeersEnd {
    at: Monotonic,
    by: Writer,
    burial: Burial,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Saver {
    pub(crate) policy: Persistence,
    pub(crate) events: Backlog<Event>,
    /// Sessions that are known to be in the store, and are not in memory yet.
    pub(crate) index: Locked<BTreeMap<BaseId, SessionId>>,
    pub(crate) next_pass: Locked<Monotonic>,
    /// What the store has to learn if the peer that ended it dies before it could tell.
    peers_ends: Locked<VecDeque<PeersEnd>>,
    /// The store does not work.
    pub(crate) down: AtomicFlag,
    pub(crate) counters: StoreCounters,
}

impl Saver {
    pub(crate) fn new(policy: Persistence) -> Self {
        Saver {
            policy,
            events: Backlog::default(),
            index: Locked::default(),
            next_pass: Locked::default(),
            peers_ends: Locked::default(),
            down: AtomicFlag::default(),
            counters: StoreCounters::default(),
        }
    }

    /// Whether the peers' changes are saved by the peers themselves.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self.policy, Persistence::WriteBehind { shared: false })
    }

    pub(crate) fn is_write_behind(&self) -> bool {
        matches!(self.policy, Persistence::WriteBehind { .. })
    }

    pub(crate) fn is_per_request(&self) -> bool {
        self.policy == Persistence::PerRequest
    }

    pub(crate) fn manager(&self) -> Option<&PersistentManager> {
        match &self.policy {
            Persistence::Manager(manager) => Some(manager),
            Persistence::WriteBehind { .. } | Persistence::PerRequest => None,
        }
    }

    fn note(&self, note: Note) {
        let place = place(&note.base());
        self.events.note(place, Event::Note(note));
    }

    /// A request of the session is over. Whether it `changed` anything.
    pub(crate) fn completed(&self, now: Now, guard: &mut Guarded, changed: bool) {
        if guard.wake().session.has_ended() {
            return;
        }
        if !self.is_write_behind() {
            guard.copy_mut().dirty = true;
        } else if changed || self.accesses_are_due(now, guard) {
            self.save_soon(now, guard);
        }
    }

    /// The store's copy would seem to have been idle for too long.
    fn accesses_are_due(&self, now: Now, guard: &mut Guarded) -> bool {
        let taken = guard.copy().and_then(|copy| copy.taken);
        taken.is_none_or(|taken| guard.wake().session.accesses_are_due(now, taken))
    }

    /// Notes that the session is to be saved, once in each [`SAVE_INTERVAL`].
    pub(crate) fn save_soon(&self, now: Now, guard: &mut Guarded) {
        let copy = guard.copy_mut();
        copy.dirty = true;
        if core::mem::replace(&mut copy.queued, true) {
            return;
        }
        let earliest = copy.taken.map_or(Duration::ZERO, |taken| taken + SAVE_INTERVAL);
        let due = (now.monotonic + GATHERING).max(Monotonic(earliest));
        let base = guard.wake().session.id().base();
        self.note(Note::Save { base, due });
    }

    /// Notes that the session is to be saved at once.
    pub(crate) fn save_now(&self, now: Now, guard: &mut Guarded) {
        guard.copy_mut().queued = true;
        let base = guard.wake().session.id().base();
        self.note(Note::Save { base, due: now.monotonic });
    }

    /// The session has ended here, or has had the id `old` until now.
    pub(crate) fn gone(&self, now: Now, guard: &mut Guarded, old: &SessionId) {
        let awake = guard.wake();
        let moved_to = (!awake.session.has_ended()).then(|| awake.session.id().clone());
        let keep_until = keep_until(now, awake.session.max_inactive());
        let burial = Burial { id: old.clone(), moved_to, keep_until };
        let is_renamed = burial.moved_to.is_some();
        let may_be_stored = guard.copy().is_some_and(|copy| copy.touched);
        if is_renamed {
            guard.copy_mut().renamed();
        }
        if self.is_per_request() {
            let copy = guard.copy_mut();
            copy.dirty = true;
            if may_be_stored {
                copy.burials.push(burial);
            }
        } else if may_be_stored || (self.is_write_behind() && self.is_shared()) {
            if is_renamed {
                // The schedule saves it under its new id, behind the grave of the old one.
                let copy = guard.copy_mut();
                (copy.dirty, copy.queued) = (true, true);
            }
            self.note(Note::Bury(burial));
        } else if is_renamed && self.is_write_behind() {
            self.save_soon(now, guard);
        }
    }

    /// The session has expired here.
    pub(crate) fn expired(&self, guard: &mut Guarded) {
        if self.is_write_behind() || guard.copy().is_some_and(|copy| copy.touched) {
            let session = guard.wake().session;
            let (id, last_accessed) = (session.id().clone(), session.this_accessed());
            self.note(Note::Forget { id, last_accessed });
        }
    }

    /// Graves that a save could not write with itself.
    pub(crate) fn bury_later(&self, burials: Vec<Burial>) {
        burials.into_iter().for_each(|burial| self.note(Note::Bury(burial)));
    }

    /// A peer that tells the store itself says that a session is no more under an id.
    pub(crate) fn remember_end(&self, now: Now, by: Writer, burial: Burial) {
        let mut ends = self.peers_ends.lock();
        while ends.len() >= ENDS_MAX || ends.front().is_some_and(|end| end.at + ENDS_KEPT < now.monotonic) {
            ends.pop_front();
        }
        ends.push_back(PeersEnd { at: now.monotonic, by, burial });
    }

    /// A member has died: what it has ended lately may not be known to the store.
    pub(crate) fn bury_for(&self, dead: Writer) {
        let ends: Vec<Burial> = {
            let mut ends = self.peers_ends.lock();
            let (of_dead, others) = ends.drain(..).partition(|end| end.by == dead);
            *ends = others;
            VecDeque::into_iter(of_dead).map(|end| end.burial).collect()
        };
        self.bury_later(ends);
    }
}

/// A number that differs from session to session.
fn place(base: &BaseId) -> u64 {
    match base {
        BaseId::Binary(bytes) => u64::from(bytes[0]),
        BaseId::Text(text) => text.bytes().fold(0, |sum, byte| sum + u64::from(byte)),
    }
}
