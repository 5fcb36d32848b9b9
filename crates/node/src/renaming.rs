//! A member gives a session another id, and what this node was just saying about it under the id before.
//!
//! A Tomcat takes a session over by giving it its own route at once, and looks for sessions by the whole id. What names the id before
//! and comes later, it drops, and acknowledges. So when a change of an id is heard of:
//!
//! | here | then |
//! |---|---|
//! | the session has ended | its end is told again, under the new id |
//! | it has got another base here | the sender is told that, under the id that it gave |
//! | this node told changes that a Tomcat may not have taken before | those that still stand are told again, all in one delta |
//!
//! Where answers wait for acknowledgements, the third is known of each session: what was acknowledged is never told again, for the client may
//! have changed it elsewhere since. Where they do not, it is told by times, and rather too much than too little.
//!
//! The last waits for a pause between requests: a Tomcat that takes a delta forgets what a request under way has changed and not sent, and
//! the client has come there with one. What the Tomcat has changed by then is not told again. Where no pause comes, the moment behind the
//! next request has to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_session::{BaseId, SessionEvent, SessionId, SessionMessage};
use outlive_sync::{Admission, AtomicFlag, Found, Locked};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::cell::Cell;
use crate::context::{Context, Grave};
use crate::inbound::Whole;
use crate::letter::Letter;
use crate::log;
use crate::peer::Peer;

/// By how much the moment of a Tomcat's message may be later than it was: clocks that are set by the network, and the shortest way there.
const MOMENT_ERROR: Duration = Duration::from_millis(10);

/// Without a word of another request for so long a session pauses.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a pause is waited for.
const PAUSE_WAIT_MAX: Duration = Duration::from_millis(500);

/// How long the first request is waited for.
const REQUEST_MAX: Duration = Duration::from_secs(1);

/// Sessions that are waited for; past that, what there is to tell is told at once.
const RETELLINGS_MAX: usize = 10_000;

/// What is to be told again of one session.
#[derive(Debug)]
struct Retelling {
    /// The id before, and the one that was given in its place.
    old: SessionId,
    new: SessionId,
    /// From when on what was told may not have been taken.
    since: UnixMillis,
    noted: Monotonic,
    due: Monotonic,
}

/// What is to be told again of the sessions of one context.
#[derive(Debug, Default)]
pub(crate) struct Retellings {
    any: AtomicFlag,
    sessions: Locked<BTreeMap<BaseId, Retelling>>,
}

impl Retellings {
    /// Notes one; gives it back where there are too many. Of one session the earliest time counts.
    fn note(&self, retelling: Retelling) -> Option<Retelling> {
        let mut sessions = self.sessions.lock();
        let base = retelling.new.base();
        let known = sessions.remove(&base);
        if known.is_none() && sessions.len() >= RETELLINGS_MAX {
            return Some(retelling);
        }
        let since = known.map_or(retelling.since, |known| known.since.min(retelling.since));
        sessions.insert(base, Retelling { since, ..retelling });
        self.any.set(true);
        None
    }

    /// A member has told of a request that is over.
    fn request_over(&self, base: &BaseId, now: Now) {
        if let Some(retelling) = self.sessions.lock().get_mut(base) {
            let waits = now.monotonic.since(retelling.noted) < PAUSE_WAIT_MAX;
            retelling.due = if waits { now.monotonic + PAUSE } else { now.monotonic };
        }
    }

    fn due(&self) -> Option<Monotonic> {
        let sessions = || self.sessions.lock().values().map(|retelling| retelling.due).min();
        self.any.get().then(sessions).flatten()
    }

    fn take_due(&self, now: Now) -> Vec<Retelling> {
        let mut sessions = self.sessions.lock();
        let bases: Vec<_> = sessions
            .iter()
            .filter(|(_, retelling)| retelling.due <= now.monotonic)
            .map(|(base, _)| base.clone())
            .collect();
        let due = bases.iter().filter_map(|base| sessions.remove(base)).collect();
        self.any.set(!sessions.is_empty());
        due
    }
}

impl Context {
    /// A member tells that the session `old` is called `new` now. Gives the sessions that are there now and may be waited for.
    pub(crate) fn id_changed(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        message: &SessionMessage<'_>,
        (old, new): (&SessionId, SessionId),
    ) -> Vec<BaseId> {
        let (old_base, new_base) = (old.base(), new.base());
        let cell = match self.table.find(&old_base) {
            Found::Live(cell) => cell,
            // It ended here while it got another id there: it has ended, whatever it is called.
            Found::Gone(Grave::Ended) => {
                self.expired(&new_base);
                self.end_again(now, peer, &new);
                return Vec::new();
            }
            Found::Gone(Grave::Moved(_)) => {
                // The change came twice, or by another way; or the sender took over what had another id here by then.
                if old_base == new_base
                    && let Some(cell) = self.resolve(&old_base)
                {
                    self.rename_again(now, peer, message, &cell, new);
                }
                return Vec::new();
            }
            Found::Absent => match self.table.get(&new_base) {
                Some(cell) => cell,
                None => {
                    let becomes = (old_base != new_base).then_some(new_base);
                    return self.wait_for(now, peer, body, old_base, becomes);
                }
            },
        };
        let renamed_to = new.clone();
        cell.lock().wake().session.id_changed_elsewhere(now, new);
        self.tell_later(now, peer, message, &cell, old.clone(), renamed_to.clone());
        if old_base == new_base {
            return Vec::new();
        }
        if let Some(copy) = cell.lock().known_copy() {
            copy.renamed();
        }
        self.gone_elsewhere(now, peer, old.clone(), Some(renamed_to));
        let grave = Grave::Moved(Box::new(new_base.clone()));
        match self.table.rename(&old_base, new_base.clone(), Arc::clone(&cell), grave) {
            Admission::Admitted => {}
            // It came whole under its new id before this was heard: what is known of both is joined.
            Admission::Known(known) if !Arc::ptr_eq(&known, &cell) => {
                let whole = Whole::of(now, &cell);
                let stated = UnixMillis(whole.state.version);
                whole.join(now, &known, peer.origin(stated));
            }
            Admission::Known(_) => {}
            Admission::Refused(_) => cell.lock().wake().session.end_quietly(),
        }
        vec![new_base, old_base]
    }

    /// A Tomcat has taken over a session whose end it had not heard of, and did not take when it came.
    ///
    /// One of ours knows a session by its base, whatever stands behind it.
    fn end_again(&self, now: Now, peer: &Peer, new: &SessionId) {
        if peer.is_ours() {
            return;
        }
        let end = SessionMessage::of_session(SessionEvent::Expired, &self.name, new, now.wall, now.wall);
        self.tell_one(now, peer, new, &end);
    }

    /// A Tomcat has taken over, under the id before, a session that got another base here.
    fn rename_again(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        message: &SessionMessage<'_>,
        cell: &Arc<Cell>,
        theirs: SessionId,
    ) {
        if peer.is_ours() {
            return;
        }
        let current = {
            // Under the lock, so that nothing that names a later id stands before it in the lane.
            let guard = cell.lock();
            let current = guard.look().id().clone();
            if current.base() == theirs.base() {
                return;
            }
            let change = SessionMessage::of_new_id(&self.name, &theirs, &current, now.wall);
            self.tell_one(now, peer, &theirs, &change);
            current
        };
        self.tell_later(now, peer, message, cell, theirs, current);
    }

    fn tell_one(&self, now: Now, peer: &Peer, known_as: &SessionId, message: &SessionMessage<'_>) {
        if !self.dispatch.send(peer, Letter::object(self.dispatch.next_id(), now.wall, message.encode())) {
            peer.mark_dirty(known_as);
        }
    }

    /// Notes that what this node has just told of a session is to be told again to the Tomcats.
    fn tell_later(
        &self,
        now: Now,
        peer: &Peer,
        message: &SessionMessage<'_>,
        cell: &Cell,
        old: SessionId,
        new: SessionId,
    ) {
        let view = self.dispatch.view();
        let tomcats = view.peers.iter().filter(|peer| !peer.is_ours());
        let guard = cell.lock();
        let since = if self.dispatch.waits {
            // Whoever was answered was so behind all acknowledgements, and can have come there no earlier.
            let unwaited = tomcats.filter(|peer| peer.catches_up()).filter_map(|peer| peer.behind_at(now.monotonic));
            unwaited.chain(guard.unacknowledged_from()).min()
        } else {
            let moment = message
                .timestamp
                .map_or(now.monotonic, |stated| Monotonic(peer.moment_of(now, stated).0.saturating_sub(MOMENT_ERROR)));
            tomcats.filter_map(|peer| peer.behind_at(moment)).min()
        };
        let Some(since) = since.filter(|since| guard.look().has_told(self.dispatch.writer, *since)) else { return };
        drop(guard);
        let noted = now.monotonic;
        let retelling = Retelling { old, new, since, noted, due: noted + REQUEST_MAX };
        if let Some(retelling) = self.retellings.note(retelling) {
            self.tell_again(now, &retelling);
        }
    }

    /// A member has told of a request on a session that is over.
    pub(crate) fn request_over_elsewhere(&self, now: Now, base: &BaseId) {
        if self.retellings.any.get() {
            self.retellings.request_over(base, now);
        }
    }

    /// When to call [`tell_what_is_due`](Self::tell_what_is_due) at the latest.
    pub(crate) fn retelling_deadline(&self) -> Option<Monotonic> {
        self.retellings.due()
    }

    /// Tells again what has waited for long enough.
    pub(crate) fn tell_what_is_due(&self, now: Now) {
        if self.retellings.due().is_some_and(|due| due <= now.monotonic) {
            self.retellings.take_due(now).iter().for_each(|retelling| self.tell_again(now, retelling));
        }
    }

    fn tell_again(&self, now: Now, retelling: &Retelling) {
        let Some(cell) = self.resolve(&retelling.new.base()) else { return };
        let mut guard = cell.lock();
        let view = self.dispatch.view();
        let guarded = guard.wake();
        let id = guarded.session.id().clone();
        // Where another Tomcat was told of the session's creation only behind the new id, it still has the old one.
        let renamed = (id == retelling.new)
            .then(|| SessionMessage::of_new_id(&self.name, &retelling.old, &retelling.new, now.wall).encode());
        if let Some(delta) = guarded.session.tell_again(now, &self.name, self.dispatch.writer, retelling.since) {
            tracing::debug!(target: log::MANAGER, context = %self.name, session = crate::log::hashed(id.as_str()),
                "tells again what was told while the session got another id");
            for peer in view.peers.iter().filter(|peer| !peer.is_ours()) {
                for body in renamed.iter().chain([&delta.body]) {
                    let letter = Letter::object(self.dispatch.next_id(), now.wall, body.clone());
                    if !self.dispatch.send(peer, letter) {
                        peer.mark_dirty(&id);
                    }
                }
            }
        }
        guard.leave();
    }
}
