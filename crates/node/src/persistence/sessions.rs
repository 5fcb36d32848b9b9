//! The sessions of one web application on this node: on their way to a store and back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_session::{BaseId, Expiry, SessionCell, SessionId, StoredSession, Writer};
use outlive_sync::{Admission, Found};
use outlive_tribes_proto::time::{Now, UnixMillis};

use super::copy::StoredCopy;
use super::note::Burial;
use super::policy::Persistence;
use super::saver::{ENDS_KEPT, Event, Saver, StoreCounters};
use crate::cell::{Cell, SessionRef};
use crate::context::{Context, Grave};
use crate::donation::Donation;
use crate::log;
use crate::parcel::{Load, Parcel};
use crate::peer::Peer;

/// Who holds a session that no request uses: the table, and who looks.
const HOLDERS_OF_UNUSED: usize = 2;

/// A session on its way to the store.
#[derive(Debug)]
pub struct Saving {
    /// What is to be kept; nothing where only graves are to be written.
    pub stored: Option<StoredSession>,
    /// The whole id.
    pub id: SessionId,
    /// The state in the store that this one comes from; `None`: the store has nothing of it, or cannot tell.
    pub version: Option<Bytes>,
    /// Graves that are to be written before it. Only where each request saves; else they are notes of their own.
    pub burials: Vec<Burial>,
    cell: Arc<Cell>,
    clock: i64,
}

impl Saving {
    /// The session in memory.
    pub fn session(&self) -> SessionRef {
        SessionRef(Arc::clone(&self.cell))
    }
}

/// What the store has said.
#[derive(Debug)]
pub enum Answer {
    /// It is kept, as this version.
    Kept(Option<Bytes>),
    /// It has ended, or has another id now.
    Buried(Option<SessionId>),
    /// The store has a state that this one does not come from.
    Changed(Box<StoredSession>, Option<Bytes>),
    /// The store had it, and has it no more.
    Gone,
    /// The store failed.
    Failed,
}

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
    /// How its sessions are kept in a store, if they are.
    pub fn persistence(&self) -> Option<&Persistence> {
        self.saver.as_ref().map(|saver| &saver.policy)
    }

    /// Figures about its store.
    pub fn store_counters(&self) -> Option<&StoreCounters> {
        self.saver.as_ref().map(|saver| &saver.counters)
    }

    /// Takes what has happened since the last call. For the one that drives the store.
    pub fn take_store_events(&self, into: &mut Vec<Event>) {
        if let Some(saver) = &self.saver {
            saver.events.drain(into);
        }
    }

    /// Ready when there is something to [take](Self::take_store_events). For the one that drives the store.
    pub fn poll_store_events(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        self.saver.as_ref().map_or(std::task::Poll::Pending, |saver| saver.events.poll_noted(cx))
    }

    /// Says whether the store works. Whoever drives it does.
    pub fn set_store_down(&self, down: bool) {
        if let Some(saver) = &self.saver {
            saver.down.set(down);
        }
    }

    /// Whether the store works, as far as is known.
    pub fn is_store_down(&self) -> bool {
        self.saver.as_ref().is_some_and(|saver| saver.down.get())
    }

    // ---- to the store ----

    /// A session as it is now, to be saved; nothing for one that has ended, has another id, or was saved meanwhile.
    pub fn begin_save(&self, now: Now, base: &BaseId) -> Option<Saving> {
        self.saving(now, &self.table.get(base)?, false)
    }

    /// The same for a request that is over, where each request saves; also graves without a session.
    pub fn begin_save_of(&self, now: Now, session: &SessionRef) -> Option<Saving> {
        self.saving(now, &session.0, true)
    }

    fn saving(&self, now: Now, cell: &Arc<Cell>, with_graves: bool) -> Option<Saving> {
        let mut guard = cell.lock();
        let (id, clock, stored, ended) = {
            let session = guard.look();
            let ended = session.has_ended();
            (session.id().clone(), session.clock(), (!ended).then(|| session.stored(now)), ended)
        };
        let copy = guard.copy_mut();
        copy.queued = false;
        let burials = if with_graves { core::mem::take(&mut copy.burials) } else { Vec::new() };
        if (ended || !core::mem::take(&mut copy.dirty) || copy.left) && burials.is_empty() {
            return None;
        }
        (copy.taken, copy.touched) = (Some(now.monotonic.0), true);
        let version = copy.version.clone();
        Some(Saving { stored, id, version, burials, cell: Arc::clone(cell), clock })
    }

    /// What the store has said to a save. Whether the session is to be saved again at once.
    pub fn saved(&self, now: Now, saving: &Saving, answer: Answer) -> bool {
        let Some(saver) = &self.saver else { return false };
        let cell = &saving.cell;
        if matches!(answer, Answer::Failed) {
            saver.bury_later(saving.burials.clone());
        }
        let mut guard = cell.lock();
        if saving.stored.is_none() || guard.look().id().base() != saving.id.base() {
            // It has ended, or got another id meanwhile: what is known of the old one is of no use.
            return false;
        }
        let copy = guard.copy_mut();
        match answer {
            Answer::Kept(version) => {
                (copy.version, copy.clock) = (version, saving.clock);
                saver.counters.saved.add(1);
                drop(guard);
                self.leave_memory(saver, cell);
                false
            }
            Answer::Failed => {
                copy.dirty = true;
                copy.queued = true;
                false
            }
            Answer::Gone if saver.is_per_request() => {
                // Nobody keeps sessions in memory: who took it away has ended it.
                drop(guard);
                saver.counters.buried.add(1);
                self.end_here(&saving.id.base(), cell, Grave::Ended);
                false
            }
            Answer::Gone => {
                (copy.version, copy.dirty, copy.queued) = (None, true, true);
                true
            }
            Answer::Buried(moved_to) => {
                drop(guard);
                saver.counters.buried.add(1);
                let grave = moved_to.map_or(Grave::Ended, |id| Grave::Moved(Box::new(id.base())));
                self.end_here(&saving.id.base(), cell, grave);
                false
            }
            Answer::Changed(stored, version) => {
                let saved = copy.clock;
                (copy.version, copy.dirty, copy.queued) = (version, true, true);
                guard.wake().session.merge_stored(now, *stored, saved);
                drop(guard);
                saver.counters.merged.add(1);
                self.introduce(now, vec![Arc::clone(cell)]);
                true
            }
        }
    }

    /// Ends a session that the store says has ended. Nobody is told: who ended it has told them.
    fn end_here(&self, base: &BaseId, cell: &Arc<Cell>, grave: Grave) {
        cell.lock().wake().session.end_quietly();
        self.table.bury(base, grave);
    }

    /// Drops a session from the memory if it shall leave, is saved as it is, and no request uses it.
    fn leave_memory(&self, saver: &Saver, cell: &Arc<Cell>) -> bool {
        let base = {
            let mut guard = cell.lock();
            let base = guard.look().id().base();
            let unused = Arc::strong_count(cell) <= HOLDERS_OF_UNUSED;
            let copy = guard.copy_mut();
            if !core::mem::take(&mut copy.leaves) || copy.dirty || copy.left || !unused {
                return false;
            }
            // From here on who finds it looks for it in the store.
            copy.left = true;
            base
        };
        saver.counters.swapped_out.add(1);
        self.table.forget_this(&base, cell)
    }

    /// A request is over where each one saves: its session leaves the memory, saved or not in need of it. One that could not be saved
    /// stays, and is saved when the store works again.
    pub fn release(&self, now: Now, session: &SessionRef) {
        let Some(saver) = &self.saver else { return };
        let base = {
            let mut guard = session.0.lock();
            let base = guard.look().id().base();
            let burials = core::mem::take(&mut guard.copy_mut().burials);
            saver.bury_later(burials);
            if guard.copy().is_some_and(|copy| copy.dirty) {
                saver.save_now(now, &mut guard);
                guard.copy_mut().leaves = true;
                return;
            }
            guard.copy_mut().left = true;
            base
        };
        self.table.forget_this(&base, &session.0);
    }

    /// Looks for sessions that have been idle for so long that they leave the memory, or are copied.
    pub(crate) fn swap_pass(&self, now: Now) {
        let Some(saver) = &self.saver else { return };
        let Some(manager) = saver.manager() else { return };
        {
            let mut next = saver.next_pass.lock();
            if now.monotonic < *next {
                return;
            }
            *next = now.monotonic + manager.pass_interval;
        }
        // Above nine tenths of what may be, those leave that were idle for longest.
        let surplus = self
            .max_active()
            .zip(manager.min_idle_swap)
            .map_or(0, |(max, _)| self.table.len().saturating_sub(max.saturating_mul(9) / 10));
        let mut idlest: Vec<(Duration, Arc<Cell>)> = Vec::new();
        self.table.sweep(|cell| {
            let idle = cell.lock().idle(now);
            let long_enough = manager.min_idle_swap.is_none_or(|min| idle >= min);
            if manager.max_idle_swap.is_some_and(|max| idle >= max) && long_enough {
                self.swap_out(now, saver, &cell);
            } else if manager.max_idle_backup.is_some_and(|max| idle >= max) {
                let mut guard = cell.lock();
                if guard.copy().is_none_or(|copy| copy.dirty && !copy.queued) {
                    guard.copy_mut().dirty = true;
                    saver.save_now(now, &mut guard);
                }
            }
            if surplus > 0 && long_enough {
                idlest.push((idle, cell));
            }
        });
        idlest.sort_by_key(|(idle, _)| core::cmp::Reverse(*idle));
        for (_, cell) in idlest.into_iter().take(surplus) {
            self.swap_out(now, saver, &cell);
        }
    }

    fn swap_out(&self, now: Now, saver: &Saver, cell: &Arc<Cell>) {
        {
            let mut guard = cell.lock();
            let copy = guard.copy_mut();
            copy.leaves = true;
            if copy.dirty || !copy.touched {
                copy.dirty = true;
                saver.save_now(now, &mut guard);
                return;
            }
        }
        self.leave_memory(saver, cell);
    }

    /// The node stops: what is only in memory is to be saved, or ends, as the policy says.
    pub fn store_at_stop(&self, now: Now) {
        let Some(saver) = &self.saver else { return };
        let ends = saver.manager().is_some_and(|manager| !manager.save_on_restart);
        self.table.for_each(|cell| {
            if ends {
                self.invalidate(now, &SessionRef(cell));
                return;
            }
            let mut guard = cell.lock();
            let is_saved = guard.copy().is_some_and(|copy| copy.touched && !copy.dirty);
            // Below replication only what waits already: the rest is saved, or another node's to save.
            if !is_saved && !saver.is_write_behind() {
                guard.copy_mut().dirty = true;
                saver.save_now(now, &mut guard);
            }
        });
    }

    // ---- out of the store ----

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

    fn take(&self, now: Now, id: &SessionId, stored: StoredSession, version: Option<Bytes>) -> Taken {
        let base = id.base();
        let last_accessed = stored.state.last_accessed;
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

    fn introduce(&self, now: Now, cells: Vec<Arc<Cell>>) {
        // Loaded behind the admission: who joins later finds the sessions in the table.
        let view = self.dispatch.view();
        for peer in &view.peers {
            let (name, id) = (Arc::clone(&self.name), self.dispatch.next_id());
            let donation = Donation::new(name, id, now, now.wall, !peer.is_ours(), cells.clone());
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
        saver.events.note(0, Event::Restore { alone, later });
        !alone
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

    // ---- peers ----

    /// A peer has changed a session.
    pub(crate) fn changed_elsewhere(&self, now: Now, cell: &Cell) {
        if let Some(saver) = self.saver.as_ref().filter(|saver| !saver.is_shared()) {
            saver.save_soon(now, &mut cell.lock());
        }
    }

    /// A peer has ended a session, or given it another id.
    pub(crate) fn gone_elsewhere(&self, now: Now, by: Writer, id: SessionId, moved_to: Option<SessionId>) {
        if let Some(saver) = self.saver.as_ref().filter(|saver| saver.is_write_behind()) {
            let keep_until = super::schedule::keep_until(now, self.max_inactive_default());
            saver.gone_elsewhere(now, by, Burial { id, moved_to, keep_until });
        }
    }

    /// A member has gone. What it changed last may not be in the store: the first of those that are left sees to that.
    pub(crate) fn save_for(&self, now: Now, dead: &Peer) {
        let Some(saver) = self.saver.as_ref().filter(|saver| saver.is_write_behind() && saver.is_shared()) else {
            return;
        };
        if !self.is_first(|peer| peer.id() != dead.id()) {
            return;
        }
        saver.bury_for(dead.writer());
        let everything = saver.down.get();
        let mut sessions = 0;
        self.table.sweep(|cell| {
            let mut guard = cell.lock();
            if (everything || guard.idle(now) < ENDS_KEPT) && guard.look().last_writer() == dead.writer() {
                saver.save_soon(now, &mut guard);
                sessions += 1;
            }
        });
        if sessions > 0 {
            tracing::info!(target: log::MANAGER, context = %self.name, member = %dead.id().address(), sessions, "saves what a member changed that is gone");
        }
    }

    /// Whether this node is the first of ours, in an order that all agree on, among the peers that count.
    fn is_first(&self, counts: impl Fn(&Peer) -> bool) -> bool {
        let view = self.dispatch.view();
        view.peers.iter().filter(|peer| peer.is_ours() && counts(peer)).all(|peer| self.dispatch.writer < peer.writer())
    }
}
