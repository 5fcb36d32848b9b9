//! A whole session: taken from a peer's state, and given to one that joins.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use outlive_tribes_proto::time::{Now, UnixMillis};

use super::{RARE_MAX, Role, SessionCell, TRANSIT, principal_of};
use crate::attributes::Attribute;
use crate::id::SessionId;
use crate::register::Wanted;
use crate::stamp::Origin;
use crate::state::{NOTE_REQUEST, NOTE_SESSION_ID, SessionState};
use crate::trailer::StateStamps;

impl SessionCell {
    /// A session from a peer's state, idle for as long as it was there.
    pub fn from_state(
        now: Now,
        id: SessionId,
        state: SessionState,
        stamps: Option<StateStamps>,
        origin: Origin,
        idle: Duration,
    ) -> Self {
        let mut cell = Self::created_elsewhere(now, id, state.created, state.max_inactive);
        cell.merge(now, state, stamps, origin, idle);
        cell.touched = now.monotonic.0.saturating_sub(idle);
        cell
    }

    /// Takes from a peer's state what is newer than what stands here. The session was idle there for `idle`.
    ///
    /// With `stamps` each register is compared by itself. Without, everything is as old as `origin` says, and what the
    /// state does not have was removed.
    pub fn merge(
        &mut self,
        now: Now,
        state: SessionState,
        stamps: Option<StateStamps>,
        origin: Origin,
        idle: Duration,
    ) {
        // Who serves it may have changed while we did not hear of it; if we still do, we know better.
        let touched = now.monotonic.0.saturating_sub(idle);
        if touched > self.touched + TRANSIT {
            self.touched = touched;
            self.role = Role::Backup;
        }
        if self.role == Role::Backup
            && state.id != self.id.as_str()
            && let Ok(id) = SessionId::parse(&state.id)
            && id.base() == self.id.base()
        {
            self.id = id;
        }
        state.attributes.iter().for_each(|(name, _)| self.release(name));
        self.created = state.created;
        self.last_accessed = self.last_accessed.max(state.last_accessed);
        self.this_accessed = self.this_accessed.max(state.this_accessed);
        let principal = state.principal.map(principal_of);
        self.attributes.reserve(state.attributes.len());
        // An attribute that could not be read leaves a gap, and then nobody knows which stamp is whose.
        match stamps.filter(|stamps| stamps.attributes.len() == state.attributes.len()) {
            Some(stamps) => {
                self.max_inactive.receive(state.max_inactive, |known| stamps.max_inactive.over(known));
                self.principal.receive(principal, |known| stamps.principal.over(known));
                for ((name, value), stamp) in state.attributes.into_iter().zip(stamps.attributes) {
                    self.attributes.receive(name, Some(value), |known| stamp.over(known));
                }
                for (name, stamp) in stamps.removed {
                    self.attributes.receive(name, None, |known| stamp.over(known));
                }
            }
            None => {
                let overwrite = |known| origin.overwrite(known);
                self.max_inactive.receive(state.max_inactive, overwrite);
                self.principal.receive(principal, overwrite);
                let present = |name: &str| state.attributes.iter().any(|(present, _)| present == name);
                self.attributes.receive_absence(present, origin);
                for (name, value) in state.attributes {
                    self.attributes.receive(name, Some(value), overwrite);
                }
            }
        }
        state.unreadable.iter().for_each(|unreadable| self.quarantine(unreadable));
        for (name, note) in [(NOTE_SESSION_ID, state.note_session_id), (NOTE_REQUEST, state.note_request)] {
            if note.is_some() {
                self.set_note(String::from(name), note);
            }
        }
        if !state.listeners.is_empty() {
            self.rare_mut().listeners = state.listeners;
            self.rare_mut().listeners.truncate(RARE_MAX);
        }
        self.see(origin);
    }

    /// The session whole, as it is sent to a node that joins: its idle time is that at the moment `at`.
    ///
    /// Its largest stamp stands in the version, where a Tomcat keeps it without looking; to a Tomcat itself it is 0, as
    /// a Tomcat writes it.
    pub fn to_state(&self, at: Now, for_tomcat: bool) -> SessionState {
        // What a request has changed and not sent yet comes with that request, in a view that has the receiver.
        let version = if for_tomcat { 0 } else { self.clock };
        SessionState { version, ..self.whole(at, Wanted::Known) }
    }

    /// All of the session, without its stamps.
    pub(super) fn whole(&self, at: Now, wanted: Wanted) -> SessionState {
        // By the monotonic clock: the wall clock may have been set since.
        let idle = at.monotonic.0.saturating_sub(self.touched);
        let idle = i64::try_from(idle.as_millis()).unwrap_or(i64::MAX);
        let note = |wanted: &str| {
            let notes = self.rare.as_ref().map_or(&[][..], |rare| &rare.notes);
            notes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
        };
        let entry =
            |Attribute { name, register }: &Attribute| Some((String::from(&**name), register.get(wanted).clone()?));
        let mut attributes = Vec::with_capacity(self.attributes.list().len());
        attributes.extend(self.attributes.list().iter().filter_map(entry));
        SessionState {
            created: self.created,
            last_accessed: self.last_accessed,
            max_inactive: *self.max_inactive.get(wanted),
            is_new: self.is_new,
            is_valid: !self.ended,
            this_accessed: UnixMillis(at.wall.0.saturating_sub(idle)),
            version: 0,
            principal: self.principal.get(wanted).as_ref().map(|principal| principal.value().clone()),
            id: self.id.as_str().into(),
            note_session_id: note(NOTE_SESSION_ID),
            note_request: note(NOTE_REQUEST),
            attributes,
            listeners: self.rare.as_ref().map_or_else(Vec::new, |rare| rare.listeners.clone()),
            unreadable: Vec::new(),
        }
    }
}
