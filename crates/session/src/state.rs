//! Whole sessions: the payload of `ALL_SESSION_DATA`.
//!
//! One stream: the number of sessions, then each with its times, flags, user, id, two notes, attributes and listeners.
//! What a delta knows beside (how the user was authenticated, other notes) is not in it.
//!
//! Source: Tomcat `DeltaManager.serializeSessions`, `DeltaSession.doWriteObject`.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectOutput, Value};
use outlive_tribes_proto::time::UnixMillis;

use crate::unreadable::Unreadable;
use crate::whole::{ATTRIBUTES_MAX, Form, Life, Sessions, Source, count, is_number, typed};

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
        Life::of(state).write(out);
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
pub struct StateReader<'a>(Sessions<'a, Transferred>);

impl<'a> StateReader<'a> {
    /// Reads the head of a payload.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream, or an impossible count.
    pub fn new(payload: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        Sessions::counted(payload, limits).map(StateReader)
    }

    /// A reader for which a value that cannot be taken costs its attribute ([`SessionState::unreadable`]).
    ///
    /// Behind the first value that breaks off, the rest of its session is looked for: the first place from which that, and the
    /// next session, can be read. Without such a place, and behind a second one, the other sessions are lost.
    #[must_use]
    pub fn tolerant(self) -> Self {
        StateReader(self.0.tolerant())
    }

    /// How many sessions are still to come.
    pub fn remaining(&self) -> usize {
        self.0.remaining()
    }

    /// How many of the sessions that were announced could not be read so far.
    pub fn lost(&self) -> usize {
        self.0.lost()
    }
}

impl Iterator for StateReader<'_> {
    type Item = Result<SessionState, DecodeError>;

    /// The next session; after a fault there is none, for the rest of the stream cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The form of a `DeltaSession`.
#[derive(Debug)]
struct Transferred;

impl Form for Transferred {
    type Session = SessionState;

    fn read_head(source: &mut Source<'_>) -> Result<(SessionState, usize), DecodeError> {
        let life = Life::read(&mut source.input)?;
        let version = typed(&mut source.input, "the version")?;
        let mut unreadable = Vec::new();
        let principal = match source.input.read_bool()? {
            true => source.taken(("the user", false), &mut unreadable)?,
            false => None,
        };
        let id = typed(&mut source.input, "the session id")?;
        // Senders before 2022 have no notes here: then the next object is the number of attributes already.
        let (note_session_id, note_request, attributes_len) = {
            let offset = source.input.offset();
            let first = source.value()?;
            match first.as_ref().filter(|first| is_number(first)) {
                Some(first) => (None, None, source.attributes_len(Some((first, offset)))?),
                None => {
                    let note = source.taken((NOTE_REQUEST, false), &mut unreadable)?;
                    (first, note, source.attributes_len(None)?)
                }
            }
        };
        let state =
            SessionState { version, principal, note_session_id, note_request, unreadable, ..life.into_state(id) };
        Ok((state, attributes_len))
    }

    fn read_tail(source: &mut Source<'_>, state: &mut SessionState) -> Result<(), DecodeError> {
        let listeners_len = count(&mut source.input, ATTRIBUTES_MAX, "a number of listeners")?;
        for _ in 0..listeners_len {
            state.listeners.extend(source.taken(("a listener", false), &mut state.unreadable)?);
        }
        Ok(())
    }

    fn state(session: &mut SessionState) -> &mut SessionState {
        session
    }
}
