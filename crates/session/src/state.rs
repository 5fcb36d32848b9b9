//! Whole sessions: the payload of `ALL_SESSION_DATA`.
//!
//! One stream: the number of sessions, then each with its times, flags, user, id, two notes, attributes and listeners.
//! What a delta knows beside (how the user was authenticated, other notes) is not in it.
//!
//! Source: Tomcat `DeltaManager.serializeSessions`, `DeltaSession.doWriteObject`.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectInput, ObjectOutput, Read, Value};
use outlive_tribes_proto::time::UnixMillis;
use serde::de::DeserializeOwned;

use crate::unreadable::{Search, Unreadable, Why};

const TC_REFERENCE: u8 = 0x71;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_RESET: u8 = 0x79;

/// More sessions than one block can hold within the largest frame.
pub(crate) const SESSIONS_MAX: usize = 16 << 20;

/// More attributes than any session has; a larger count is refused before memory is taken.
pub const ATTRIBUTES_MAX: usize = 65_536;

/// The note that names the id a login expects; one of the two notes that travel with a whole session.
pub const NOTE_SESSION_ID: &str = "org.apache.catalina.authenticator.SESSION_ID";

/// The note with the request that a FORM login interrupted.
pub const NOTE_REQUEST: &str = "org.apache.catalina.authenticator.REQUEST";

/// One whole session as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// When it was made.
    pub created: UnixMillis,
    /// The end of the last request but one that touched it.
    pub last_accessed: UnixMillis,
    /// Seconds; zero and less: never expires.
    pub max_inactive: i32,
    /// Whether no client has joined it yet.
    pub is_new: bool,
    /// Whether it was alive at the sender.
    pub is_valid: bool,
    /// The last touch.
    pub this_accessed: UnixMillis,
    /// Tomcat writes 0, keeps what it is given and never looks at it. Ours write the largest stamp of the session.
    pub version: i64,
    /// The principal's Java object.
    pub principal: Option<Value>,
    /// The whole id.
    pub id: String,
    /// The value of [`NOTE_SESSION_ID`].
    pub note_session_id: Option<Value>,
    /// The value of [`NOTE_REQUEST`].
    pub note_request: Option<Value>,
    /// Names and values.
    pub attributes: Vec<(String, Value)>,
    /// Listeners that replicate themselves.
    pub listeners: Vec<Value>,
    /// Attributes whose value was not taken; never written.
    pub unreadable: Vec<Unreadable>,
}

/// Writes a block of sessions one after the other.
#[derive(Debug)]
pub struct StateWriter(ObjectOutput);

impl StateWriter {
    /// A block that will hold exactly `count` sessions.
    pub fn new(count: usize) -> Self {
        let mut out = ObjectOutput::new();
        out.write_integer_object(i32::try_from(count).unwrap_or(i32::MAX));
        StateWriter(out)
    }

    /// Appends one session.
    pub fn push(&mut self, state: &SessionState) {
        let out = &mut self.0;
        out.write_long_object(state.created.0);
        out.write_long_object(state.last_accessed.0);
        out.write_integer_object(state.max_inactive);
        out.write_boolean_object(state.is_new);
        out.write_boolean_object(state.is_valid);
        out.write_long_object(state.this_accessed.0);
        out.write_long_object(state.version);
        out.write_bool(state.principal.is_some());
        if let Some(principal) = &state.principal {
            out.write_value(principal);
        }
        out.write_string_object(&state.id);
        for note in [&state.note_session_id, &state.note_request] {
            match note {
                Some(note) => out.write_value(note),
                None => out.write_null(),
            }
        }
        out.write_integer_object(i32::try_from(state.attributes.len()).unwrap_or(i32::MAX));
        for (name, value) in &state.attributes {
            out.write_string_object(name);
            out.write_value(value);
        }
        out.write_integer_object(i32::try_from(state.listeners.len()).unwrap_or(i32::MAX));
        for listener in &state.listeners {
            out.write_value(listener);
        }
    }

    /// The payload.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}

/// Reads a block of sessions one after the other, so that those before a fault are kept.
#[derive(Debug)]
pub struct StateReader<'a> {
    input: ObjectInput<'a>,
    payload: &'a [u8],
    left: usize,
    tolerant: bool,
    lost: usize,
    /// The session behind one with a broken value: it was read to see whether its place was found.
    ahead: Option<SessionState>,
}

impl<'a> StateReader<'a> {
    /// Reads the head of a payload.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream, or an impossible count.
    pub fn new(payload: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = ObjectInput::new(payload, *limits)?;
        let left = count(&mut input, SESSIONS_MAX, "a number of sessions")?;
        Ok(StateReader { input, payload, left, tolerant: false, lost: 0, ahead: None })
    }

    /// A reader for which a value that cannot be taken costs its attribute ([`SessionState::unreadable`]).
    ///
    /// Behind the first value that breaks off, the rest of its session is looked for: the first place from which that, and the
    /// next session, can be read. Without such a place, and behind a second one, the other sessions are lost.
    #[must_use]
    pub fn tolerant(self) -> Self {
        StateReader { tolerant: true, ..self }
    }

    /// How many sessions are still to come.
    pub fn remaining(&self) -> usize {
        self.left
    }

    /// How many of the sessions that were announced could not be read so far.
    pub fn lost(&self) -> usize {
        self.lost
    }

    fn read(&mut self) -> Result<SessionState, DecodeError> {
        let (mut state, attributes_len) = self.read_head()?;
        let (from, attributes_left) = match self.read_rest(&mut state, attributes_len) {
            Ok(()) => return Ok(state),
            Err(Broken { value: Some((name, from, index)), fault }) if self.tolerant => {
                state.unreadable.push(Unreadable { name, is_attribute: true, why: Why::Broken(fault) });
                (from, attributes_len - index - 1)
            }
            Err(Broken { fault, .. }) => return Err(fault),
        };
        let mut search = Search::new(self.payload, from);
        while let Some(place) = search.next(self.input.offset(), &[TC_REFERENCE, TC_OBJECT, TC_STRING, TC_RESET]) {
            if !self.input.resume(place) {
                break;
            }
            let mut whole = state.clone();
            if self.read_rest(&mut whole, attributes_left).is_err() {
                continue;
            }
            let fits = match self.left {
                0 => self.input.at_end(),
                _ => {
                    self.ahead = self.read_head().ok().and_then(|(mut next, attributes_len)| {
                        self.read_rest(&mut next, attributes_len).ok().map(|()| next)
                    });
                    self.ahead.is_some()
                }
            };
            if fits {
                return Ok(whole);
            }
        }
        state.unreadable.extend((0..attributes_left).map(|_| Unreadable::behind()));
        // What follows is not found any more: this session ends here, and is the last one.
        self.lost = self.left;
        self.left = 0;
        Ok(state)
    }

    /// Everything in front of the attributes, and how many those are.
    fn read_head(&mut self) -> Result<(SessionState, usize), DecodeError> {
        let input = &mut self.input;
        let created = UnixMillis(typed(input, "the creation time")?);
        let last_accessed = UnixMillis(typed(input, "the time of the last access")?);
        let max_inactive = typed(input, "the idle time")?;
        let is_new = typed(input, "isNew")?;
        let is_valid = typed(input, "isValid")?;
        let this_accessed = UnixMillis(typed(input, "the time of this access")?);
        let version = typed(input, "the version")?;
        let mut unreadable = Vec::new();
        let principal = match input.read_bool()? {
            true => taken(input, self.tolerant, ("the user", false), &mut unreadable)?,
            false => None,
        };
        let id = typed(input, "the session id")?;
        // Senders before 2022 have no notes here: then the next object is the number of attributes already.
        let (note_session_id, note_request, attributes_len) = {
            let offset = input.offset();
            let first = value(input)?;
            match first.as_ref().filter(|first| first.class_name() == "java.lang.Integer") {
                Some(first) => (None, None, checked(first.to_serde().ok(), ATTRIBUTES_MAX, offset)?),
                None => {
                    let note = taken(input, self.tolerant, (NOTE_REQUEST, false), &mut unreadable)?;
                    (first, note, count(input, ATTRIBUTES_MAX, "a number of attributes")?)
                }
            }
        };
        let state = SessionState {
            created,
            last_accessed,
            max_inactive,
            is_new,
            is_valid,
            this_accessed,
            version,
            principal,
            id,
            note_session_id,
            note_request,
            attributes: Vec::new(),
            listeners: Vec::new(),
            unreadable,
        };
        Ok((state, attributes_len))
    }

    /// So many attributes, and the listeners.
    fn read_rest(&mut self, state: &mut SessionState, attributes_len: usize) -> Result<(), Broken> {
        let (input, tolerant) = (&mut self.input, self.tolerant);
        for index in 0..attributes_len {
            let name: String = typed(input, "the name of an attribute")?;
            let from = input.offset();
            match taken(input, tolerant, (&name, true), &mut state.unreadable) {
                Ok(Some(value)) => state.attributes.push((name, value)),
                Ok(None) => {}
                Err(fault) => return Err(Broken { value: Some((name, from, index)), fault }),
            }
        }
        let listeners_len = count(input, ATTRIBUTES_MAX, "a number of listeners")?;
        for _ in 0..listeners_len {
            state.listeners.extend(taken(input, tolerant, ("a listener", false), &mut state.unreadable)?);
        }
        Ok(())
    }
}

/// Why a session cannot be read to its end.
struct Broken {
    /// The attribute whose value it is, where that begins, and its place in the list; none: what is between values.
    value: Option<(String, usize, usize)>,
    fault: DecodeError,
}

impl From<DecodeError> for Broken {
    fn from(fault: DecodeError) -> Self {
        Broken { value: None, fault }
    }
}

impl Iterator for StateReader<'_> {
    type Item = Result<SessionState, DecodeError>;

    /// The next session; after a fault there is none, for the rest of the stream cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        if let Some(ahead) = self.ahead.take() {
            return Some(Ok(ahead));
        }
        let read = self.read();
        if read.is_err() {
            self.lost = self.left + 1;
            self.left = 0;
        }
        Some(read)
    }
}

/// A value that is not null, or a note that it was not taken.
fn taken(
    input: &mut ObjectInput<'_>,
    tolerant: bool,
    (name, is_attribute): (&str, bool),
    unreadable: &mut Vec<Unreadable>,
) -> Result<Option<Value>, DecodeError> {
    let read = if tolerant { input.read_or_refuse()? } else { Ok(input.read_object()?) };
    let why = match read {
        Ok(Read::Value(value)) => return Ok(Some(value).filter(|value| !value.is_null())),
        Ok(Read::Exception) => Why::Lost,
        Err(refused) => Why::Refused(refused),
    };
    unreadable.push(Unreadable { name: name.into(), is_attribute, why });
    Ok(None)
}

pub(crate) fn value(input: &mut ObjectInput<'_>) -> Result<Option<Value>, DecodeError> {
    Ok(match input.read_object()? {
        Read::Value(value) if !value.is_null() => Some(value),
        Read::Value(_) | Read::Exception => None,
    })
}

/// Names and values, and those without a usable value.
type Attributes = (Vec<(String, Value)>, Vec<Unreadable>);

/// So many attributes, and those that lost their value at the sender.
pub(crate) fn attributes(input: &mut ObjectInput<'_>, count: usize) -> Result<Attributes, DecodeError> {
    let (mut attributes, mut unreadable) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let name: String = typed(input, "the name of an attribute")?;
        if let Some(value) = taken(input, false, (&name, true), &mut unreadable)? {
            attributes.push((name, value));
        }
    }
    Ok((attributes, unreadable))
}

pub(crate) fn typed<T: DeserializeOwned>(input: &mut ObjectInput<'_>, what: &'static str) -> Result<T, DecodeError> {
    let offset = input.offset();
    let value = value(input)?;
    value.and_then(|value| value.to_serde().ok()).ok_or_else(|| DecodeError::unexpected(offset, what))
}

pub(crate) fn count(input: &mut ObjectInput<'_>, max: usize, what: &'static str) -> Result<usize, DecodeError> {
    let offset = input.offset();
    let number = typed(input, what)?;
    checked(Some(number), max, offset)
}

pub(crate) fn checked(number: Option<i32>, max: usize, offset: usize) -> Result<usize, DecodeError> {
    let number = number.and_then(|number| usize::try_from(number).ok()).filter(|number| *number <= max);
    number.ok_or_else(|| DecodeError::unexpected(offset, "a count within its limit"))
}
