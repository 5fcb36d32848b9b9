//! What a multicast datagram carries.

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use super::frame::{Frame, FrameReader};
use super::member::{BEGIN, Member};
use crate::error::DecodeError;

/// A multicast datagram, told apart by its first bytes.
///
/// Source: Tomcat `McastServiceImpl.receive`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datagram {
    /// One member record: "I am here", or with the command BABY-ALEX "I am leaving".
    Heartbeat(Member),
    /// The bodies of all whole frames from the start on; never empty, and never to be acknowledged.
    Frames(Vec<Bytes>),
}

impl Datagram {
    /// Reads one datagram; nothing is copied for a member record. As in Tomcat, bytes behind a member record or behind
    /// the last whole frame are not looked at.
    ///
    /// # Errors
    /// A broken member record, or no whole frame at the start.
    pub fn decode(bytes: &Bytes) -> Result<Datagram, DecodeError> {
        if bytes.starts_with(BEGIN) {
            return Member::decode(bytes).map(Datagram::Heartbeat);
        }
        let mut frames = Vec::new();
        let mut rest = BytesMut::from(&bytes[..]);
        let mut reader = FrameReader::new();
        while let Ok(Some(frame)) = reader.next(&mut rest) {
            if let Frame::Message(body) = frame {
                frames.push(body);
            }
        }
        if frames.is_empty() {
            return Err(DecodeError { offset: 0, expected: "a member record or a whole frame" });
        }
        Ok(Datagram::Frames(frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unique_id::{MemberId, UniqueId};
    use crate::wire::frame::ACK;

    #[test]
    fn told_apart_by_the_first_bytes() {
        let member = Member::new(MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId([1; 16]) });
        assert_eq!(Datagram::decode(&member.encode()), Ok(Datagram::Heartbeat(member)));
        let frames = Bytes::from_static(b"FLT2002\0\0\0\x02hiTLF2003FLT2002\0\0\0\x03youTLF2003FLT");
        let bodies = [Bytes::from_static(b"hi"), Bytes::from_static(b"you")].to_vec();
        assert_eq!(Datagram::decode(&frames), Ok(Datagram::Frames(bodies)));
    }

    #[test]
    fn anything_else_is_an_error() {
        for bytes in [&b""[..], b"TRIBES-", b"garbage", b"FLT2002\0\0\0\0TLF2003", b"FLT2002\x7f\xff\xff\xffx", &ACK] {
            let error = Datagram::decode(&Bytes::copy_from_slice(bytes)).unwrap_err();
            assert_eq!(error.offset, 0);
        }
        assert_eq!(Datagram::decode(&Bytes::from_static(b"TRIBES-B\x01\x00")).unwrap_err().offset, 10);
    }
}
