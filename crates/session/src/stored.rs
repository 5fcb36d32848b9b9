//! Whole sessions as Tomcat keeps them in files: a `FileStore`'s `ID.session`, and a `StandardManager`'s `SESSIONS.ser`.
//!
//! One stream either way. A `.session` file is one session and nothing else; a `SESSIONS.ser` begins with their number. The form is not
//! that of a state transfer ([`state`](crate::state)): it has no version and no listeners, but how the user was authenticated.
//!
//! Files are read here, not written.
//!
//! Source: Tomcat `StandardSession.doWriteObject`, `FileStore.save`, `StandardManager.doUnload`.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectInput, Value};
use outlive_tribes_proto::time::UnixMillis;

use crate::state::{ATTRIBUTES_MAX, SESSIONS_MAX, SessionState, attributes, checked, count, typed, value};

/// A session out of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// All that a state transfer knows as well; `version` is 0 and there are no listeners.
    pub state: SessionState,
    /// How the user was authenticated, such as `FORM`. Tomcat writes it only with `persistAuthentication`.
    pub auth_type: Option<Value>,
}

/// Reads the sessions of a file one after the other, so that those before a fault are kept.
#[derive(Debug)]
pub struct StoredReader<'a> {
    input: ObjectInput<'a>,
    left: usize,
}

impl<'a> StoredReader<'a> {
    /// The one session of a `.session` file.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream.
    pub fn session(file: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        Ok(StoredReader { input: ObjectInput::new(file, *limits)?, left: 1 })
    }

    /// The sessions of a `SESSIONS.ser`.
    ///
    /// # Errors
    /// [`DecodeError`]: no Java stream, or an impossible number of sessions.
    pub fn sessions(file: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = ObjectInput::new(file, *limits)?;
        let left = count(&mut input, SESSIONS_MAX, "a number of sessions")?;
        Ok(StoredReader { input, left })
    }

    /// Where the next session begins, or where reading stopped, from the start of the file.
    pub fn offset(&self) -> usize {
        self.input.offset()
    }

    /// Whether nothing is left in the file.
    pub fn at_end(&self) -> bool {
        self.input.at_end()
    }

    fn read(&mut self) -> Result<StoredSession, DecodeError> {
        let input = &mut self.input;
        let created = UnixMillis(typed(input, "the creation time")?);
        let last_accessed = UnixMillis(typed(input, "the time of the last access")?);
        let max_inactive = typed(input, "the idle time")?;
        let is_new = typed(input, "isNew")?;
        let is_valid = typed(input, "isValid")?;
        let this_accessed = UnixMillis(typed(input, "the time of this access")?);
        let id: String = typed(input, "the session id")?;
        // Two pairs stand before the number of attributes, each of which older Tomcats leave out.
        let (mut pairs, mut attributes_len) = (Vec::new(), None);
        while attributes_len.is_none() && pairs.len() < 2 {
            let offset = input.offset();
            match value(input)? {
                Some(number) if number.class_name() == "java.lang.Integer" => {
                    attributes_len = Some(checked(number.to_serde().ok(), ATTRIBUTES_MAX, offset)?);
                }
                first => pairs.push((first, value(input)?)),
            }
        }
        let attributes_len = match attributes_len {
            Some(number) => number,
            None => count(input, ATTRIBUTES_MAX, "a number of attributes")?,
        };
        let (attributes, unreadable) = attributes(input, attributes_len)?;
        let mut pairs = pairs.into_iter();
        let (auth_type, principal) = pairs.next().unwrap_or_default();
        let (note_session_id, note_request) = pairs.next().unwrap_or_default();
        let listeners = Vec::new();
        let state = SessionState {
            created,
            last_accessed,
            max_inactive,
            is_new,
            is_valid,
            this_accessed,
            version: 0,
            principal,
            id,
            note_session_id,
            note_request,
            attributes,
            listeners,
            unreadable,
        };
        Ok(StoredSession { state, auth_type })
    }
}

impl Iterator for StoredReader<'_> {
    type Item = Result<StoredSession, DecodeError>;

    /// The next session; after a fault there is none, for the rest of the stream cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let read = self.read();
        if read.is_err() {
            self.left = 0;
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal::{Principal, User};
    use outlive_serial::ObjectOutput;

    /// What stands between a session's id and the number of its attributes.
    fn file(between: &[Value]) -> Vec<u8> {
        let mut out = ObjectOutput::new();
        out.write_long_object(1_700_000_000_000);
        out.write_long_object(1_700_000_000_001);
        out.write_integer_object(77);
        out.write_boolean_object(false);
        out.write_boolean_object(true);
        out.write_long_object(1_700_000_000_002);
        out.write_string_object("AB.n1");
        between.iter().for_each(|value| out.write_value(value));
        out.write_integer_object(1);
        out.write_string_object("k");
        out.write_value(&Value::string("v"));
        out.finish()
    }

    fn read(file: &[u8]) -> StoredSession {
        let mut reader = StoredReader::session(file, &Limits::default()).unwrap();
        let session = reader.next().unwrap().unwrap();
        assert!(reader.at_end() && reader.next().is_none());
        assert_eq!(session.state.attributes, [(String::from("k"), Value::string("v"))]);
        assert_eq!((session.state.id.as_str(), session.state.max_inactive), ("AB.n1", 77));
        session
    }

    #[test]
    fn what_older_tomcats_leave_out_may_be_missing() {
        let null = Value::null;
        assert_eq!(read(&file(&[])).auth_type, None);
        assert_eq!(read(&file(&[null(), null()])).auth_type, None);
        assert_eq!(read(&file(&[null(), null(), null(), null()])).auth_type, None);
    }

    #[test]
    fn a_user_is_kept_with_persist_authentication() {
        let alice = Principal::new(User::new("alice", ["user"]));
        let file =
            file(&[Value::string("FORM"), alice.value().clone(), Value::string("AB.n1"), Value::string("request")]);
        let session = read(&file);
        assert_eq!(session.auth_type, Some(Value::string("FORM")));
        assert_eq!(session.state.principal.as_ref(), Some(alice.value()));
        assert_eq!(session.state.note_session_id, Some(Value::string("AB.n1")));
        assert_eq!(session.state.note_request, Some(Value::string("request")));
    }

    #[test]
    fn a_file_that_breaks_off_keeps_what_came_before() {
        let one = file(&[]);
        let mut out = ObjectOutput::new();
        out.write_integer_object(2);
        let mut both = out.finish();
        both.push(0x79); // handles begin again
        both.extend_from_slice(&one[4..]);
        let cut = both.len();
        both.push(0x79);
        both.extend_from_slice(&one[4..one.len() - 1]);
        let mut reader = StoredReader::sessions(&both, &Limits::default()).unwrap();
        assert!(reader.next().unwrap().is_ok());
        assert!(reader.offset() <= cut && !reader.at_end());
        assert!(reader.next().unwrap().is_err());
        assert!(reader.next().is_none());
    }
}
