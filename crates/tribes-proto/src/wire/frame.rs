//! Frames: how messages and acks are cut out of a connection's bytes.
//!
//! A frame is `FLT2002`, an i32 length, that many bytes, `TLF2003`. Frames follow each other without a gap, so the reader
//! demands a header exactly where the last frame ended, and anything else is a [`FrameFault`]: close the connection.
//!
//! ```
//! use bytes::BytesMut;
//! use outlive_tribes_proto::wire::frame::{ACK, Frame, FrameReader};
//!
//! let mut received = BytesMut::from(&ACK[..10]);
//! let mut reader = FrameReader::new();
//! assert_eq!(reader.next(&mut received), Ok(None));            // not all of it yet
//! received.extend_from_slice(&ACK[10..]);
//! assert_eq!(reader.next(&mut received), Ok(Some(Frame::Ack)));
//! ```
//!
//! Source: Tomcat `XByteBuffer`, `Constants.ACK_DATA`, `Constants.FAIL_ACK_DATA`.

use bytes::{Bytes, BytesMut};

use crate::error::FrameFault;

/// Begins every frame.
pub const HEADER: &[u8; 7] = b"FLT2002";
/// Ends every frame: what to write behind a message.
pub const TAIL: &[u8; 7] = b"TLF2003";
/// Whole frame: "the message under way on this connection has arrived" (or, if asked for, is processed).
pub const ACK: [u8; 21] = *b"FLT2002\x00\x00\x00\x03\x06\x02\x03TLF2003";
/// Whole frame: "processing the message under way on this connection failed".
pub const FAIL_ACK: [u8; 21] = *b"FLT2002\x00\x00\x00\x03\x0b\x00\x05TLF2003";

/// Header and length.
pub const HEAD_LENGTH: usize = HEADER.len() + 4;
/// All that a frame adds to its body.
pub const OVERHEAD: usize = HEAD_LENGTH + TAIL.len();
/// Largest body that is accepted unless told otherwise: 64 MiB.
pub const LIMIT_DEFAULT: usize = 64 << 20;

/// What came in one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Positive answer to the message under way on this connection.
    Ack,
    /// Negative answer to it.
    FailAck,
    /// Any other body: a slice of the bytes received, not yet looked at. See
    /// [`ChannelData::decode`](super::channel_data::ChannelData::decode).
    Message(Bytes),
}

/// Cuts frames out of one connection's bytes.
#[derive(Debug, Clone)]
pub struct FrameReader {
    limit: usize,
    consumed: u64,
}

impl Default for FrameReader {
    fn default() -> Self {
        FrameReader::new()
    }
}

impl FrameReader {
    /// A reader at the start of a connection, with [`LIMIT_DEFAULT`].
    pub const fn new() -> Self {
        FrameReader { limit: LIMIT_DEFAULT, consumed: 0 }
    }

    /// Sets the largest body, in bytes, that is accepted from now on. A frame that has begun is judged by the limit at
    /// the next call of [`next`](Self::next).
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Largest body, in bytes, that is accepted.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Takes the next whole frame off the front of `received`; `None` while it is incomplete.
    ///
    /// Nothing is copied: the message shares memory with `received`. Nothing is reserved either, so a declared length
    /// costs the peer the bytes it really sends.
    ///
    /// # Errors
    /// A wrong header, found with its first wrong byte; a length of 0 (Tomcat reads stale memory then), negative, or over
    /// the limit; a wrong trailer. `received` is as it was, and every further call gives the same fault.
    pub fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, FrameFault> {
        let fault = |offset: usize, expected| FrameFault { offset: self.consumed + offset as u64, expected };
        if let Some(offset) = mismatch(received, HEADER) {
            return Err(fault(offset, "the frame header FLT2002"));
        }
        let Some(length) = received.get(HEADER.len()..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let length = match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) if length > 0 && length <= self.limit => length,
            Ok(length) if length > self.limit => {
                return Err(fault(HEADER.len(), "a frame length within the limit"));
            }
            _ => return Err(fault(HEADER.len(), "a frame length above 0")),
        };
        let end = HEAD_LENGTH + length;
        let Some(tail) = received.get(end..) else {
            return Ok(None);
        };
        if let Some(offset) = mismatch(tail, TAIL) {
            return Err(fault(end + offset, "the frame trailer TLF2003"));
        }
        if tail.len() < TAIL.len() {
            return Ok(None);
        }
        let total = end + TAIL.len();
        self.consumed += total as u64;
        let whole = received.split_to(total);
        Ok(Some(if whole[..] == ACK {
            Frame::Ack
        } else if whole[..] == FAIL_ACK {
            Frame::FailAck
        } else {
            Frame::Message(whole.freeze().slice(HEAD_LENGTH..end))
        }))
    }
}

/// Where `bytes` first differs from `constant`, looking only as far as both go.
fn mismatch(bytes: &[u8], constant: &[u8]) -> Option<usize> {
    bytes.iter().zip(constant).position(|(byte, expected)| byte != expected)
}

#[cfg(test)]
mod tests;
