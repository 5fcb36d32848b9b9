//! Whole sessions as Tomcat keeps them: in a `FileStore`'s `ID.session`, in a table's column, in a `StandardManager`'s `SESSIONS.ser`.
//!
//! One stream either way. A `.session` file is one session and nothing else; a `SESSIONS.ser` begins with their number. The form is not
//! that of a state transfer ([`state`](crate::state)): it has no version and no listeners, but how the user was authenticated. What
//! Tomcat writes, and what is written here, differs in no byte as long as no two values share an object that Java may have twice.
//!
//! Source: Tomcat `StandardSession.doWriteObject`, `FileStore.save`, `StandardManager.doUnload`.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectInput, ObjectOutput, Value};
use outlive_tribes_proto::time::UnixMillis;

use crate::state::{NOTE_REQUEST, SessionState};
use crate::whole::{Form, Life, Sessions, Source, is_number, typed};

/// A session of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// All that a state transfer knows as well; `version` is 0 and there are no listeners.
    pub state: SessionState,
    /// How the user was authenticated, such as `FORM`. Tomcat writes it only with `persistAuthentication`.
    pub auth_type: Option<Value>,
}

impl StoredSession {
    /// Without what Tomcat writes only with `persistAuthentication`: the user, how it was authenticated, and the two notes of a login.
    #[must_use]
    pub fn without_authentication(mut self) -> Self {
        self.auth_type = None;
        self.state.principal = None;
        self.state.note_session_id = None;
        self.state.note_request = None;
        self
    }

    /// The bytes of a `.session` file.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = StoredWriter(ObjectOutput::new());
        writer.push(self);
        writer.finish()
    }

    /// The session of a `.session` file, in which a value that cannot be taken costs its attribute.
    ///
    /// # Errors
    /// [`DecodeError`]: no session, one that breaks off, or something behind it.
    pub fn decode(file: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut reader = StoredReader::session(file, limits)?.tolerant();
        let session = reader.next().unwrap_or_else(|| Err(DecodeError::unexpected(0, "a session")))?;
        match reader.at_end() && !reader.is_cut() {
            true => Ok(session),
            false => Err(DecodeError::unexpected(reader.offset(), "the end of the session")),
        }
    }
}

/// What stands in front of a stored session's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    /// When it was last accessed: the end of that request, or its begin with `sessionLastAccessAtStart`.
    pub last_accessed: UnixMillis,
    /// Seconds; zero and less: never expires.
    pub max_inactive: i32,
    /// Whether it was alive when it was written.
    pub is_valid: bool,
    /// The last touch, never before `last_accessed` in what Tomcat writes.
    pub this_accessed: UnixMillis,
    /// The whole id.
    pub id: String,
}

impl StoredHead {
    /// So many bytes of a file are enough, whatever its id.
    pub const BYTES_MAX: usize = 1024;

    /// Reads the beginning of a `.session` file.
    ///
    /// # Errors
    /// [`DecodeError`]: that is none, or it breaks off.
    pub fn decode(beginning: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = ObjectInput::new(beginning, *limits)?;
        let Life { last_accessed, max_inactive, is_valid, this_accessed, .. } = Life::read(&mut input)?;
        let id = typed(&mut input, "the session id")?;
        Ok(StoredHead { last_accessed, max_inactive, is_valid, this_accessed, id })
    }
}

/// Writes sessions one after the other.
#[derive(Debug)]
pub struct StoredWriter(ObjectOutput);

impl StoredWriter {
    /// A `SESSIONS.ser` that will hold exactly `count` sessions.
    pub fn sessions(count: usize) -> Self {
        let mut out = ObjectOutput::new();
        out.write_integer_object(i32::try_from(count).unwrap_or(i32::MAX));
        StoredWriter(out)
    }

    /// Appends one session.
    pub fn push(&mut self, session: &StoredSession) {
        let out = &mut self.0;
        let state = &session.state;
        Life::of(state).write(out);
        out.write_string_object(&state.id);
        out.write_constant(session.auth_type.as_ref().unwrap_or(&Value::null()));
        for value in [&state.principal, &state.note_session_id, &state.note_request] {
            out.write_joined(value.as_ref().unwrap_or(&Value::null()));
        }
        out.write_integer_object(i32::try_from(state.attributes.len()).unwrap_or(i32::MAX));
        for (name, value) in &state.attributes {
            out.write_string_object(name);
            out.write_joined(value);
        }
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}

/// Reads the sessions of a file one after the other, so that those before a fault are kept.
#[derive(Debug)]
pub struct StoredReader<'a>(Sessions<'a, Stored>);

impl<'a> StoredReader<'a> {
    /// The one session of a `.session` file.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream.
    pub fn session(file: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        Sessions::one(file, limits).map(StoredReader)
    }

    /// The sessions of a `SESSIONS.ser`.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream, or an impossible number of sessions.
    pub fn sessions(file: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        Sessions::counted(file, limits).map(StoredReader)
    }

    /// A reader for which a value that cannot be taken costs its attribute, as [`StateReader::tolerant`](crate::StateReader::tolerant).
    #[must_use]
    pub fn tolerant(self) -> Self {
        StoredReader(self.0.tolerant())
    }

    /// Where the next session begins, or where reading stopped, from the start of the file.
    pub fn offset(&self) -> usize {
        self.0.offset()
    }

    /// Whether nothing is left in the file.
    pub fn at_end(&self) -> bool {
        self.0.at_end()
    }

    /// Whether the last session has lost all that stood behind one of its values: the file was cut off there, or is damaged.
    pub fn is_cut(&self) -> bool {
        self.0.is_cut()
    }

    /// How many of the sessions that were announced could not be read so far.
    pub fn lost(&self) -> usize {
        self.0.lost()
    }
}

impl Iterator for StoredReader<'_> {
    type Item = Result<StoredSession, DecodeError>;

    /// The next session; after a fault there is none, for the rest of the stream cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The form of a `StandardSession`.
#[derive(Debug)]
struct Stored;

impl Form for Stored {
    type Session = StoredSession;

    fn read_head(source: &mut Source<'_>) -> Result<(StoredSession, usize), DecodeError> {
        let life = Life::read(&mut source.input)?;
        let mut state = life.into_state(typed(&mut source.input, "the session id")?);
        // Two pairs stand before the number of attributes, each of which older Tomcats leave out.
        let (mut pairs, mut attributes_len) = (Vec::new(), None);
        while attributes_len.is_none() && pairs.len() < 2 {
            let offset = source.input.offset();
            match source.value()? {
                Some(number) if is_number(&number) => {
                    attributes_len = Some(source.attributes_len(Some((&number, offset)))?);
                }
                first => {
                    let what = if pairs.is_empty() { "the user" } else { NOTE_REQUEST };
                    pairs.push((first, source.taken((what, false), &mut state.unreadable)?));
                }
            }
        }
        let attributes_len = match attributes_len {
            Some(number) => number,
            None => source.attributes_len(None)?,
        };
        let mut pairs = pairs.into_iter();
        let (auth_type, principal) = pairs.next().unwrap_or_default();
        state.principal = principal;
        (state.note_session_id, state.note_request) = pairs.next().unwrap_or_default();
        Ok((StoredSession { state, auth_type }, attributes_len))
    }

    fn read_tail(_: &mut Source<'_>, _: &mut StoredSession) -> Result<(), DecodeError> {
        Ok(())
    }

    fn state(session: &mut StoredSession) -> &mut SessionState {
        &mut session.state
    }
}

#[cfg(test)]
mod tests;
