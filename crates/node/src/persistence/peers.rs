//! What peers do with the sessions of one web application, as far as its store is concerned.

use outlive_session::{SessionId, Writer};
use outlive_tribes_proto::time::Now;

use super::note::Burial;
use super::saver::{ENDS_KEPT, Saver};
use crate::cell::Cell;
use crate::context::Context;
use crate::log;
use crate::peer::Peer;

impl Context {
    /// Whether this node tells the store what a peer does: with a store of its own, and where the peer is a Tomcat, which knows of no
    /// store, as the first of ours.
    fn saves_for(&self, peer: &Peer) -> Option<&Saver> {
        let saver = self.saver.as_ref().filter(|saver| saver.is_write_behind())?;
        (!saver.is_shared() || (!peer.is_ours() && self.is_first(|_| true))).then_some(saver)
    }

    /// A peer has changed a session.
    pub(crate) fn changed_elsewhere(&self, now: Now, peer: &Peer, cell: &Cell) {
        if let Some(saver) = self.saves_for(peer) {
            saver.save_soon(now, &mut cell.lock());
        }
    }

    /// A request at a peer has used a session.
    pub(crate) fn used_elsewhere(&self, now: Now, peer: &Peer, cell: &Cell) {
        if let Some(saver) = self.saves_for(peer) {
            saver.completed(now, &mut cell.lock(), false);
        }
    }

    /// A peer has ended a session, or given it another id.
    pub(crate) fn gone_elsewhere(&self, now: Now, peer: &Peer, id: SessionId, moved_to: Option<SessionId>) {
        let Some(saver) = self.saver.as_ref().filter(|saver| saver.is_write_behind()) else { return };
        let keep_until = super::schedule::keep_until(now, self.max_inactive_default());
        let burial = Burial { id, moved_to, keep_until };
        match self.saves_for(peer) {
            Some(saver) => saver.bury_later(vec![burial]),
            None => saver.remember_end(now, peer.writer(), burial),
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
        // A Tomcat's changes were the dead one's to save, if it was the first.
        let view = self.dispatch.view();
        let tomcats = view.peers.iter().filter(|peer| dead.is_ours() && !peer.is_ours()).map(|peer| peer.writer());
        let writers: Vec<Writer> = tomcats.chain([dead.writer()]).collect();
        writers.iter().for_each(|writer| saver.bury_for(*writer));
        let everything = saver.down.get();
        let mut sessions = 0;
        self.table.sweep(|cell| {
            let mut guard = cell.lock();
            if (everything || guard.idle(now) < ENDS_KEPT) && writers.contains(&guard.look().last_writer()) {
                saver.save_soon(now, &mut guard);
                sessions += 1;
            }
        });
        if sessions > 0 {
            tracing::info!(target: log::MANAGER, context = %self.name, member = %dead.id().address(), sessions, "saves what a member changed that is gone");
        }
    }

    /// Whether this node is the first of ours, in an order that all agree on, among the peers that count.
    pub(super) fn is_first(&self, counts: impl Fn(&Peer) -> bool) -> bool {
        let view = self.dispatch.view();
        view.peers.iter().filter(|peer| peer.is_ours() && counts(peer)).all(|peer| self.dispatch.writer < peer.writer())
    }
}
