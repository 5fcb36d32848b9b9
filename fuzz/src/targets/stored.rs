//! Sessions as a store keeps them: a `.session` file, or all of a `SESSIONS.ser`.
//!
//! - What was read is written so that it is read as the same, whether faults were tolerated or not.
//! - What is whole for a strict reader is the same for a tolerant one.
//! - The head of a file is what its session says.
//! - A session that is taken out of a store and put back is read as the same.

use std::time::Duration;

use outlive_serial::Limits;
use outlive_session::{SessionCell, StoredHead, StoredReader, StoredSession, StoredWriter};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::memory::{SHARED_OBJECTS, bounded};
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    let limits = Limits::default();
    let [one, all] = [StoredReader::session, StoredReader::sessions].map(|open| {
        let read = |tolerant: bool| -> Vec<StoredSession> {
            bounded(data.len(), SHARED_OBJECTS, || {
                let Ok(reader) = open(data, &limits) else { return Vec::new() };
                let reader = if tolerant { reader.tolerant() } else { reader };
                reader.map_while(Result::ok).collect()
            })
        };
        let (strict, mut tolerant) = (read(false), read(true));
        assert!(tolerant.len() >= strict.len(), "who tolerates more reads no less");
        assert_eq!(strict, tolerant[..strict.len()]);
        tolerant.iter_mut().for_each(|session| session.state.unreadable.clear());
        tolerant
    });
    if let (Ok(whole), Ok(head)) = (StoredSession::decode(data, &limits), StoredHead::decode(data, &limits)) {
        assert_eq!((whole.state.id, whole.state.this_accessed), (head.id, head.this_accessed));
        assert_eq!((whole.state.max_inactive, whole.state.is_valid), (head.max_inactive, head.is_valid));
    }
    for sessions in [one, all] {
        let mut writer = StoredWriter::sessions(sessions.len());
        sessions.iter().for_each(|session| writer.push(session));
        let written = writer.finish();
        let again: Result<Vec<_>, _> = StoredReader::sessions(&written, &limits).and_then(Iterator::collect);
        assert_eq!(again, Ok(sessions.clone()), "written so that it is read as the same");
        sessions.into_iter().for_each(serve);
    }
}

/// What a node does with it.
fn serve(stored: StoredSession) {
    let now = Now { monotonic: Monotonic(Duration::from_secs(1 << 32)), wall: UnixMillis(1_700_000_000_000) };
    let Ok((session, _)) = SessionCell::from_stored(now, stored) else { return };
    let kept = session.stored(now);
    assert_eq!(StoredSession::decode(&kept.encode(), &Limits::default()).as_ref(), Ok(&kept));
    if let Ok((again, _)) = SessionCell::from_stored(now, kept) {
        assert!(again.attributes().eq(session.attributes()) && again.user() == session.user());
    }
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    vectors.stored.clone()
}
