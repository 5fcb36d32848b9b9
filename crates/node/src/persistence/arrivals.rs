//! The sessions of one web application on this node: out of the store, one by one or all at the start.

use std::sync::Arc;

use bytes::Bytes;
use outlive_session::{BaseId, Expiry, SessionCell, SessionId, StoredSession};
use outlive_sync::{Admission, Found};
use outlive_tribes_proto::time::{Now, UnixMillis};

use super::copy::StoredCopy;
use super::saver::Event;
use crate::cell::{Cell, SessionRef};
use crate::context::Context;
use crate::log;
use crate::parcel::{Load, Parcel};

/// What became of a session out of the store.
#[derive(Debug)]
pub enum Taken {
    /// It is in memory now; whether it was not before.
    Here(SessionRef, bool),
    /// It has ended or has another id, as this node knows.
    Gone,
    /// Its idle time was over; this was its last access.
    Expired(UnixMillis),
    /// What is inside is another session than the one that was asked for.
    Mismatch,
}

impl Context {
    /// Whether an id is known to name nothing, so that no store need be asked.
    pub fn is_gone(&self, base: &BaseId) -> bool {
        matches!(self.table.find(base), Found::Gone(_))
    }

    /// Whether a session is in memory.
    pub fn holds(&self, base: &BaseId) -> bool {
        self.table.get(base).is_some()
    }

    /// Takes a session that was asked for as `asked` out of the store into the memory. One that is there already stays as it is.
    pub fn take_stored(&self, now: Now, asked: &BaseId, stored: StoredSession, version: Option<Bytes>) -> Taken {
        match SessionId::parse(&stored.state.id) {
            Ok(id) if id.base() == *asked => self.take(now, &id, stored, version),
            _ => Taken::Mismatch,
        }
    }

    /// Takes a session out of a file that has all of them: Tomcat's `SESSIONS.ser`.
    pub fn take_from_file(&self, now: Now, stored: StoredSession) -> Taken {
        SessionId::parse(&stored.state.id).map_or(Taken::Mismatch, |id| self.take(now, &id, stored, None))
    }

    /// All sessions, for such a file.
    pub fn for_file(&self, now: Now) -> Vec<StoredSession> {
        let mut all = Vec::with_capacity(self.table.len());
        self.table.for_each(|cell| {
            let guard = cell.lock();
            let session = guard.look();
            if !session.has_ended() {
                all.push(session.stored(now));
            }
        });
        all
    }

    fn take(&self, now: Now, id: &SessionId, mut stored: StoredSession, version: Option<Bytes>) -> Taken {
        let base = id.base();
        let last_accessed = stored.state.last_accessed;
        self.config().attribute_filter.clean(&mut stored.state, None);
        let Ok((session, unreadable)) = SessionCell::from_stored(now, stored) else { return Taken::Mismatch };
        if session.has_ended() || session.expiry(now) != Expiry::Alive {
            return Taken::Expired(last_accessed);
        }
        for unreadable in unreadable {
            tracing::warn!(target: log::STORE, context = %self.name, session = ?base, attribute = ?unreadable.name, class = unreadable.class(),
                "a value of a stored session is not taken: {}", unreadable.why);
        }
        let copy = StoredCopy {
            touched: self.saver.is_some(),
            version,
            clock: session.clock(),
            taken: Some(now.monotonic.0.saturating_sub(session.idle(now))),
            ..StoredCopy::default()
        };
        let cell = Arc::new(Cell::restored(session, copy));
        cell.lock().leave();
        loop {
            match self.table.admit(base.clone(), Arc::clone(&cell)) {
                Admission::Admitted => break,
                Admission::Refused(_) => {
                    self.unlist(&base);
                    return Taken::Gone;
                }
                Admission::Known(known) => {
                    if known.lock().copy().is_some_and(|copy| copy.left) {
                        self.table.forget_this(&base, &known);
                        continue;
                    }
                    self.unlist(&base);
                    return Taken::Here(SessionRef(known), false);
                }
            }
        }
        self.unlist(&base);
        if let Some(saver) = &self.saver {
            saver.counters.loaded.add(1);
        }
        Taken::Here(SessionRef(cell), true)
    }

    /// Sends sessions whole to all peers: those that came out of the store, which nobody else need have.
    pub fn tell_restored(&self, now: Now, sessions: Vec<SessionRef>) {
        self.introduce(now, sessions.into_iter().map(|session| session.0).collect());
    }

    /// Sends sessions whole to all peers, as they are here.
    pub(super) fn introduce(&self, now: Now, cells: Vec<Arc<Cell>>) {
        // Loaded behind the admission: who joins later finds the sessions in the table.
        let view = self.dispatch.view();
        for peer in &view.peers {
            let donation = self.donation(now, now.wall, !peer.is_ours(), cells.clone());
            if !self.dispatch.send(peer, Parcel { load: Load::Donation(Box::new(donation)), confirm: None }) {
                cells.iter().for_each(|cell| peer.mark_dirty(cell.lock().look().id()));
            }
        }
    }

    // ---- the start ----

    /// The state has come, or there is nobody to ask. Whether the node is ready, or has yet to learn which sessions the store has.
    pub(crate) fn restores(&self, received: bool) -> bool {
        let Some(saver) = self.saver.as_ref().filter(|saver| saver.is_write_behind()) else { return true };
        let view = self.dispatch.view();
        let alone = !view.peers.iter().any(|peer| peer.is_ours());
        let later = !alone && (received || !self.is_first(|_| true));
        saver.events.note(0, Event::Restore { waited_for: !received, later });
        received
    }

    /// Lists sessions that the store has. Those that are in memory or gone are passed over.
    pub fn list_stored(&self, ids: impl IntoIterator<Item = SessionId>) {
        let Some(saver) = &self.saver else { return };
        let absent = |base: &BaseId| matches!(self.table.find(base), Found::Absent);
        let ids: Vec<_> = ids.into_iter().map(|id| (id.base(), id)).filter(|(base, _)| absent(base)).collect();
        saver.index.lock().extend(ids);
    }

    /// The next ones that are listed and not in memory, at most `max`.
    pub fn listed(&self, max: usize) -> Vec<SessionId> {
        let Some(saver) = &self.saver else { return Vec::new() };
        let mut index = saver.index.lock();
        index.retain(|base, _| matches!(self.table.find(base), Found::Absent));
        index.values().take(max).cloned().collect()
    }

    /// A session is not in the store any more, or is in memory.
    pub fn unlist(&self, base: &BaseId) {
        if let Some(saver) = &self.saver {
            saver.index.lock().remove(base);
        }
    }

    /// It is known which sessions there are: requests may come.
    pub fn store_is_listed(&self) {
        if !self.ready.set(true) {
            let (sessions, stored) = (self.table.len(), self.listed_len());
            tracing::info!(target: log::MANAGER, context = %self.name, sessions, stored, "knows the sessions in its store");
        }
    }

    pub(crate) fn listed_len(&self) -> usize {
        self.saver.as_ref().filter(|saver| saver.is_write_behind()).map_or(0, |saver| saver.index.lock().len())
    }
}
