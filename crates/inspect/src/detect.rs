//! Which format it is, by the first bytes.

use memchr::memmem::find;
use outlive_tribes_proto::wire::frame::{HEADER, TAIL};
use outlive_tribes_proto::wire::member::BEGIN;

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One direction of a TCP connection.
    Tcp,
    /// Datagrams, one behind the other.
    Datagrams,
    /// A file of a `FileStore`: one session.
    Session,
    /// A `SESSIONS.ser`.
    Sessions,
}

/// How Java begins a stream.
const STREAM: &[u8] = &[0xac, 0xed, 0, 5];
/// How a stream goes on that begins with a number of sessions; a session begins with a `java.lang.Long`.
const INTEGER: &[u8] = b"\x73\x72\0\x11java.lang.Integer";
/// How many bytes are looked at where the first ones say nothing: a capture that begins in the middle.
pub(crate) const WINDOW: usize = 1 << 16;

impl Format {
    /// The format of an input with these first bytes; `None`: more of them are needed, if there are `more`.
    pub(crate) fn of(first: &[u8], more: bool) -> Option<Format> {
        let may_become = |marker: &[u8]| more && first.len() < marker.len() && marker.starts_with(first);
        if first.starts_with(HEADER) {
            return Some(Format::Tcp);
        }
        if first.starts_with(BEGIN) {
            return Some(Format::Datagrams);
        }
        if let Some(object) = first.strip_prefix(STREAM) {
            return match object {
                _ if object.starts_with(INTEGER) => Some(Format::Sessions),
                _ if more && INTEGER.starts_with(object) => None,
                _ => Some(Format::Session),
            };
        }
        if may_become(HEADER) || may_become(BEGIN) || may_become(STREAM) || more && first.len() < WINDOW {
            return None;
        }
        // A frame has a member record inside, so a record alone says nothing.
        if find(first, HEADER).is_none() && find(first, TAIL).is_none() && find(first, BEGIN).is_some() {
            return Some(Format::Datagrams);
        }
        Some(Format::Tcp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        assert_eq!(Format::of(b"FLT2002\0", true), Some(Format::Tcp));
        assert_eq!(Format::of(b"TRIBES-B\x01\0\0", true), Some(Format::Datagrams));
        assert_eq!(Format::of(b"\xac\xed\0\x05sr\0\x11java.lang.Integer\x12", true), Some(Format::Sessions));
        assert_eq!(Format::of(b"\xac\xed\0\x05sr\0\x0ejava.lang.Long", true), Some(Format::Session));
    }

    #[test]
    fn a_beginning_is_waited_for() {
        for start in [&b"FLT"[..], b"TRIBES", b"\xac\xed", b"\xac\xed\0\x05sr\0", b"garbage"] {
            assert_eq!(Format::of(start, true), None);
            assert!(Format::of(start, false).is_some());
        }
    }

    #[test]
    fn the_middle_of_a_capture_is_told_by_what_follows() {
        assert_eq!(Format::of(b"...TRIBES-E\x01\0TRIBES-B\x01\0...", false), Some(Format::Datagrams));
        assert_eq!(Format::of(b"...TRIBES-B\x01\0...TLF2003FLT2002", false), Some(Format::Tcp));
        assert_eq!(Format::of(b"no such thing", false), Some(Format::Tcp));
    }
}
