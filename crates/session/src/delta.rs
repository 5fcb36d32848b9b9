//! What one request changed in a session: the payload of `SESSION_DELTA`.
//!
//! A stream that mixes primitive data and objects: the session's id, a flag, the number of actions, and each action as
//! kind, verb, name, "has a value", value. Each value is written as a stream of its own behind a `TC_RESET`, so that it
//! can be cut out, kept and sent on without its neighbours.
//!
//! Source: Tomcat `DeltaRequest.writeExternal`, `DeltaRequest.AttributeInfo.writeExternal`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectInput, ObjectOutput, Read, TooLong, Value};

use crate::unreadable::{Search, Unreadable, Why};

const SET: i32 = 0;
const REMOVE: i32 = 1;

const KIND_ATTRIBUTE: i32 = 0;
const KIND_PRINCIPAL: i32 = 1;
const KIND_IS_NEW: i32 = 2;
const KIND_MAX_INTERVAL: i32 = 3;
const KIND_AUTH_TYPE: i32 = 4;
const KIND_LISTENER: i32 = 5;
const KIND_NOTE: i32 = 6;

const TC_BLOCKDATA: u8 = 0x77;
const TC_RESET: u8 = 0x79;
const TC_BLOCKDATALONG: u8 = 0x7a;

/// More actions than one request of any application makes; a larger count is refused before memory is taken.
pub const ACTIONS_MAX: usize = 65_536;

/// The changes of one request to one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaRequest<'a> {
    /// The whole id of the session as the sender holds it.
    pub session_id: Cow<'a, str>,
    /// Whether the sender keeps every action rather than the last for a name.
    pub record_all_actions: bool,
    /// In the order in which they are to be applied.
    pub actions: Vec<Action<'a>>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// An attribute was set.
    SetAttribute(Cow<'a, str>, Value),
    /// An attribute was removed.
    RemoveAttribute(Cow<'a, str>),
    /// A user logged in (`Some`) or out. Tomcat writes a logout as "remove", and an unusable principal as "set" without a value.
    Principal {
        /// The principal's Java object.
        value: Option<Value>,
        /// Whether it was written as "set".
        set: bool,
    },
    /// Whether the client has not joined the session yet.
    IsNew(bool),
    /// The idle time in seconds; zero and less: never expires.
    MaxInactive(i32),
    /// How the user was authenticated; `None`: removed.
    AuthType(Option<Value>),
    /// A listener was added or removed.
    Listener {
        /// The name that the action was written under.
        name: Cow<'a, str>,
        /// The listener object.
        value: Option<Value>,
        /// Added, or removed.
        added: bool,
    },
    /// A note of the container was set or removed.
    Note {
        /// Its name.
        name: Cow<'a, str>,
        /// `None`: removed.
        value: Option<Value>,
    },
    /// A kind or verb that Tomcat 10.1 does not have.
    Unknown {
        /// The number of the kind.
        kind: i32,
        /// The number of the verb.
        verb: i32,
        /// The name it was written under.
        name: Cow<'a, str>,
        /// Its value, if it had one.
        value: Option<Value>,
    },
    /// An attribute (or something else by its name) whose value was not taken: it costs itself, not the delta. Never written.
    Unreadable(Unreadable),
}

impl<'a> DeltaRequest<'a> {
    /// The payload.
    ///
    /// # Errors
    /// [`TooLong`]: an id or a name over 65,535 bytes. Nothing is written.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let mut out = ObjectOutput::new();
        out.write_utf(&self.session_id)?;
        out.write_bool(self.record_all_actions);
        let written = self.actions.iter().filter(|action| !matches!(action, Action::Unreadable(_))).count();
        out.write_i32(i32::try_from(written).unwrap_or(i32::MAX));
        for action in &self.actions {
            action.encode(&mut out)?;
        }
        Ok(out.finish())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`DecodeError`] names the offset within the payload and what was expected. Nothing can be applied then: values
    /// share their descriptors, so what stands behind the fault cannot be read.
    pub fn decode(payload: &[u8], limits: &Limits) -> Result<DeltaRequest<'static>, DecodeError> {
        Self::read(payload, limits, false)
    }

    /// Reads a payload as [`decode`](Self::decode), but a value that cannot be taken becomes an [`Action::Unreadable`].
    ///
    /// Behind a value that breaks off, the next action is looked for: the first place from which all that must follow can be
    /// read, up to the end. Values there that share something with the broken one or with each other cannot be told from
    /// wrong ones, and are not read; ours share nothing. Without such a place what follows is lost.
    ///
    /// # Errors
    /// [`DecodeError`]: what is at fault is no value. Nothing can be applied then.
    pub fn decode_tolerantly(payload: &[u8], limits: &Limits) -> Result<DeltaRequest<'static>, DecodeError> {
        Self::read(payload, limits, true)
    }

    fn read(payload: &[u8], limits: &Limits, tolerant: bool) -> Result<DeltaRequest<'static>, DecodeError> {
        let mut input = ObjectInput::new(payload, *limits)?;
        let session_id = Cow::Owned(input.read_utf()?);
        let record_all_actions = input.read_bool()?;
        let count = input.read_i32()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= ACTIONS_MAX);
        let count = count.ok_or_else(|| DecodeError::unexpected(input.offset(), "at most 65536 actions"))?;
        // Each action takes 12 bytes at least, so memory follows what is really there.
        let mut actions = Vec::with_capacity(count.min(payload.len() / 12));
        while actions.len() < count {
            let head = Head::decode(&mut input)?;
            let from = input.offset();
            match head.action(&mut input, tolerant) {
                Ok(action) => actions.push(action),
                Err(fault) if tolerant => {
                    actions.push(Action::Unreadable(head.unreadable(Why::Broken(fault))));
                    let left = count - actions.len();
                    match Action::find(&mut input, payload, from, left) {
                        Some(found) => actions.extend(found),
                        None => {
                            actions.extend((0..left).map(|_| Action::Unreadable(Unreadable::behind())));
                        }
                    }
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(DeltaRequest { session_id, record_all_actions, actions })
    }
}

/// What stands in front of an action's value.
struct Head {
    kind: i32,
    verb: i32,
    name: String,
    has_value: bool,
}

impl Head {
    fn decode(input: &mut ObjectInput<'_>) -> Result<Self, DecodeError> {
        let (kind, verb) = (input.read_i32()?, input.read_i32()?);
        Ok(Head { kind, verb, name: input.read_utf()?, has_value: input.read_bool()? })
    }

    /// Whether Tomcat 10.1 writes such a one.
    fn is_known(&self) -> bool {
        (KIND_ATTRIBUTE..=KIND_NOTE).contains(&self.kind) && [SET, REMOVE].contains(&self.verb) && !self.name.is_empty()
    }

    fn unreadable(&self, why: Why) -> Unreadable {
        Unreadable { name: self.name.clone(), is_attribute: self.kind == KIND_ATTRIBUTE, why }
    }

    fn action(&self, input: &mut ObjectInput<'_>, tolerant: bool) -> Result<Action<'static>, DecodeError> {
        let read = match (self.has_value, tolerant) {
            (false, _) => return Ok(self.with(None)),
            (true, false) => Ok(input.read_object()?),
            (true, true) => input.read_or_refuse()?,
        };
        Ok(match read {
            // Nobody is logged in as null, and nothing that a session holds is null: it is as good as no value.
            Ok(Read::Value(value)) => self.with(Some(value).filter(|value| !value.is_null())),
            Ok(Read::Exception) => Action::Unreadable(self.unreadable(Why::Lost)),
            Err(refused) => Action::Unreadable(self.unreadable(Why::Refused(refused))),
        })
    }

    fn with(&self, value: Option<Value>) -> Action<'static> {
        let name = Cow::Owned(self.name.clone());
        let verb = self.verb;
        let integer = |value: &Option<Value>| value.as_ref().and_then(|value| value.to_serde::<i32>().ok());
        let boolean = |value: &Option<Value>| value.as_ref().and_then(|value| value.to_serde::<bool>().ok());
        match (self.kind, verb, value) {
            // Tomcat's setAttribute with null removes.
            (KIND_ATTRIBUTE, SET, Some(value)) => Action::SetAttribute(name, value),
            (KIND_ATTRIBUTE, SET | REMOVE, _) => Action::RemoveAttribute(name),
            (KIND_PRINCIPAL, SET | REMOVE, value) => {
                Action::Principal { value: value.filter(|_| verb == SET), set: verb == SET }
            }
            (KIND_IS_NEW, SET, value) if boolean(&value).is_some() => {
                Action::IsNew(boolean(&value).unwrap_or_default())
            }
            (KIND_MAX_INTERVAL, SET, value) if integer(&value).is_some() => {
                Action::MaxInactive(integer(&value).unwrap_or_default())
            }
            (KIND_AUTH_TYPE, SET | REMOVE, value) => Action::AuthType(value.filter(|_| verb == SET)),
            (KIND_LISTENER, SET | REMOVE, value) => Action::Listener { name, value, added: verb == SET },
            (KIND_NOTE, SET | REMOVE, value) => Action::Note { name, value: value.filter(|_| verb == SET) },
            (kind, verb, value) => Action::Unknown { kind, verb, name, value },
        }
    }
}

/// What stands in front of an action's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The number of its kind.
    pub kind: i32,
    /// The number of its verb: 0 set, 1 remove.
    pub verb: i32,
    /// The name that it is written under.
    pub name: &'a str,
}

impl Action<'_> {
    /// As it is written; `None`: it never is.
    pub fn heading(&self) -> Option<Heading<'_>> {
        let verb = |is_set: bool| if is_set { SET } else { REMOVE };
        let (kind, verb, name) = match self {
            Action::SetAttribute(name, _) => (KIND_ATTRIBUTE, SET, &**name),
            Action::RemoveAttribute(name) => (KIND_ATTRIBUTE, REMOVE, &**name),
            Action::Principal { set, .. } => (KIND_PRINCIPAL, verb(*set), "__SET__PRINCIPAL__"),
            Action::IsNew(_) => (KIND_IS_NEW, SET, "__SET__ISNEW__"),
            Action::MaxInactive(_) => (KIND_MAX_INTERVAL, SET, "__SET__MAXINTERVAL__"),
            Action::AuthType(value) => (KIND_AUTH_TYPE, verb(value.is_some()), "__SET__AUTHTYPE__"),
            Action::Listener { name, added, .. } => (KIND_LISTENER, verb(*added), &**name),
            Action::Note { name, value } => (KIND_NOTE, verb(value.is_some()), &**name),
            Action::Unknown { kind, verb, name, .. } => (*kind, *verb, &**name),
            Action::Unreadable(_) => return None,
        };
        Some(Heading { kind, verb, name })
    }

    /// The value, if it has one.
    pub fn value(&self) -> Option<Cow<'_, Value>> {
        match self {
            Action::SetAttribute(_, value) => Some(Cow::Borrowed(value)),
            Action::Principal { value, .. }
            | Action::AuthType(value)
            | Action::Listener { value, .. }
            | Action::Note { value, .. }
            | Action::Unknown { value, .. } => value.as_ref().map(Cow::Borrowed),
            Action::IsNew(is_new) => Some(Cow::Owned(Value::boolean(*is_new))),
            Action::MaxInactive(seconds) => Some(Cow::Owned(Value::integer(*seconds))),
            Action::RemoveAttribute(_) | Action::Unreadable(_) => None,
        }
    }

    fn encode(&self, out: &mut ObjectOutput) -> Result<(), TooLong> {
        let Some(heading) = self.heading() else { return Ok(()) };
        match self {
            Action::IsNew(is_new) => {
                heading.encode(out, true)?;
                out.write_boolean_object(*is_new);
            }
            Action::MaxInactive(seconds) => {
                heading.encode(out, true)?;
                out.write_integer_object(*seconds);
            }
            _ => {
                let value = self.value();
                heading.encode(out, value.is_some())?;
                if let Some(value) = value {
                    out.write_value(&value);
                }
            }
        }
        Ok(())
    }

    /// The `left` actions behind a value that begins at `from` and cannot be read.
    fn find(input: &mut ObjectInput<'_>, payload: &[u8], from: usize, left: usize) -> Option<Vec<Action<'static>>> {
        if left == 0 {
            return Some(Vec::new());
        }
        let mut search = Search::new(payload, from);
        loop {
            let place = search.next(input.offset(), &[TC_BLOCKDATA, TC_BLOCKDATALONG, TC_RESET])?;
            if input.resume(place)
                && let Some(found) = Self::all(input, left)
            {
                return Some(found);
            }
        }
    }

    /// Exactly so many actions, such as a Tomcat writes, up to the end.
    fn all(input: &mut ObjectInput<'_>, count: usize) -> Option<Vec<Action<'static>>> {
        let mut found = Vec::new();
        for _ in 0..count {
            let head = Head::decode(input).ok().filter(Head::is_known)?;
            found.push(head.action(input, true).ok()?);
        }
        input.at_end().then_some(found)
    }
}

impl Heading<'_> {
    fn encode(self, out: &mut ObjectOutput, has_value: bool) -> Result<(), TooLong> {
        out.write_i32(self.kind);
        out.write_i32(self.verb);
        out.write_utf(self.name)?;
        out.write_bool(has_value);
        Ok(())
    }
}
