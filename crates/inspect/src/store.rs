//! Session files.

use outlive_serial::{DecodeError, Limits};
use outlive_session::StoredReader;

use crate::body::unreadable;
use crate::budget::Budget;
use crate::fault;
use crate::record::{Content, Record, SessionRecord};

/// The largest file. A file is one stream, in which anything may refer to anything before it, so it is held whole.
const FILE_MAX: usize = 512 << 20;

/// A file that is read when it is whole.
#[derive(Debug)]
pub(crate) struct Store {
    bytes: Vec<u8>,
    /// Whether it begins with the number of its sessions.
    counted: bool,
    /// How many bytes it has, also those that are too many.
    length: u64,
}

impl Store {
    pub(crate) fn new(counted: bool) -> Self {
        Store { bytes: Vec::new(), counted, length: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = FILE_MAX - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Gives all sessions, and what is wrong with the file.
    pub(crate) fn finish<E>(&mut self, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        let bytes = std::mem::take(&mut self.bytes);
        if self.length > bytes.len() as u64 {
            let error = format!("expected a session file of at most {FILE_MAX} bytes, found {}", self.length);
            return sink(Record::error(0, self.length, error));
        }
        let error =
            |at: usize, text: String| Record::error(at as u64, (bytes.len() - at.min(bytes.len())) as u64, text);
        let broken = |fault: DecodeError| error(fault.offset, format!("in the session file: {}", fault.kind()));
        let limits = Limits::default();
        let reader = match self.counted {
            true => StoredReader::sessions(&bytes, &limits),
            false => StoredReader::session(&bytes, &limits),
        };
        let mut reader = match reader {
            Ok(reader) => reader.tolerant(),
            Err(fault) => return sink(broken(fault)),
        };
        let mut budget = Budget::of(bytes.len());
        loop {
            let start = reader.offset();
            // The head of a `.session` file is the session's own.
            let start = if self.counted { start } else { 0 };
            match reader.next() {
                None => break,
                Some(Err(fault)) => return sink(broken(fault)),
                Some(Ok(session)) => {
                    let place = format!("the session {:?}", session.state.id);
                    let faults = unreadable::sentences(&place, &session.state.unreadable);
                    let session = SessionRecord::of_stored(session, &mut budget);
                    // Of one whose end was not found it is all that there is.
                    let end = if reader.is_cut() { bytes.len() } else { reader.offset() };
                    let (start, length) = (start as u64, end.saturating_sub(start) as u64);
                    sink(Record::new(start, length, Content::Session(session)))?;
                    faults.into_iter().try_for_each(|fault| sink(Record::error(start, length, fault)))?;
                }
            }
        }
        if reader.lost() > 0 {
            let lost = reader.lost();
            sink(error(
                bytes.len(),
                format!("in the session file: expected {lost} more sessions, found none of them"),
            ))?;
        } else if !reader.is_cut() && !reader.at_end() {
            let at = reader.offset();
            sink(error(at, fault::expected("the end of the file", &bytes, at)))?;
        }
        if budget.is_spent() {
            sink(error(
                bytes.len(),
                "expected values that can be shown, found some that share so much that they are cut".into(),
            ))?;
        }
        Ok(())
    }
}
