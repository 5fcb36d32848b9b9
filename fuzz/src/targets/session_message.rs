//! `SessionMessageImpl`, the Java object around everything that sessions send.
//!
//! - What was read is written so that it is read as the same, whatever form it had.
//! - What follows the object changes nothing.

use outlive_serial::Limits;
use outlive_session::{MessageFault, SessionMessage};

use crate::memory::bounded;
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    check(data, |bytes| SessionMessage::decode(bytes, &Limits::default()));
}

/// The target on another decoder.
pub fn check(data: &[u8], decode: impl Fn(&[u8]) -> Result<SessionMessage<'_>, MessageFault>) {
    let Ok(message) = bounded(data.len(), 0, || decode(data)) else { return };
    let again = message.encode();
    assert_eq!(decode(&again).as_ref(), Ok(&message), "written so that it is read as the same");
    let longer = [&again[..], b"more"].concat();
    assert_eq!(decode(&longer).as_ref(), Ok(&message), "what follows is left alone");
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    vectors.messages.iter().filter(|bytes| bytes.len() < 8 << 10).cloned().collect()
}
