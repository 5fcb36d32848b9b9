//! The sessions of one web application on this node: on their way to the store, and out of the memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_session::{BaseId, SessionId, StoredSession};
use outlive_tribes_proto::time::Now;

use super::note::Burial;
use super::policy::Persistence;
use super::saver::{Event, Saver, StoreCounters};
use crate::cell::{Cell, SessionRef};
use crate::context::{Context, Grave};

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
}
