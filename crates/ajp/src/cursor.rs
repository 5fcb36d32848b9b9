//! Reading and writing the data types of AJP.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::error::DecodeError;

/// The length that says "no string".
const NULL: u16 = 0xffff;

/// Reads a payload from its front. Strings are parts of it, not copies.
#[derive(Debug)]
pub(crate) struct Cursor {
    rest: Bytes,
    length: usize,
}

impl Cursor {
    pub(crate) fn new(payload: Bytes) -> Self {
        Self { length: payload.len(), rest: payload }
    }

    pub(crate) fn fault(&self, expected: &'static str) -> DecodeError {
        DecodeError { offset: self.length - self.rest.len(), expected }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn byte(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.rest.try_get_u8().map_err(|_| self.fault(expected))
    }

    pub(crate) fn int(&mut self, expected: &'static str) -> Result<u16, DecodeError> {
        self.rest.try_get_u16().map_err(|_| self.fault(expected))
    }

    /// The next byte, left where it is.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, length: usize, expected: &'static str) -> Result<Bytes, DecodeError> {
        if length > self.rest.len() {
            return Err(self.fault(expected));
        }
        Ok(self.rest.split_to(length))
    }

    /// A string, or none where it is null.
    pub(crate) fn string(&mut self, expected: &'static str) -> Result<Option<Bytes>, DecodeError> {
        let length = self.int(expected)?;
        if length == NULL {
            return Ok(None);
        }
        let text = self.bytes(usize::from(length), expected)?;
        match self.byte("a 0 behind a string")? {
            0 => Ok(Some(text)),
            _ => Err(DecodeError { offset: self.length - self.rest.len() - 1, expected: "a 0 behind a string" }),
        }
    }

    /// A string, empty where it is null.
    pub(crate) fn text(&mut self, expected: &'static str) -> Result<Bytes, DecodeError> {
        Ok(self.string(expected)?.unwrap_or_default())
    }

    /// Nothing may follow.
    pub(crate) fn end(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault("the end of the packet")) }
    }
}

/// Writes a string; what is longer than the 16 bits of its length (no packet holds it) is cut.
pub(crate) fn put_string(out: &mut BytesMut, text: &[u8]) {
    let text = &text[..text.len().min(usize::from(NULL) - 1)];
    out.put_u16(text.len() as u16);
    out.put_slice(text);
    out.put_u8(0);
}

pub(crate) fn put_optional(out: &mut BytesMut, text: Option<&Bytes>) {
    match text {
        Some(text) => put_string(out, text),
        None => out.put_u16(NULL),
    }
}
