//! What a peer writes on a connection: frames, the messages in them, the sender's record.
//!
//! - However the bytes are cut into pieces, the same frames come out, and the same fault at the same byte.
//! - A fault stays: the reader takes nothing more, and says the same again.
//! - Frames and messages that were read are written as the same bytes; a record as one that is read as the same member.
//! - No length that the bytes claim is believed.

use bytes::{Bytes, BytesMut};
use outlive_tribes_proto::error::{DecodeError, FrameFault};
use outlive_tribes_proto::wire::channel_data::{ChannelData, SourceCache};
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK, Frame, FrameReader, HEADER, TAIL};
use outlive_tribes_proto::wire::member::Member;

use crate::memory::bounded;
use crate::random::Random;
use crate::vectors::Vectors;

/// Inputs up to this length are also given byte by byte.
const BYTEWISE_MAX: usize = 1024;

/// What cuts frames out of bytes.
pub trait Reader {
    /// As [`FrameReader::next`].
    ///
    /// # Errors
    /// As there.
    fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, FrameFault>;
}

impl Reader for FrameReader {
    fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, FrameFault> {
        FrameReader::next(self, received)
    }
}

/// The target.
pub fn run(data: &[u8]) {
    check(data, FrameReader::new, ChannelData::decode);
}

/// The target on the reader that `reader` makes, and on `decode` for the bodies.
pub fn check<R: Reader>(
    data: &[u8],
    reader: impl Fn() -> R,
    decode: impl Fn(&Bytes) -> Result<ChannelData, DecodeError>,
) {
    let whole = bounded(data.len(), 0, || read(reader(), [data].into_iter()));
    let written: Vec<u8> = whole.frames.iter().flat_map(write).collect();
    assert_eq!(written, data[..written.len()], "frames are written as they were read");
    if whole.fault.is_none() {
        assert_eq!(written.len() + whole.rest, data.len(), "what is no frame is left");
    }

    if data.len() <= BYTEWISE_MAX {
        assert_eq!(read(reader(), data.chunks(1)), whole, "byte by byte");
    }
    // The cuts depend on the bytes alone, so that an input is the whole of a case.
    let mut random = Random::of(data);
    for most in [16, 4096] {
        assert_eq!(read(reader(), pieces(data, most, &mut random).into_iter()), whole, "in pieces up to {most}");
    }

    let mut cache = SourceCache::new();
    for frame in &whole.frames {
        if let Frame::Message(body) = frame
            && let Ok(message) = bounded(body.len(), 0, || decode(body))
        {
            check_message(body, &message, &mut cache);
        }
    }
}

fn check_message(body: &Bytes, message: &ChannelData, cache: &mut SourceCache) {
    let frame = message.encode().expect("it was in a frame");
    assert_eq!(frame[11..frame.len() - TAIL.len()], body[..], "a message is written as it was read");
    let source = message.source();
    assert_eq!(source, cache.resolve(message).map(|(member, _)| (*member).clone()), "remembered or read again");
    if let Ok(member) = source {
        check_member(&message.source_record, &member);
    }
}

/// A member that was read from the start of `bytes`.
pub(crate) fn check_member(bytes: &Bytes, member: &Member) {
    let again = member.encode();
    assert_eq!(again.len(), member.encoded_length());
    assert_eq!(Member::decode(&again).as_ref(), Ok(member), "a member is written so that it is read as the same");
    let length = Member::decode_prefix(bytes).map(|(_, length)| length);
    if length == Ok(again.len()) {
        assert_eq!(again, bytes[..again.len()], "nothing is between payload and end, so the record is the same");
    }
    let _ = member.peer();
}

/// What came out of a connection.
#[derive(Debug, PartialEq)]
struct Seen {
    frames: Vec<Frame>,
    fault: Option<FrameFault>,
    /// How many bytes were left; nothing is promised of that where there was a fault.
    rest: usize,
}

fn read<'a>(mut reader: impl Reader, pieces: impl Iterator<Item = &'a [u8]>) -> Seen {
    let mut received = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        received.extend_from_slice(piece);
        loop {
            match reader.next(&mut received) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(fault) => {
                    let left = received.len();
                    received.extend_from_slice(HEADER);
                    assert_eq!(reader.next(&mut received), Err(fault), "a fault stays");
                    assert_eq!(received.len(), left + HEADER.len(), "nothing is taken at a fault");
                    return Seen { frames, fault: Some(fault), rest: 0 };
                }
            }
        }
    }
    Seen { frames, fault: None, rest: received.len() }
}

fn pieces<'a>(mut data: &'a [u8], most: usize, random: &mut Random) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !data.is_empty() {
        let (piece, rest) = data.split_at((1 + random.below(most)).min(data.len()));
        pieces.push(piece);
        data = rest;
    }
    pieces
}

fn write(frame: &Frame) -> Vec<u8> {
    match frame {
        Frame::Ack => ACK.to_vec(),
        Frame::FailAck => FAIL_ACK.to_vec(),
        Frame::Message(body) => {
            let length = u32::try_from(body.len()).expect("the limit of a frame is far lower").to_be_bytes();
            [&HEADER[..], &length, body, TAIL].concat()
        }
    }
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    // The longest are state transfers, of which the shorter ones have all the shapes.
    vectors.connections.iter().filter(|bytes| bytes.len() < 16 << 10).cloned().collect()
}
