//! A place in bytes, from which numbers and texts are read.

use crate::error::{DecodeError, Found};
use crate::graph::Span;
use crate::limits::Limits;
use crate::modified_utf8;

/// Reads forward; every failure names the place where it stood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanner<'a> {
    source: &'a [u8],
    position: usize,
}

impl<'a> Scanner<'a> {
    /// Spans count in 32 bits, so longer input is refused as a whole.
    pub(crate) fn new(source: &'a [u8], position: usize) -> Result<Self, DecodeError> {
        if source.len() > u32::MAX as usize {
            return Err(DecodeError::limit(0, "bytes", u32::MAX as usize));
        }
        Ok(Scanner { source, position })
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn source(&self) -> &'a [u8] {
        self.source
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.source.get(self.position..).unwrap_or_default()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.source.len().saturating_sub(self.position)
    }

    /// Goes on behind bytes that [`rest`](Self::rest) has shown.
    pub(crate) fn skip(&mut self, len: usize) {
        self.position += len;
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.source.get(self.position).copied()
    }

    /// An error at the place where the next byte is.
    pub(crate) fn expected(&self, expected: &'static str) -> DecodeError {
        let found = self.peek().map_or(Found::End, Found::Tag);
        DecodeError::expected(self.position, expected, found)
    }

    pub(crate) fn span(&mut self, len: usize, expected: &'static str) -> Result<Span, DecodeError> {
        if len > self.remaining() {
            return Err(DecodeError::expected(self.source.len(), expected, Found::End));
        }
        let span = Span::new(self.position, len);
        self.position += len;
        Ok(span)
    }

    pub(crate) fn take(&mut self, len: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let source = self.source;
        self.span(len, expected).map(|span| span.of(source))
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, expected)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.array(expected).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, expected: &'static str) -> Result<u16, DecodeError> {
        self.array(expected).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, expected: &'static str) -> Result<u32, DecodeError> {
        self.array(expected).map(u32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self, expected: &'static str) -> Result<i64, DecodeError> {
        self.array(expected).map(i64::from_be_bytes)
    }

    /// A length of four bytes that Java reads as signed.
    pub(crate) fn length(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        let at = self.position;
        let length = i32::from_be_bytes(self.array(expected)?);
        usize::try_from(length).map_err(|_| DecodeError::expected(at, expected, Found::Number(length.into())))
    }

    /// A text with two bytes of length before it.
    pub(crate) fn utf(&mut self, limits: &Limits, expected: &'static str) -> Result<Span, DecodeError> {
        let len = self.u16(expected)?;
        self.text(u64::from(len), limits, expected)
    }

    /// A text with eight bytes of length before it.
    pub(crate) fn long_utf(&mut self, limits: &Limits, expected: &'static str) -> Result<Span, DecodeError> {
        let len = self.i64(expected)?;
        // A negative length becomes one that is longer than any input.
        self.text(len as u64, limits, expected)
    }

    fn text(&mut self, len: u64, limits: &Limits, expected: &'static str) -> Result<Span, DecodeError> {
        let at = self.position;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > limits.string_bytes {
            return Err(DecodeError::limit(at, "bytes in a string", limits.string_bytes));
        }
        let span = self.span(len, expected)?;
        if !modified_utf8::is_valid(span.of(self.source)) {
            return Err(DecodeError::expected(at, "modified UTF-8", Found::Text("other bytes")));
        }
        Ok(span)
    }
}
