//! What frames the packets of a front: `12 34`, the payload's length, the payload.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::Fault;

/// The first two bytes of each packet of a front.
pub(crate) const FRONT_MAGIC: [u8; 2] = [0x12, 0x34];
/// The first two bytes of each packet of a back.
pub(crate) const BACK_MAGIC: [u8; 2] = *b"AB";
/// Magic and length.
pub(crate) const HEADER_LENGTH: usize = 4;

/// `FORWARD_REQUEST`.
pub(crate) const FORWARD_REQUEST: u8 = 2;
/// `CPING`.
pub(crate) const CPING: u8 = 10;

/// The largest packet, its four bytes of header included: the same on both sides, or large requests fail.
///
/// 8192 to 65536 bytes. Source: Connector attribute `packetSize`, mod_jk `max_packet_size`, mod_proxy `ProxyIOBufferSize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketSize(usize);

impl PacketSize {
    /// The smallest size, which is the default.
    pub const MIN: usize = 8192;
    /// The largest size.
    pub const MAX: usize = 65536;

    /// A size in bytes; none where it is out of [`MIN`](Self::MIN) to [`MAX`](Self::MAX).
    pub fn new(bytes: usize) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&bytes).then_some(Self(bytes))
    }

    /// The size in bytes.
    pub fn bytes(self) -> usize {
        self.0
    }

    /// The largest payload.
    pub fn payload_max(self) -> usize {
        self.0 - HEADER_LENGTH
    }

    /// The most of a response's body that one packet holds.
    pub fn response_body_max(self) -> usize {
        self.0 - HEADER_LENGTH - 4
    }

    /// The most of a request's body that one packet holds.
    pub fn request_body_max(self) -> usize {
        self.0 - HEADER_LENGTH - 2
    }
}

impl Default for PacketSize {
    fn default() -> Self {
        Self(Self::MIN)
    }
}

/// A packet of a front, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    /// Not all of it is here.
    Incomplete,
    /// Its payload.
    Whole(Bytes),
    /// It says that it is longer than the limit, and is not looked at; none of it was taken.
    TooLong(usize),
}

/// Takes the first packet out of what was received.
///
/// Nothing is reserved for a length that is only promised: the caller's buffer grows with the bytes that come, and never past one packet.
///
/// # Errors
/// [`Fault::Magic`], as soon as two bytes are there.
pub(crate) fn next(received: &mut BytesMut, limit: PacketSize) -> Result<Packet, Fault> {
    if let Some(&[first, second]) = received.first_chunk()
        && [first, second] != FRONT_MAGIC
    {
        return Err(Fault::Magic { first, second });
    }
    let Some(&[_, _, high, low]) = received.first_chunk() else { return Ok(Packet::Incomplete) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > limit.payload_max() {
        return Ok(Packet::TooLong(length));
    }
    if received.len() < HEADER_LENGTH + length {
        return Ok(Packet::Incomplete);
    }
    received.advance(HEADER_LENGTH);
    Ok(Packet::Whole(received.split_to(length).freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<Packet, Fault>, left: usize) {
        let mut received = BytesMut::from(bytes);
        assert_eq!(next(&mut received, PacketSize::default()), expected, "{bytes:02x?}");
        assert_eq!(received.len(), left);
    }

    #[test]
    fn a_packet_is_taken_when_all_of_it_is_there() {
        check(b"", Ok(Packet::Incomplete), 0);
        check(b"\x12", Ok(Packet::Incomplete), 1);
        check(b"\x12\x34\0", Ok(Packet::Incomplete), 3);
        check(b"\x12\x34\0\x02\x0a", Ok(Packet::Incomplete), 5);
        check(b"\x12\x34\0\x01\x0a\x12", Ok(Packet::Whole(Bytes::from_static(b"\x0a"))), 1);
        check(b"\x12\x34\0\0", Ok(Packet::Whole(Bytes::new())), 0);
    }

    #[test]
    fn wrong_magic_is_seen_with_the_second_byte() {
        check(b"GE", Err(Fault::Magic { first: b'G', second: b'E' }), 2);
        check(b"AB\0\x01\x09", Err(Fault::Magic { first: b'A', second: b'B' }), 5);
    }

    #[test]
    fn the_longest_packet_has_the_packet_size() {
        let limit = 8192 - 4;
        check(&[&[0x12, 0x34, 0x1f, 0xfc][..], &[7; 8188]].concat(), Ok(Packet::Whole(vec![7; limit].into())), 0);
        check(b"\x12\x34\x1f\xfd", Ok(Packet::TooLong(limit + 1)), 4);
        let mut received = BytesMut::from(&b"\x12\x34\xff\xff"[..]);
        let largest = PacketSize::new(65536).unwrap();
        assert_eq!(next(&mut received, largest), Ok(Packet::TooLong(65535)));
    }

    #[test]
    fn sizes_are_those_that_both_sides_know() {
        assert_eq!((PacketSize::new(8191), PacketSize::new(65537)), (None, None));
        let size = PacketSize::default();
        assert_eq!((size.bytes(), size.response_body_max(), size.request_body_max()), (8192, 8184, 8186));
    }
}
