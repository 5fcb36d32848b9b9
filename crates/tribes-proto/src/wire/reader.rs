//! A cursor over received bytes that knows where it is and what it wanted.

use bytes::Bytes;

use crate::error::DecodeError;

/// Reads from the front of `bytes`; a read that does not fit is an error and moves nothing.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a Bytes) -> Self {
        Reader { bytes, at: 0 }
    }

    /// Starts at `offset`, which must lie within `bytes`.
    pub(crate) fn at(bytes: &'a Bytes, offset: usize) -> Self {
        Reader { bytes, at: offset.min(bytes.len()) }
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// An error at the current place.
    pub(crate) fn fault(&self, expected: &'static str) -> DecodeError {
        DecodeError { offset: self.at, expected }
    }

    pub(crate) fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        let array = self.bytes[self.at..].first_chunk::<N>().copied().ok_or(self.fault(expected))?;
        self.at += N;
        Ok(array)
    }

    pub(crate) fn u8(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array(expected)?))
    }

    pub(crate) fn u16(&mut self, expected: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(expected)?))
    }

    pub(crate) fn i32(&mut self, expected: &'static str) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.array(expected)?))
    }

    pub(crate) fn i64(&mut self, expected: &'static str) -> Result<i64, DecodeError> {
        Ok(i64::from_be_bytes(self.array(expected)?))
    }

    /// Exactly `constant`.
    pub(crate) fn constant(&mut self, constant: &[u8], expected: &'static str) -> Result<(), DecodeError> {
        if !self.bytes[self.at..].starts_with(constant) {
            return Err(self.fault(expected));
        }
        self.at += constant.len();
        Ok(())
    }

    /// The next `length` bytes as a slice of the whole: no copy, and no reference kept for an empty one.
    pub(crate) fn slice(&mut self, length: usize, expected: &'static str) -> Result<Bytes, DecodeError> {
        if length > self.remaining() {
            return Err(self.fault(expected));
        }
        let start = self.at;
        self.at += length;
        Ok(if length == 0 { Bytes::new() } else { self.bytes.slice(start..self.at) })
    }

    /// An i32 length, then that many bytes. A negative or too large length is an error at the length.
    pub(crate) fn sized(&mut self, expected: &'static str) -> Result<Bytes, DecodeError> {
        let fault = self.fault(expected);
        let length = usize::try_from(self.i32(expected)?).map_err(|_| fault)?;
        self.slice(length, expected).map_err(|_| fault)
    }
}
