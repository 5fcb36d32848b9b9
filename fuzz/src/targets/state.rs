//! Whole sessions: the payload of `ALL_SESSION_DATA`.
//!
//! - What was read is written so that it is read as the same; a value that the sender lost is not written.
//! - A session made from it, and merged with it once more, can be sent whole again.

use std::time::Duration;

use outlive_serial::{DecodeError, Limits};
use outlive_session::{Origin, SessionCell, SessionId, SessionState, StateReader, StateWriter, Writer};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::memory::{SHARED_OBJECTS, bounded};
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    // Those before a fault are kept.
    let states: Vec<_> = bounded(data.len(), SHARED_OBJECTS, || {
        StateReader::new(data, &Limits::default()).into_iter().flatten().map_while(Result::ok).collect()
    });
    let written: Vec<_> = states.into_iter().map(|state| SessionState { unreadable: Vec::new(), ..state }).collect();
    assert_eq!(read(&write(&written)).as_ref(), Ok(&written), "written so that they are read as the same");
    written.into_iter().for_each(become_a_session);
}

fn become_a_session(state: SessionState) {
    let Ok(id) = SessionId::parse(&state.id) else { return };
    let now = Now { monotonic: Monotonic(Duration::from_secs(1_000_000)), wall: UnixMillis(1_700_000_000_000) };
    let origin = Origin { writer: Writer(1), stated: now.wall.0, hybrid: true };
    let mut session = SessionCell::from_state(now, id, state.clone(), None, origin, Duration::from_secs(1));
    let attributes = |session: &SessionCell| -> Vec<_> {
        session.attributes().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    };
    let before = attributes(&session);
    session.merge(now, state, None, origin, Duration::from_secs(1));
    assert_eq!(attributes(&session), before, "the same again changes nothing");
    let whole = vec![session.to_state(now, false)];
    assert_eq!(read(&write(&whole)), Ok(whole), "the session is read as the same");
}

fn write(states: &[SessionState]) -> Vec<u8> {
    let mut writer = StateWriter::new(states.len());
    states.iter().for_each(|state| writer.push(state));
    writer.finish()
}

fn read(block: &[u8]) -> Result<Vec<SessionState>, DecodeError> {
    StateReader::new(block, &Limits::default())?.collect()
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    let blocks = vectors.payloads(Some(outlive_session::SessionEvent::AllData));
    blocks.into_iter().filter(|block| block.len() < 16 << 10).collect()
}
