//! The sessions of one web application on this node: what peers' messages do to them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_serial::{DecodeError, Limits, ObjectInput};
#[cfg(feature = "planted")]
use outlive_session::planted;
use outlive_session::transfer::Reason;
use outlive_session::{
    Ask, BaseId, DeltaRequest, IdFault, MessageFault, Origin, SessionCell, SessionEvent, SessionId, SessionMessage,
    SessionState, StateReader, StateStamps, TrailerReader, Unreadable,
};
use outlive_sync::{Admission, Found};
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::cell::Cell;
use crate::context::{Context, Grave};
use crate::held::Held;
use crate::letter::Letter;
use crate::log;
use crate::parcel::{Load, Parcel};
use crate::peer::{Dirty, Peer};

/// So many values of one peer that were not taken are told of one by one, later ones at each power of two.
const UNREADABLE_LINES: u64 = 100;

/// Ids that a session can have had before a late message is given up: each login adds one.
const MOVES_MAX: usize = 16;

/// Why a session message was not applied; nothing is changed by it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionFault {
    /// It is no session message.
    #[error(transparent)]
    Message(#[from] MessageFault),
    /// Its payload is at fault.
    #[error("the payload of {event:?}: {fault}")]
    Payload {
        /// The kind of message.
        event: SessionEvent,
        /// Where and why.
        fault: DecodeError,
    },
    /// It has no payload, and needs one.
    #[error("{0:?} without a payload")]
    NoPayload(SessionEvent),
    /// It names a session by what is no id.
    #[error("{event:?} names {fault}")]
    Id {
        /// The kind of message.
        event: SessionEvent,
        /// What is wrong with the id.
        fault: IdFault,
    },
}

impl Context {
    /// A message from a member. Applied now, held back until the state is here, or kept until its session comes.
    pub(crate) fn receive(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        message: &SessionMessage<'_>,
    ) -> Result<(), SessionFault> {
        match message.event {
            SessionEvent::GetAll => self.donate(now, peer),
            SessionEvent::AllData => return self.take_state(now, peer, body, message),
            SessionEvent::TransferComplete => self.advance(now, |transfer, _| transfer.completed_by(peer.id())),
            SessionEvent::NoContextManager => {
                self.advance(now, |transfer, members| transfer.refused_by(peer.id(), now.monotonic, members));
            }
            _ => {
                #[cfg(feature = "planted")]
                if !self.ready.get() && planted::is_planted(planted::Planted::DeltaDroppedInTransfer) {
                    return Ok(());
                }
                if !self.ready.get() {
                    let mut transfer = self.transfer.lock();
                    if !transfer.is_held() {
                        let held = Held { peer: Arc::clone(peer), body: Bytes::copy_from_slice(body) };
                        if transfer.hold(held, body.len()).is_ok() {
                            return Ok(());
                        }
                        tracing::warn!(target: log::MANAGER, context = %self.name, "too much arrives during the state transfer: applied as it comes");
                    }
                }
                let arrived = self.apply(now, peer, body, message)?;
                self.drain_waiting(now, arrived);
            }
        }
        Ok(())
    }

    // ---- the state ----

    /// The membership has settled or changed, or a deadline has come.
    pub(crate) fn members_changed(&self, now: Now) {
        if !self.ready.get() {
            self.advance(now, |transfer, members| transfer.advance(now.monotonic, members));
        }
    }

    /// When the state is given up, while it is asked for.
    pub(crate) fn transfer_deadline(&self) -> Option<Monotonic> {
        if self.ready.get() { None } else { self.transfer.lock().deadline() }
    }

    fn advance(&self, now: Now, step: impl FnOnce(&mut outlive_session::Transfer<Held>, &[MemberId]) -> Ask) {
        let view = self.dispatch.view();
        let mut transfer = self.transfer.lock();
        match step(&mut transfer, &view.ids()) {
            Ask::Wait => {}
            Ask::Donor(donor) => {
                if let Some(peer) = view.peer(&donor) {
                    self.ask(now, peer);
                }
            }
            Ask::Complete(reason) => {
                // Under the transfer's lock: what arrives now waits for it, and is applied behind what was held.
                let held = transfer.take_held();
                let late = held.len();
                for Held { peer, body } in held {
                    let arrived = self.apply_held(now, &peer, &body);
                    self.drain_waiting(now, arrived);
                }
                self.ready.set(self.restores(reason == Reason::Received));
                let sessions = self.table.len();
                match reason {
                    Reason::Received => {
                        tracing::info!(target: log::MANAGER, context = %self.name, sessions, late, "holds the state")
                    }
                    Reason::Alone => {
                        tracing::info!(target: log::MANAGER, context = %self.name, sessions, "holds the state: no one to ask")
                    }
                    Reason::TimedOut if self.config().state_transfer_timeout == Some(Duration::ZERO) => {
                        tracing::info!(target: log::MANAGER, context = %self.name, sessions, "does not wait for the state");
                    }
                    Reason::TimedOut => {
                        tracing::error!(target: log::MANAGER, context = %self.name, sessions, "no complete state within the time limit: goes on with what has come");
                    }
                }
            }
        }
    }

    /// Sends the question for all sessions.
    pub(crate) fn ask(&self, now: Now, peer: &Peer) {
        tracing::info!(target: log::MANAGER, context = %self.name, donor = %peer.id().address(), "asks for the state");
        let question = SessionMessage::of_context(SessionEvent::GetAll, &self.name, now.wall);
        self.dispatch.send(
            peer,
            Letter::question(self.dispatch.next_id(), now.wall, question.encode(), Some(Arc::clone(&self.name))),
        );
    }

    /// A Tomcat has acknowledged the question. If it has sent no session before, it will not: then the next one is asked,
    /// `or_never` permitting.
    pub(crate) fn answered_by(&self, now: Now, member: &MemberId, or_never: bool) {
        self.advance(now, |transfer, members| match or_never || transfer.is_told() {
            true => transfer.answered_by(member, now.monotonic, members),
            false => Ask::Wait,
        });
    }

    /// Whether the state is being asked of a member at this address: what comes from there may be large.
    pub(crate) fn expects_state_from(&self, host: IpAddr) -> bool {
        !self.ready.get() && self.transfer.lock().donor().is_some_and(|donor| donor.host == host)
    }

    /// A member asks for everything: it gets what there is, at once, even while this node itself is asking.
    pub(crate) fn donate(&self, now: Now, peer: &Arc<Peer>) {
        let mut cells = Vec::with_capacity(self.table.len());
        self.table.for_each(|cell| cells.push(cell));
        tracing::info!(target: log::MANAGER, context = %self.name, to = %peer.id().address(), sessions = cells.len(), "gives the state");
        let for_tomcat = !peer.is_ours();
        let at = if for_tomcat { oldest_untold(&cells).unwrap_or(now.wall).min(now.wall) } else { now.wall };
        let donation = self.donation(now, at, for_tomcat, cells);
        if !self.dispatch.send(peer, Parcel { load: Load::Donation(Box::new(donation)), confirm: None }) {
            tracing::warn!(target: log::MANAGER, context = %self.name, to = %peer.id().address(), "the state does not fit into its lane");
            // Whoever asks waits for a minute without an answer, and then goes on without the state.
            peer.mark_asked(&self.name);
            return;
        }
        // One of ours asks the next if this node has no whole state itself. A Tomcat would never ask again.
        let end = if for_tomcat || self.ready.get() {
            SessionEvent::TransferComplete
        } else {
            SessionEvent::NoContextManager
        };
        let end = SessionMessage::of_context(end, &self.name, at);
        if !self.dispatch.send(peer, Letter::object(self.dispatch.next_id(), now.wall, end.encode())) {
            peer.mark_asked(&self.name);
        }
    }

    /// Sends a peer what it is behind in: sessions whole, new ids, and the end of those that are gone and listed. What
    /// does not fit again is noted again.
    pub(crate) fn repair(&self, now: Now, peer: &Arc<Peer>, dirty: &Dirty) {
        let (mut cells, mut whole) = (Vec::new(), Vec::new());
        if dirty.all {
            self.table.for_each(|cell| cells.push(cell));
        }
        for (base, known_as) in &dirty.sessions {
            let cell = self.resolve(base);
            let current = cell.as_ref().and_then(|cell| {
                let cell = cell.lock();
                let session = cell.look();
                (!session.has_ended()).then(|| session.id().clone())
            });
            let message = match &current {
                Some(current) if current == known_as => None,
                Some(current) => Some(SessionMessage::of_new_id(&self.name, known_as, current, now.wall)),
                None if cell.is_none() && matches!(self.table.find(base), Found::Absent) => None,
                None => {
                    Some(SessionMessage::of_session(SessionEvent::Expired, &self.name, known_as, now.wall, now.wall))
                }
            };
            let letter = message.map(|message| Letter::object(self.dispatch.next_id(), now.wall, message.encode()));
            if letter.is_some_and(|letter| !self.dispatch.send(peer, letter)) {
                peer.mark_dirty(known_as);
            } else if let (Some(cell), Some(current)) = (cell, current) {
                cells.push(cell);
                whole.push(current);
            }
        }
        if cells.is_empty() {
            return;
        }
        let donation = self.donation(now, now.wall, !peer.is_ours(), cells);
        if !self.dispatch.send(peer, Parcel { load: Load::Donation(Box::new(donation)), confirm: None }) {
            // Under the ids that the peer is told of by now: so the next round has less to say, and comes to an end.
            whole.iter().for_each(|current| peer.mark_dirty(current));
            if dirty.all {
                peer.mark_all_dirty();
            }
        }
    }

    fn take_state(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        message: &SessionMessage<'_>,
    ) -> Result<(), SessionFault> {
        let event = message.event;
        let payload = message.payload.as_deref().ok_or(SessionFault::NoPayload(event))?;
        let fault = |fault| SessionFault::Payload { event, fault };
        let snapshot = message.timestamp.unwrap_or(now.wall);
        let asked = self.transfer.lock().told_by(peer.id());
        let only_adds = self.dispatch.surveys.get() && !asked && !peer.is_ours();
        let mut stamps = TrailerReader::behind(if peer.is_ours() { body } else { &[] });
        let mut reader = StateReader::new(payload, &Limits::default()).map_err(fault)?.tolerant();
        while let Some(state) = reader.next() {
            peer.counters.missing.add(reader.lost() as u64);
            let (mut state, mut stamps) = (state.map_err(fault)?, stamps.next());
            self.config().attribute_filter.clean(&mut state, stamps.as_mut());
            state.unreadable.iter().for_each(|unreadable| self.not_taken(peer, &state.id, unreadable));
            let Ok(id) = SessionId::parse(&state.id) else {
                tracing::warn!(target: log::MANAGER, context = %self.name, peer = %peer.id().address(), "a session of the state has no usable id: left out");
                continue;
            };
            if !state.is_valid {
                continue;
            }
            // A Tomcat tells no stamp: then everything is as old as its list.
            let stated = if state.version > 0 { UnixMillis(state.version) } else { snapshot };
            let idle =
                Duration::from_millis(u64::try_from(snapshot.0.saturating_sub(state.this_accessed.0)).unwrap_or(0));
            let whole = Whole { state, stamps, idle, only_adds };
            self.take_session(now, peer, stated, id, whole);
        }
        Ok(())
    }

    fn take_session(&self, now: Now, peer: &Peer, stated: UnixMillis, id: SessionId, whole: Whole) {
        let (base, origin) = (id.base(), peer.origin(stated));
        // Also under an id that it has here since: the peer has not heard of that yet.
        if let Some(known) = self.resolve(&base) {
            whole.join(now, &known, origin);
            self.changed_elsewhere(now, peer, &known);
            return;
        }
        let Whole { state, stamps, idle, only_adds } = whole;
        let stamped = stamps.is_some();
        let cell = Arc::new(Cell::new(SessionCell::from_state(now, id, state, stamps, origin, idle)));
        cell.lock().leave();
        match self.table.admit(base.clone(), Arc::clone(&cell)) {
            Admission::Admitted => {
                self.unlist(&base);
                self.changed_elsewhere(now, peer, &cell);
                self.drain_waiting(now, vec![base]);
            }
            // It was created between the look and the admission: what was made for nothing is taken apart again.
            Admission::Known(known) => {
                let whole = Whole::of(now, &cell);
                let stamps = whole.stamps.filter(|_| stamped);
                Whole { stamps, only_adds, ..whole }.join(now, &known, origin);
            }
            Admission::Refused(_) => {
                self.counters.revivals_refused.add(1);
            }
        }
    }

    /// A value could not be taken: counts it, and says so as long as that is news.
    fn not_taken(&self, peer: &Peer, session: &str, unreadable: &Unreadable) {
        let count = peer.counters.unreadable.add(1) + 1;
        if count <= UNREADABLE_LINES || count.is_power_of_two() {
            tracing::warn!(target: log::DELTA, context = %self.name, peer = %peer.id().address(), session = crate::log::hashed(session),
                attribute = ?unreadable.name, class = unreadable.class(), count, "a value is not taken: {}", unreadable.why);
        }
    }

    // ---- changes ----

    fn apply_held(&self, now: Now, peer: &Arc<Peer>, body: &Bytes) -> Vec<BaseId> {
        // It was decoded once when it came; the same bytes decode again.
        let applied = SessionMessage::decode(body, &Limits::default())
            .map_err(SessionFault::from)
            .and_then(|message| self.apply(now, peer, body, &message));
        applied.unwrap_or_else(|fault| {
            tracing::warn!(target: log::MANAGER, context = %self.name, peer = %peer.id().address(), %fault, "a message that was held back is dropped");
            Vec::new()
        })
    }

    /// Applies a change. Gives the sessions that are there now and may be waited for.
    fn apply(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        message: &SessionMessage<'_>,
    ) -> Result<Vec<BaseId>, SessionFault> {
        let event = message.event;
        if let SessionEvent::Other(number) = event {
            tracing::debug!(target: log::MANAGER, context = %self.name, number, "a session message of a kind that Tomcat 10.1 does not have");
            return Ok(Vec::new());
        }
        let id = SessionId::parse(&message.session_id).map_err(|fault| SessionFault::Id { event, fault })?;
        let at = message.timestamp.unwrap_or(now.wall);
        match event {
            SessionEvent::Created => return Ok(self.created(now, id, at)),
            SessionEvent::Expired => {
                self.expired(&id.base());
                self.gone_elsewhere(now, peer, id, None);
            }
            SessionEvent::ChangeId => {
                let new = new_id(message)?;
                return Ok(self.id_changed(now, peer, body, message, (&id, new)));
            }
            SessionEvent::Accessed => {
                if let Some(known) = self.resolve(&id.base()) {
                    let mut cell = known.lock();
                    cell.join(now).session.accessed_elsewhere(now);
                    cell.leave();
                    drop(cell);
                    self.used_elsewhere(now, peer, &known);
                }
            }
            SessionEvent::Delta => {
                let payload = message.payload.as_deref().ok_or(SessionFault::NoPayload(event))?;
                let delta = DeltaRequest::decode_tolerantly(payload, &Limits::default());
                let delta = delta.map_err(|fault| SessionFault::Payload { event, fault })?;
                match self.resolve(&id.base()) {
                    Some(known) => {
                        let mut cell = known.lock();
                        let applied = cell.join(now).session.apply(now, delta, peer.origin(at));
                        cell.leave();
                        drop(cell);
                        self.changed_elsewhere(now, peer, &known);
                        self.request_over_elsewhere(now, &id.base());
                        peer.counters.stale.add(applied.stale as u64);
                        peer.counters.tied.add(applied.tied as u64);
                        let session = message.session_id.as_ref();
                        applied.unreadable.iter().for_each(|unreadable| self.not_taken(peer, session, unreadable));
                    }
                    None => return Ok(self.wait_for(now, peer, body, id.base(), None)),
                }
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    fn created(&self, now: Now, id: SessionId, created: UnixMillis) -> Vec<BaseId> {
        let base = id.base();
        let session = SessionCell::created_elsewhere(now, id, created, self.max_inactive_default());
        #[cfg(feature = "planted")]
        let again = session.clone();
        match self.table.admit(base.clone(), Arc::new(Cell::new(session))) {
            Admission::Admitted => return vec![base],
            // A Tomcat would empty the session it has; here a late or repeated creation changes nothing.
            #[cfg(feature = "planted")]
            Admission::Known(known) if planted::is_planted(planted::Planted::CreatedWipes) => {
                *known.lock().wake().session = again;
            }
            Admission::Known(_) => {}
            Admission::Refused(_) => {
                self.counters.revivals_refused.add(1);
            }
        }
        Vec::new()
    }

    pub(crate) fn expired(&self, base: &BaseId) {
        let mut base = base.clone();
        for _ in 0..MOVES_MAX {
            match self.table.find(&base) {
                Found::Gone(Grave::Moved(to)) => base = *to,
                Found::Gone(Grave::Ended) => return,
                Found::Live(_) | Found::Absent => break,
            }
        }
        if let Some(cell) = self.table.bury(&base, Grave::Ended) {
            cell.lock().wake().session.end_quietly();
        }
        if self.anything_waits.get() {
            self.waiting.lock().take(&base);
        }
    }

    /// The session under this base, also under one that it had before.
    pub(crate) fn resolve(&self, base: &BaseId) -> Option<Arc<Cell>> {
        let mut found = self.table.find(base);
        for _ in 0..MOVES_MAX {
            match found {
                Found::Live(cell) => return Some(cell),
                Found::Gone(Grave::Moved(to)) => found = self.table.find(&to),
                Found::Gone(Grave::Ended) | Found::Absent => return None,
            }
        }
        None
    }

    // ---- what came too early ----

    /// Lets a message wait for its session, which it may say is called `becomes` now; gives the session if it has come meanwhile.
    pub(crate) fn wait_for(
        &self,
        now: Now,
        peer: &Arc<Peer>,
        body: &Bytes,
        base: BaseId,
        becomes: Option<BaseId>,
    ) -> Vec<BaseId> {
        if let Found::Gone(_) = self.table.find(&base) {
            self.counters.revivals_refused.add(1);
            return Vec::new();
        }
        let held = Held { peer: Arc::clone(peer), body: Bytes::copy_from_slice(body) };
        {
            let mut waiting = self.waiting.lock();
            if waiting.wait(base.clone(), now.monotonic, held, body.len()).is_err() {
                peer.counters.orphaned.add(1);
                tracing::warn!(target: log::MANAGER, context = %self.name, peer = %peer.id().address(), session = ?base,
                    "too many changes wait for sessions that nobody created: one is dropped");
                return Vec::new();
            }
            if let Some(new) = &becomes {
                waiting.becomes(base.clone(), new.clone());
            }
            self.anything_waits.set(true);
        }
        peer.counters.early.add(1);
        // The session may have come between the look and the wait; whoever added it did not see us then.
        let has_come = |base: &BaseId| matches!(self.table.find(base), Found::Live(_));
        if has_come(&base) || becomes.as_ref().is_some_and(has_come) { vec![base] } else { Vec::new() }
    }

    /// Applies what waited for sessions that are there now, and what waited for what that brings. A peer decides how long
    /// such a chain is, so this is a loop.
    pub(crate) fn drain_waiting(&self, now: Now, mut arrived: Vec<BaseId>) {
        while let Some(base) = arrived.pop() {
            if !self.anything_waits.get() {
                return;
            }
            let is_here = matches!(self.table.find(&base), Found::Live(_));
            let held = {
                let mut waiting = self.waiting.lock();
                // Who else this session is: what waits under such an id is applied with the next rounds.
                if is_here {
                    arrived.extend(waiting.take_becoming(&base));
                }
                let held = waiting.take(&base);
                self.anything_waits.set(!waiting.is_empty());
                held
            };
            for Held { peer, body } in held {
                arrived.extend(self.apply_held(now, &peer, &body));
            }
        }
    }

    pub(crate) fn expire_waiting(&self, now: Now) {
        let dropped = {
            let mut waiting = self.waiting.lock();
            let dropped = waiting.expire(now.monotonic);
            self.anything_waits.set(!waiting.is_empty());
            dropped
        };
        for (session, Held { peer, .. }) in dropped {
            peer.counters.orphaned.add(1);
            tracing::debug!(target: log::MANAGER, context = %self.name, peer = %peer.id().address(), ?session,
                "a change is dropped: its session never came");
        }
    }
}

/// A session as a peer's state has it.
pub(crate) struct Whole {
    pub(crate) state: SessionState,
    /// From one of ours.
    stamps: Option<StateStamps>,
    /// For how long nobody had touched it there.
    idle: Duration,
    /// A Tomcat's list says of no value when it was set. While a keeper asks one after the other, the lists beside the one
    /// that a context was asked of only add sessions.
    only_adds: bool,
}

impl Whole {
    pub(crate) fn of(now: Now, cell: &Cell) -> Self {
        let cell = cell.lock();
        let session = cell.look();
        let stamps = Some(StateStamps::of(&session));
        Whole { state: session.to_state(now, false), stamps, idle: session.idle(now), only_adds: false }
    }

    pub(crate) fn join(self, now: Now, known: &Cell, origin: Origin) {
        if self.only_adds {
            return;
        }
        known.lock().wake().session.merge(now, self.state, self.stamps, origin, self.idle);
    }
}

/// The creation of the oldest session that no peer was told of yet.
///
/// Such a session is left out of a donation, and its creation goes out with its request. A Tomcat that starts drops what is
/// older than the end of the state it asked for, so that end must not be younger.
fn oldest_untold(cells: &[Arc<Cell>]) -> Option<UnixMillis> {
    let created = |cell: &Arc<Cell>| {
        let cell = cell.lock();
        let session = cell.look();
        (!session.is_announced()).then(|| session.created())
    };
    cells.iter().filter_map(created).min()
}

fn new_id(message: &SessionMessage<'_>) -> Result<SessionId, SessionFault> {
    let event = message.event;
    let payload = message.payload.as_deref().ok_or(SessionFault::NoPayload(event))?;
    let text = ObjectInput::new(payload, Limits::default()).and_then(|mut input| input.read_utf());
    let text = text.map_err(|fault| SessionFault::Payload { event, fault })?;
    SessionId::parse(&text).map_err(|fault| SessionFault::Id { event, fault })
}
