//! The packets of a back: head, body, end, the question for more of a body, and CPONG.

use alloc::vec::Vec;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::cursor::{Cursor, put_string};
use crate::error::{DecodeError, SendError};
use crate::names;
use crate::packet::{BACK_MAGIC, HEADER_LENGTH, PacketSize};

const SEND_BODY_CHUNK: u8 = 3;
const SEND_HEADERS: u8 = 4;
const END_RESPONSE: u8 = 5;
const GET_BODY_CHUNK: u8 = 6;
const CPONG: u8 = 9;

/// A packet of a back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The head, once a request.
    Head {
        /// The HTTP status.
        status: u16,
        /// The reason behind it.
        reason: Bytes,
        /// Headers in order; a name that came as a number is as the protocol's table writes it.
        headers: Vec<(Bytes, Bytes)>,
    },
    /// A part of the body; empty: what was sent so far shall go to the client now.
    Body(Bytes),
    /// The end of the answer.
    End {
        /// Whether the connection may be used again.
        reuse: bool,
    },
    /// The front shall send so many bytes of the body.
    GetBody(u16),
    /// The answer to CPING.
    Pong,
}

impl Answer {
    /// Takes the first packet out of what a front has received; none where it is not whole yet.
    ///
    /// # Errors
    /// Where it is no packet of a back.
    pub fn decode(received: &mut BytesMut) -> Result<Option<Self>, DecodeError> {
        if received.len() >= BACK_MAGIC.len() && !received.starts_with(&BACK_MAGIC) {
            return Err(DecodeError { offset: 0, expected: "the bytes 41 42" });
        }
        let Some(&[_, _, high, low]) = received.first_chunk() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if received.len() < HEADER_LENGTH + length {
            return Ok(None);
        }
        received.advance(HEADER_LENGTH);
        let mut cursor = Cursor::new(received.split_to(length).freeze());
        let answer = match cursor.byte("a packet's type")? {
            SEND_HEADERS => head(&mut cursor)?,
            SEND_BODY_CHUNK => Self::Body(cursor.text("a part of the body")?),
            END_RESPONSE => Self::End { reuse: cursor.byte("whether the connection may be used again")? != 0 },
            GET_BODY_CHUNK => Self::GetBody(cursor.int("the number of bytes")?),
            CPONG => Self::Pong,
            _ => return Err(DecodeError { offset: 0, expected: "a packet's type (3 to 6, 9)" }),
        };
        cursor.end()?;
        Ok(Some(answer))
    }
}

fn head(cursor: &mut Cursor) -> Result<Answer, DecodeError> {
    let status = cursor.int("the status")?;
    let reason = cursor.text("the reason")?;
    let count = cursor.int("the number of headers")?;
    let mut headers = Vec::new();
    for _ in 0..count {
        let name = if cursor.peek() == Some(names::HEADER_CODE) {
            let [_, code] = cursor.int("a header's code")?.to_be_bytes();
            let offset = cursor.fault("").offset - 2;
            names::response_header(code).ok_or(DecodeError { offset, expected: "a header's code (A001 to A00B)" })?
        } else {
            cursor.text("a header's name")?
        };
        headers.push((name, cursor.text("a header's value")?));
    }
    Ok(Answer::Head { status, reason, headers })
}

/// Writes the head. Control characters in values, tab aside, become blanks.
///
/// # Errors
/// [`SendError::HeadTooLong`]; nothing was written then.
pub(crate) fn put_head<'a>(
    out: &mut BytesMut,
    limit: PacketSize,
    status: u16,
    reason: &str,
    headers: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<(), SendError> {
    let start = out.len();
    let limit = limit.payload_max();
    out.put_slice(&BACK_MAGIC);
    out.put_u16(0); // the length, known at the end
    out.put_u8(SEND_HEADERS);
    out.put_u16(status);
    put_string(out, reason.as_bytes());
    let count_at = out.len();
    out.put_u16(0); // the number of headers, likewise
    let mut count: usize = 0;
    for (name, value) in headers {
        // Looked at before it is copied: one header may be larger than any packet.
        let length = out.len() - start - HEADER_LENGTH + name.len() + value.len();
        if length > limit {
            out.truncate(start);
            return Err(SendError::HeadTooLong { length, limit });
        }
        match names::response_header_code(name) {
            Some(code) => out.put_slice(&[names::HEADER_CODE, code]),
            None => put_string(out, name),
        }
        let value_at = out.len() + 2;
        put_string(out, value);
        for byte in &mut out[value_at..value_at + value.len()] {
            if byte.is_ascii_control() && *byte != b'\t' {
                *byte = b' ';
            }
        }
        count += 1;
    }
    let length = out.len() - start - HEADER_LENGTH;
    match (u16::try_from(length), u16::try_from(count)) {
        (Ok(length), Ok(count)) if usize::from(length) <= limit => {
            out[start + 2..start + HEADER_LENGTH].copy_from_slice(&length.to_be_bytes());
            out[count_at..count_at + 2].copy_from_slice(&count.to_be_bytes());
            Ok(())
        }
        _ => {
            out.truncate(start);
            Err(SendError::HeadTooLong { length, limit })
        }
    }
}

/// Writes a part of the body in as many packets as it needs; an empty part none.
pub(crate) fn put_body(out: &mut BytesMut, limit: PacketSize, data: &[u8]) {
    data.chunks(limit.response_body_max()).for_each(|part| put_body_packet(out, part));
}

/// Writes the packet that makes a front hand on what it has.
pub(crate) fn put_flush(out: &mut BytesMut) {
    put_body_packet(out, b"");
}

/// `part` must fit into a packet.
fn put_body_packet(out: &mut BytesMut, part: &[u8]) {
    out.put_slice(&BACK_MAGIC);
    out.put_u16((part.len() + 4) as u16);
    out.put_u8(SEND_BODY_CHUNK);
    put_string(out, part);
}

pub(crate) fn put_end(out: &mut BytesMut, reuse: bool) {
    out.put_slice(&BACK_MAGIC);
    out.put_slice(&[0, 2, END_RESPONSE, reuse.into()]);
}

pub(crate) fn put_get_body(out: &mut BytesMut, limit: PacketSize) {
    out.put_slice(&BACK_MAGIC);
    out.put_slice(&[0, 3, GET_BODY_CHUNK]);
    out.put_u16(limit.request_body_max() as u16); // 65530 at most
}

pub(crate) fn put_pong(out: &mut BytesMut) {
    out.put_slice(&BACK_MAGIC);
    out.put_slice(&[0, 1, CPONG]);
}
