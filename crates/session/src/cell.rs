//! One session as one node holds it.
//!
//! A cell decides about itself alone: what a request changed and is to be sent, what a peer's change does here, whether
//! it is over. It stands behind a lock of its own; each method is one step under that lock.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use outlive_serial::{Refused, Value, modified_utf8};
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::attributes::{Attributes, Incoming};
use crate::delta::{Action, DeltaRequest};
use crate::event::SessionEvent;
use crate::id::SessionId;
use crate::message::SessionMessage;
use crate::principal::{Principal, User};
use crate::register::Register;
use crate::stamp::{Origin, Stamp, Writer};
use crate::unreadable::{QUARANTINE_BYTES_MAX, QUARANTINE_MAX, Unreadable, Why};

/// An attribute's name longer than this, in Java's modified UTF-8, cannot be written into a delta.
pub const NAME_BYTES_MAX: usize = 65_535;

/// Accesses are told at most this often for each idle time.
const ACCESSES_PER_IDLE_TIME: u32 = 20;

/// Within this a touch that a peer tells of may be our own, on its way there and back.
const TRANSIT: Duration = Duration::from_secs(1);

/// Notes and listeners that one session keeps; more is no session of a well-behaved peer.
const RARE_MAX: usize = 256;

/// Which part this node has in the session's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This node served the last request: it ends the session after the idle time and tells the others.
    Primary,
    /// Another node did: this one drops its copy after twice the idle time, and tells nobody.
    Backup,
}

/// What the clock says about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It lives.
    Alive,
    /// Idle for its whole time, and ours to end.
    Expire,
    /// Idle for twice its time, and nobody told us: the copy goes, quietly.
    Drop,
}

/// Why an attribute was not set; the session is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
    /// A delta has no room for the name.
    #[error("an attribute's name of more than {NAME_BYTES_MAX} bytes")]
    NameTooLong,
}

/// One message that a step of a session calls for: the same bytes for every peer.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What it says.
    pub event: SessionEvent,
    /// The sender's wall clock, for the frame around it.
    pub timestamp: UnixMillis,
    /// The Java object.
    pub body: Bytes,
}

/// What an incoming change did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Changes that came too late: the session has newer ones.
    pub stale: usize,
    /// Changes whose order against an earlier one cannot be told.
    pub tied: usize,
    /// Attributes whose value was not taken.
    pub unreadable: Vec<Unreadable>,
}

/// What few sessions have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rare {
    auth_type: Option<Value>,
    notes: Vec<(String, Value)>,
    listeners: Vec<Value>,
    /// Values that are kept and never sent.
    quarantine: Vec<(String, Refused)>,
    /// Attributes that are neither sent nor stored, sorted by name.
    local: Vec<(String, Value)>,
}

/// One session on one node.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionCell {
    pub(crate) id: SessionId,
    pub(crate) created: UnixMillis,
    pub(crate) last_accessed: UnixMillis,
    pub(crate) this_accessed: UnixMillis,
    /// The last touch by this node's own clock, which no one can set: idle time is measured from here.
    pub(crate) touched: Duration,
    /// When peers last heard of the session from us.
    pub(crate) told: Duration,
    /// The largest stamp seen in this session.
    pub(crate) clock: i64,
    pub(crate) role: Role,
    pub(crate) is_new: bool,
    pub(crate) ended: bool,
    /// Whether peers have been told that it exists.
    pub(crate) announced: bool,
    pub(crate) max_inactive: Register<i32>,
    pub(crate) principal: Register<Option<Box<Principal>>>,
    pub(crate) attributes: Attributes,
    pub(crate) rare: Option<Box<Rare>>,
}

impl SessionCell {
    /// A session made here, by a request. Nobody is told before [`complete`](Self::complete).
    pub fn create(now: Now, id: SessionId, max_inactive: i32) -> Self {
        SessionCell { role: Role::Primary, is_new: true, ..Self::blank(now, id, now.wall, max_inactive, true) }
    }

    /// A session that a peer made at `created`.
    pub fn created_elsewhere(now: Now, id: SessionId, created: UnixMillis, max_inactive: i32) -> Self {
        SessionCell { announced: true, ..Self::blank(now, id, created, max_inactive, false) }
    }

    fn blank(now: Now, id: SessionId, created: UnixMillis, max_inactive: i32, dirty: bool) -> Self {
        SessionCell {
            id,
            created,
            last_accessed: created,
            this_accessed: created,
            touched: now.monotonic.0,
            told: now.monotonic.0,
            clock: 0,
            role: Role::Backup,
            is_new: false,
            ended: false,
            announced: false,
            max_inactive: if dirty {
                Register::untold(max_inactive)
            } else {
                Register::told(max_inactive, Stamp::default())
            },
            principal: Register::told(None, Stamp::default()),
            attributes: Attributes::default(),
            rare: None,
        }
    }

    // ---- what it is ----

    /// The whole id, with the route of the node that serves it.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// When it was made, by the maker's clock.
    pub fn created(&self) -> UnixMillis {
        self.created
    }

    /// The last request before the current one.
    pub fn last_accessed(&self) -> UnixMillis {
        self.last_accessed
    }

    /// Seconds of idleness after which it ends; zero and less: never.
    pub fn max_inactive(&self) -> i32 {
        self.max_inactive.value
    }

    /// Whether the client has not come back with it yet.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether it was invalidated or has expired.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether anything was changed here that was not stamped yet: a request of it is still under way, or broke off.
    pub fn has_changes(&self) -> bool {
        self.attributes.any_dirty() || self.max_inactive.is_dirty() || self.principal.is_dirty() || !self.announced
    }

    /// The largest stamp seen in it: what is written later has a larger one.
    pub fn clock(&self) -> i64 {
        self.clock
    }

    /// Who wrote what was written last.
    pub fn last_writer(&self) -> Writer {
        let registers = [self.max_inactive.stamp, self.principal.stamp];
        let attributes = self.attributes.list().iter().map(|attribute| attribute.register.stamp);
        attributes.chain(registers).max().unwrap_or_default().writer
    }

    /// Whether peers were told that it exists.
    pub fn is_announced(&self) -> bool {
        self.announced
    }

    /// This node's part in its expiry.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The user who is logged in.
    pub fn user(&self) -> Option<&User> {
        self.principal.value.as_ref().and_then(|principal| principal.user())
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        let local = self.local().iter().find(|(known, _)| known == name);
        local.map(|(_, value)| value).or_else(|| self.attributes.get(name))
    }

    /// All attributes, by name; behind them those that stay on this node.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Value)> {
        let shared = self.attributes.iter().filter(|(name, _)| !self.local().iter().any(|(known, _)| known == name));
        shared.chain(self.local().iter().map(|(name, value)| (name.as_str(), value)))
    }

    fn local(&self) -> &[(String, Value)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.local)
    }

    // ---- what the application does ----

    /// Sets an attribute; a null value removes it. Returns the value before.
    ///
    /// # Errors
    /// [`SetError`]; the session is unchanged.
    pub fn set_attribute(&mut self, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        self.check_alive()?;
        if modified_utf8::encoded_len(name) > NAME_BYTES_MAX {
            return Err(SetError::NameTooLong);
        }
        let local = self.take_local(name);
        let before = self.attributes.set(name, (!value.is_null()).then_some(value));
        Ok(local.or(before))
    }

    /// Sets an attribute that stays on this node: it is neither sent nor stored. One of that name that was sent before is gone everywhere.
    /// Returns the value before.
    ///
    /// # Errors
    /// [`SetError`]; the session is unchanged.
    pub fn set_local_attribute(&mut self, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        let before = self.set_attribute(name, Value::null())?;
        if !value.is_null() {
            let local = &mut self.rare_mut().local;
            let at = local.partition_point(|(known, _)| known.as_str() < name);
            local.insert(at, (String::from(name), value));
        }
        Ok(before)
    }

    /// Removes an attribute. Returns the value before.
    ///
    /// # Errors
    /// [`SetError::Ended`].
    pub fn remove_attribute(&mut self, name: &str) -> Result<Option<Value>, SetError> {
        self.check_alive()?;
        let local = self.take_local(name);
        let before = self.attributes.set(name, None);
        Ok(local.or(before))
    }

    fn take_local(&mut self, name: &str) -> Option<Value> {
        let local = &mut self.rare.as_mut()?.local;
        let at = local.iter().position(|(known, _)| known == name)?;
        Some(local.remove(at).1)
    }

    /// Sets the idle time in seconds; zero and less: never expires.
    ///
    /// # Errors
    /// [`SetError::Ended`].
    pub fn set_max_inactive(&mut self, seconds: i32) -> Result<(), SetError> {
        self.check_alive()?;
        self.max_inactive.set(seconds);
        Ok(())
    }

    /// Logs a user in (`Some`) or out. The id is the caller's to change.
    ///
    /// # Errors
    /// [`SetError::Ended`].
    pub fn set_user(&mut self, user: Option<User>) -> Result<(), SetError> {
        self.check_alive()?;
        // The word that Tomcat records for a login by the application itself.
        let auth_type = user.is_some().then(|| Value::string("NONE"));
        if auth_type.is_some() || self.rare.is_some() {
            self.rare_mut().auth_type = auth_type;
        }
        self.principal.set(user.map(|user| Box::new(Principal::new(User::new(user.name, user.roles)))));
        Ok(())
    }

    fn check_alive(&self) -> Result<(), SetError> {
        if self.ended { Err(SetError::Ended) } else { Ok(()) }
    }

    fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// A request joins the session.
    pub fn access(&mut self, now: Now) {
        self.is_new = false;
        self.last_accessed = self.this_accessed;
        self.this_accessed = now.wall;
        self.touched = now.monotonic.0;
    }

    /// Gives it another id (a login, or another node's route). The message for the peers, if they know of it at all.
    pub fn change_id(&mut self, now: Now, context: &str, id: SessionId) -> Option<Outgoing> {
        let old = core::mem::replace(&mut self.id, id);
        if !self.announced {
            return None;
        }
        let body = SessionMessage::of_new_id(context, &old, &self.id, now.wall).encode();
        Some(Outgoing { event: SessionEvent::ChangeId, timestamp: now.wall, body })
    }

    /// Ends a request: what is to be sent to every peer, in order.
    ///
    /// `heard` says whether there is any peer; without one, changes count as sent, for whoever comes takes the state.
    /// Call it with the view loaded, and push what it gives to the lanes, before the cell is let go.
    ///
    /// Source: Tomcat `DeltaManager.requestCompleted`; a pure read tells an access at most 20 times in each idle time.
    pub fn complete(&mut self, now: Now, context: &str, writer: Writer, heard: bool) -> Vec<Outgoing> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        let announce = !core::mem::replace(&mut self.announced, true);
        if announce && heard {
            let message = SessionMessage::of_session(SessionEvent::Created, context, &self.id, self.created, now.wall);
            out.push(Outgoing { event: SessionEvent::Created, timestamp: now.wall, body: message.encode() });
        }
        let was_backup = core::mem::replace(&mut self.role, Role::Primary) == Role::Backup;
        if let Some(outgoing) = self.take_delta(now, context, writer, announce, heard) {
            out.extend(heard.then_some(outgoing));
        } else if was_backup || self.accesses_are_due(now, self.told) {
            let message = SessionMessage::of_session(SessionEvent::Accessed, context, &self.id, now.wall, now.wall);
            let outgoing = || Outgoing { event: SessionEvent::Accessed, timestamp: now.wall, body: message.encode() };
            out.extend(heard.then(outgoing));
        }
        if !out.is_empty() {
            self.told = now.monotonic.0;
        }
        out
    }

    /// Whether accesses since the moment `since` are worth telling of: a twentieth of the idle time has passed.
    pub fn accesses_are_due(&self, now: Now, since: Duration) -> bool {
        now.monotonic.0.saturating_sub(since) >= self.access_interval()
    }

    fn access_interval(&self) -> Duration {
        match u64::try_from(self.max_inactive.value) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds) / ACCESSES_PER_IDLE_TIME,
            _ => Duration::MAX,
        }
    }

    /// The delta of what was changed here since the last one.
    fn take_delta(&mut self, now: Now, context: &str, writer: Writer, announce: bool, heard: bool) -> Option<Outgoing> {
        let changed = self.attributes.any_dirty() || self.max_inactive.is_dirty() || self.principal.is_dirty();
        if !changed && !announce {
            return None;
        }
        let time = now.wall.0.max(self.clock.saturating_add(1));
        self.clock = time;
        let stamp = Stamp { time, writer, stated: time };
        let mut actions = Vec::new();
        if announce {
            actions.push(Action::IsNew(true));
        }
        if let Some(seconds) = self.max_inactive.take_dirty(stamp) {
            actions.push(Action::MaxInactive(*seconds));
        }
        if let Some(principal) = self.principal.take_dirty(stamp) {
            actions.push(Action::AuthType(self.rare.as_ref().and_then(|rare| rare.auth_type.clone())));
            let value = principal.as_ref().map(|principal| principal.value().clone());
            actions.push(Action::Principal { set: value.is_some(), value });
        }
        self.attributes.take_dirty(stamp, |name, value| {
            // Without a peer nothing is written, so nothing is copied.
            if heard {
                let name = Cow::Owned(String::from(name));
                actions.push(match value {
                    Some(value) => Action::SetAttribute(name, value.clone()),
                    None => Action::RemoveAttribute(name),
                });
            }
        });
        if !heard {
            return Some(Outgoing { event: SessionEvent::Delta, timestamp: now.wall, body: Bytes::new() });
        }
        let delta = DeltaRequest { session_id: Cow::Borrowed(self.id.as_str()), record_all_actions: false, actions };
        // Ids and names are bounded when they are set, so what is too long cannot stand here.
        let payload = delta.encode().ok()?;
        let at = UnixMillis(time);
        let message = SessionMessage::of_session(SessionEvent::Delta, context, &self.id, at, now.wall);
        // The frame states the wall clock, by which peers measure it; the message states the hybrid one.
        Some(Outgoing { event: SessionEvent::Delta, timestamp: now.wall, body: message.with_payload(payload).encode() })
    }

    /// Ends the session for good. The message for the peers, if they know of it.
    pub fn end(&mut self, now: Now, context: &str) -> Option<Outgoing> {
        if core::mem::replace(&mut self.ended, true) || !self.announced {
            return None;
        }
        let message = SessionMessage::of_session(SessionEvent::Expired, context, &self.id, now.wall, now.wall);
        Some(Outgoing { event: SessionEvent::Expired, timestamp: now.wall, body: message.encode() })
    }

    /// What the clock says about it.
    ///
    /// Source: Tomcat `DeltaSession.isValid`: the primary ends a session after its idle time, replicas drop it after twice that.
    pub fn expiry(&self, now: Now) -> Expiry {
        expiry_of(now, self.touched, self.max_inactive.value, self.role)
    }

    /// For how long no request has touched it, on any node.
    pub fn idle(&self, now: Now) -> Duration {
        now.monotonic.0.saturating_sub(self.touched)
    }

    // ---- what peers tell ----

    /// A peer's request touched the session.
    pub fn accessed_elsewhere(&mut self, now: Now) {
        self.is_new = false;
        self.last_accessed = now.wall;
        self.this_accessed = now.wall;
        self.touched = now.monotonic.0;
        self.role = Role::Backup;
    }

    /// A peer gave it another id.
    pub fn id_changed_elsewhere(&mut self, now: Now, id: SessionId) {
        self.id = id;
        self.accessed_elsewhere(now);
    }

    /// A peer ended it. It is nobody's to tell again.
    pub fn end_quietly(&mut self) {
        self.ended = true;
    }

    /// A peer's request changed it. Changes made here and not yet sent stay, and are sent later with a later stamp.
    pub fn apply(&mut self, now: Now, delta: DeltaRequest<'_>, origin: Origin) -> Applied {
        let mut applied = Applied::default();
        // What a message says twice about the user (how, and who) stands or falls together.
        let before = self.principal.stamp;
        let overwrite = |known| origin.overwrite(known);
        for action in delta.actions {
            let incoming = match action {
                Action::SetAttribute(name, value) => {
                    self.release(&name);
                    let tied =
                        self.attributes.get(&name) != Some(&value) && origin.ties_with(self.attributes.stamp(&name));
                    applied.tied += usize::from(tied);
                    self.attributes.receive(name, Some(value), overwrite)
                }
                Action::RemoveAttribute(name) => self.attributes.receive(name, None, overwrite),
                Action::MaxInactive(seconds) => self.max_inactive.receive(seconds, overwrite),
                Action::Principal { value, .. } => self.principal.receive(value.map(principal_of), overwrite),
                Action::AuthType(value) => {
                    if origin.overwrite(before).is_some()
                        && !self.principal.is_dirty()
                        && (value.is_some() || self.rare.is_some())
                    {
                        self.rare_mut().auth_type = value;
                    }
                    Incoming::Applied
                }
                Action::Listener { value: Some(value), added, .. } => {
                    let listeners = &mut self.rare_mut().listeners;
                    listeners.retain(|known| *known != value);
                    if added && listeners.len() < RARE_MAX {
                        listeners.push(value);
                    }
                    Incoming::Applied
                }
                Action::Note { name, value } => {
                    self.set_note(name.into_owned(), value);
                    Incoming::Applied
                }
                Action::Unreadable(unreadable) => {
                    // What it was before is out of date, whatever it is now.
                    let incoming = match unreadable.is_attribute {
                        true => self.attributes.receive(&*unreadable.name, None, overwrite),
                        false => Incoming::Applied,
                    };
                    self.quarantine(&unreadable);
                    applied.unreadable.push(unreadable);
                    incoming
                }
                Action::IsNew(_) | Action::Listener { value: None, .. } | Action::Unknown { .. } => Incoming::Applied,
            };
            applied.stale += usize::from(incoming == Incoming::Stale);
        }
        self.see(origin);
        self.accessed_elsewhere(now);
        applied
    }

    /// Moves the session's clock past every stamp that was seen in it. A Tomcat's write has a stamp later than it states.
    fn see(&mut self, origin: Origin) {
        let registers = self.principal.stamp.time.max(self.max_inactive.stamp.time);
        self.clock = self.clock.max(origin.stated).max(registers).max(self.attributes.latest());
    }

    /// Values that peers have sent and that are kept without being forwarded, with the attributes that they were for.
    pub fn quarantined(&self) -> &[(String, Refused)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.quarantine)
    }

    fn quarantine(&mut self, unreadable: &Unreadable) {
        self.release(&unreadable.name);
        let Why::Refused(refused) = &unreadable.why else { return };
        let quarantine = &mut self.rare_mut().quarantine;
        if refused.bytes.len() <= QUARANTINE_BYTES_MAX && quarantine.len() < QUARANTINE_MAX {
            quarantine.push((unreadable.name.clone(), refused.clone()));
        }
    }

    /// There is a newer value under this name.
    fn release(&mut self, name: &str) {
        if let Some(rare) = &mut self.rare {
            rare.quarantine.retain(|(known, _)| known != name);
            rare.local.retain(|(known, _)| known != name);
        }
    }

    fn set_note(&mut self, name: String, value: Option<Value>) {
        let notes = &mut self.rare_mut().notes;
        notes.retain(|(known, _)| *known != name);
        if let Some(value) = value
            && notes.len() < RARE_MAX
        {
            notes.push((name, value));
        }
    }
}

pub(crate) fn expiry_of(now: Now, touched: Duration, max_inactive: i32, role: Role) -> Expiry {
    let Some(limit) = u64::try_from(max_inactive).ok().filter(|seconds| *seconds > 0) else {
        return Expiry::Alive;
    };
    let idle = now.monotonic.0.saturating_sub(touched).as_secs();
    match role {
        Role::Primary if idle >= limit => Expiry::Expire,
        Role::Backup if idle >= limit.saturating_mul(2) => Expiry::Drop,
        Role::Primary | Role::Backup => Expiry::Alive,
    }
}

fn principal_of(value: Value) -> Box<Principal> {
    Box::new(Principal::from_value(value))
}

mod kept;
mod retold;
mod whole;

#[cfg(test)]
mod tests;
