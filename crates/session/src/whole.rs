//! What the two forms of a whole session have in common: that of a state transfer ([`state`](crate::state)) and that of a store
//! ([`stored`](crate::stored)).
//!
//! Both begin with the same six fields and have a list of attributes behind their number; [`Form`] says what differs. Sessions are
//! read one after the other, so that those before a fault are kept.

use alloc::string::String;
use alloc::vec::Vec;

use outlive_serial::{DecodeError, Limits, ObjectInput, ObjectOutput, Read, Value};
use outlive_tribes_proto::time::UnixMillis;

use crate::field::Field;
use crate::state::SessionState;
use crate::unreadable::{Search, Unreadable, Why};

const TC_REFERENCE: u8 = 0x71;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_RESET: u8 = 0x79;

/// More sessions than one block can hold within the largest frame.
const SESSIONS_MAX: usize = 16 << 20;

/// More attributes than any session has; a larger count is refused before memory is taken.
pub(crate) const ATTRIBUTES_MAX: usize = 65_536;

/// For so many attributes at most memory is taken before they are there.
const ATTRIBUTES_FEW: usize = 16;

/// The six fields that every whole session begins with.
pub(crate) struct Life {
    pub(crate) created: UnixMillis,
    pub(crate) last_accessed: UnixMillis,
    pub(crate) max_inactive: i32,
    pub(crate) is_new: bool,
    pub(crate) is_valid: bool,
    pub(crate) this_accessed: UnixMillis,
}

impl Life {
    pub(crate) fn of(state: &SessionState) -> Self {
        let SessionState { created, last_accessed, max_inactive, is_new, is_valid, this_accessed, .. } = *state;
        Life { created, last_accessed, max_inactive, is_new, is_valid, this_accessed }
    }

    pub(crate) fn read(input: &mut ObjectInput<'_>) -> Result<Self, DecodeError> {
        Ok(Life {
            created: UnixMillis(typed(input, "the creation time")?),
            last_accessed: UnixMillis(typed(input, "the time of the last access")?),
            max_inactive: typed(input, "the idle time")?,
            is_new: typed(input, "isNew")?,
            is_valid: typed(input, "isValid")?,
            this_accessed: UnixMillis(typed(input, "the time of this access")?),
        })
    }

    pub(crate) fn write(&self, out: &mut ObjectOutput) {
        out.write_long_object(self.created.0);
        out.write_long_object(self.last_accessed.0);
        out.write_integer_object(self.max_inactive);
        out.write_boolean_object(self.is_new);
        out.write_boolean_object(self.is_valid);
        out.write_long_object(self.this_accessed.0);
    }

    /// A session that has nothing else yet.
    pub(crate) fn into_state(self, id: String) -> SessionState {
        let Life { created, last_accessed, max_inactive, is_new, is_valid, this_accessed } = self;
        SessionState {
            created,
            last_accessed,
            max_inactive,
            is_new,
            is_valid,
            this_accessed,
            version: 0,
            principal: None,
            id,
            note_session_id: None,
            note_request: None,
            attributes: Vec::new(),
            listeners: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

/// How a whole session stands in a stream.
pub(crate) trait Form {
    /// What it is read into.
    type Session: Clone;

    /// Reads everything in front of the attributes; the last of it is their number.
    fn read_head(source: &mut Source<'_>) -> Result<(Self::Session, usize), DecodeError>;

    /// Reads everything behind them.
    fn read_tail(source: &mut Source<'_>, session: &mut Self::Session) -> Result<(), DecodeError>;

    /// Where the attributes go.
    fn state(session: &mut Self::Session) -> &mut SessionState;
}

/// A stream of sessions, and whether a value that cannot be taken costs more than itself.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) input: ObjectInput<'a>,
    tolerant: bool,
}

impl Source<'_> {
    /// A value that is not null, or a note that it was not taken.
    pub(crate) fn taken(
        &mut self,
        (name, is_attribute): (&str, bool),
        unreadable: &mut Vec<Unreadable>,
    ) -> Result<Option<Value>, DecodeError> {
        let input = &mut self.input;
        let read = if self.tolerant { input.read_or_refuse()? } else { Ok(input.read_object()?) };
        let why = match read {
            Ok(Read::Value(value)) => return Ok(Some(value).filter(|value| !value.is_null())),
            Ok(Read::Exception) => Why::Lost,
            Err(refused) => Why::Refused(refused),
        };
        unreadable.push(Unreadable { name: name.into(), is_attribute, why });
        Ok(None)
    }

    /// A value that is not null, of which nobody needs to know if it is not taken.
    pub(crate) fn value(&mut self) -> Result<Option<Value>, DecodeError> {
        Ok(match self.input.read_object()? {
            Read::Value(value) if !value.is_null() => Some(value),
            Read::Value(_) | Read::Exception => None,
        })
    }

    /// What must be the number of attributes: the next object, or this one, which was read from `offset` on.
    pub(crate) fn attributes_len(&mut self, read: Option<(&Value, usize)>) -> Result<usize, DecodeError> {
        match read {
            Some((number, offset)) => checked(number.to_serde().ok(), ATTRIBUTES_MAX, offset),
            None => count(&mut self.input, ATTRIBUTES_MAX, "a number of attributes"),
        }
    }
}

/// Whether an object is a number where a note may stand: senders of old leave the notes out.
pub(crate) fn is_number(value: &Value) -> bool {
    value.class_name() == "java.lang.Integer"
}

/// Reads sessions of one form one after the other.
#[derive(Debug)]
pub(crate) struct Sessions<'a, F: Form> {
    source: Source<'a>,
    bytes: &'a [u8],
    left: usize,
    lost: usize,
    /// Whether a session ended at a value behind which nothing was found again.
    is_cut: bool,
    /// The session behind one with a broken value, and where it begins: it was read to see whether its place was found.
    ahead: Option<(usize, F::Session)>,
}

impl<'a, F: Form> Sessions<'a, F> {
    /// A stream with one session.
    pub(crate) fn one(bytes: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let source = Source { input: ObjectInput::new(bytes, *limits)?, tolerant: false };
        Ok(Sessions { source, bytes, left: 1, lost: 0, is_cut: false, ahead: None })
    }

    /// A stream that begins with the number of its sessions.
    pub(crate) fn counted(bytes: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut sessions = Self::one(bytes, limits)?;
        sessions.left = count(&mut sessions.source.input, SESSIONS_MAX, "a number of sessions")?;
        Ok(sessions)
    }

    /// Lets a value that cannot be taken cost its attribute ([`SessionState::unreadable`]).
    ///
    /// Behind the first value that breaks off, the rest of its session is looked for: the first place from which that, and the
    /// next session, can be read. Without such a place, and behind a second one, the other sessions are lost.
    pub(crate) fn tolerant(mut self) -> Self {
        self.source.tolerant = true;
        self
    }

    /// Where the next session begins, or where reading stopped.
    pub(crate) fn offset(&self) -> usize {
        self.ahead.as_ref().map_or_else(|| self.source.input.offset(), |(start, _)| *start)
    }

    pub(crate) fn at_end(&self) -> bool {
        self.source.input.at_end()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.left
    }

    /// Whether the last session has lost all that stood behind one of its values.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// How many of the sessions that were announced could not be read so far.
    pub(crate) fn lost(&self) -> usize {
        self.lost
    }

    fn read(&mut self) -> Result<F::Session, DecodeError> {
        let (mut session, attributes_len) = F::read_head(&mut self.source)?;
        F::state(&mut session).attributes.reserve(attributes_len.min(ATTRIBUTES_FEW));
        let (from, attributes_left) = match self.read_rest(&mut session, attributes_len) {
            Ok(()) => return Ok(session),
            Err(Broken { value: Some((name, from, index)), fault }) if self.source.tolerant => {
                F::state(&mut session).unreadable.push(Unreadable {
                    name,
                    is_attribute: true,
                    why: Why::Broken(fault),
                });
                (from, attributes_len - index - 1)
            }
            Err(Broken { fault, .. }) => return Err(fault),
        };
        let mut search = Search::new(self.bytes, from);
        while let Some(place) = search.next(self.offset(), &[TC_REFERENCE, TC_OBJECT, TC_STRING, TC_RESET]) {
            if !self.source.input.resume(place) {
                break;
            }
            let mut whole = session.clone();
            if self.read_rest(&mut whole, attributes_left).is_err() {
                continue;
            }
            let fits = match self.left {
                0 => self.at_end(),
                _ => {
                    let start = self.offset();
                    self.ahead = F::read_head(&mut self.source).ok().and_then(|(mut next, attributes_len)| {
                        self.read_rest(&mut next, attributes_len).ok().map(|()| (start, next))
                    });
                    self.ahead.is_some()
                }
            };
            if fits {
                return Ok(whole);
            }
        }
        F::state(&mut session).unreadable.extend((0..attributes_left).map(|_| Unreadable::behind()));
        // What follows is not found any more: this session ends here, and is the last one.
        self.is_cut = true;
        self.lost = self.left;
        self.left = 0;
        Ok(session)
    }

    /// So many attributes, and what stands behind them.
    fn read_rest(&mut self, session: &mut F::Session, attributes_len: usize) -> Result<(), Broken> {
        let source = &mut self.source;
        let state = F::state(session);
        for index in 0..attributes_len {
            let name: String = typed(&mut source.input, "the name of an attribute")?;
            let from = source.input.offset();
            match source.taken((&name, true), &mut state.unreadable) {
                Ok(Some(value)) => state.attributes.push((name, value)),
                Ok(None) => {}
                Err(fault) => return Err(Broken { value: Some((name, from, index)), fault }),
            }
        }
        Ok(F::read_tail(source, session)?)
    }
}

impl<F: Form> Iterator for Sessions<'_, F> {
    type Item = Result<F::Session, DecodeError>;

    /// The next session; after a fault there is none, for the rest of the stream cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        if let Some((_, ahead)) = self.ahead.take() {
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

/// A field that must be there.
pub(crate) fn typed<T: Field>(input: &mut ObjectInput<'_>, what: &'static str) -> Result<T, DecodeError> {
    let offset = input.offset();
    T::read(input)?.ok_or_else(|| DecodeError::unexpected(offset, what))
}

/// A number of things that follow.
pub(crate) fn count(input: &mut ObjectInput<'_>, max: usize, what: &'static str) -> Result<usize, DecodeError> {
    let offset = input.offset();
    let number = typed(input, what)?;
    checked(Some(number), max, offset)
}

fn checked(number: Option<i32>, max: usize, offset: usize) -> Result<usize, DecodeError> {
    let number = number.and_then(|number| usize::try_from(number).ok()).filter(|number| *number <= max);
    number.ok_or_else(|| DecodeError::unexpected(offset, "a count within its limit"))
}
