//! What one request changed: the payload of `SESSION_DELTA`.
//!
//! - What was read is written so that it is read as the same; a value that the sender lost is not written.
//! - Applied to a session, it leaves one that can be sent whole, and is read as the same again.

use std::time::Duration;

use outlive_serial::Limits;
use outlive_session::{Action, DeltaRequest, Origin, SessionCell, SessionId, StateReader, StateWriter, Writer};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::memory::{SHARED_OBJECTS, bounded};
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    let limits = Limits::default();
    let Ok(delta) = bounded(data.len(), SHARED_OBJECTS, || DeltaRequest::decode(data, &limits)) else { return };
    let mut written = delta.clone();
    written.actions.retain(|action| !matches!(action, Action::Unreadable(_)));
    // A name in a form that Java does not write may need more bytes in Java's own, and then more than there may be.
    if let Ok(bytes) = delta.encode() {
        assert_eq!(
            DeltaRequest::decode(&bytes, &limits).as_ref(),
            Ok(&written),
            "written so that it is read as the same"
        );
    }

    let now = Now { monotonic: Monotonic(Duration::from_secs(1)), wall: UnixMillis(1_700_000_000_000) };
    let mut session = SessionCell::create(now, SessionId::generate([7; 16], "n1"), 1800);
    let origin = Origin { writer: Writer(1), stated: now.wall.0, hybrid: true };
    session.apply(now, delta.clone(), origin);
    let after = session.to_state(now, false);
    session.apply(now, delta, origin);
    assert_eq!(session.to_state(now, false), after, "the same again changes nothing");

    let mut writer = StateWriter::new(1);
    writer.push(&after);
    let block = writer.finish();
    let read = StateReader::new(&block, &limits).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    assert_eq!(read, Ok(vec![after]), "the whole session is read as the same");
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    vectors.payloads(Some(outlive_session::SessionEvent::Delta))
}
