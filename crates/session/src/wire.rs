//! Small pieces of the Java stream protocol that messages are made of.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use outlive_serial::modified_utf8;

const TC_NULL: u8 = 0x70;
const TC_STRING: u8 = 0x74;
const TC_LONG_STRING: u8 = 0x7c;

/// Appends a string object: short form up to 64 KiB, as Java does.
pub(crate) fn put_java_string(out: &mut Vec<u8>, text: &str) {
    let bytes = modified_utf8::encode(text);
    match u16::try_from(bytes.len()) {
        Ok(len) => {
            out.push(TC_STRING);
            out.extend_from_slice(&len.to_be_bytes());
        }
        Err(_) => {
            out.push(TC_LONG_STRING);
            out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&bytes);
}

/// Appends a string object, or null.
pub(crate) fn put_nullable_java_string(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(TC_NULL),
        Some(text) => put_java_string(out, text),
    }
}

/// Reads fixed forms from a slice; `None` means "not this form" and never says more.
pub(crate) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor(bytes)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn expect(&mut self, constant: &[u8]) -> Option<()> {
        (self.take(constant.len())? == constant).then_some(())
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// A string object, or null (`Some(None)`).
    pub(crate) fn nullable_java_string(&mut self) -> Option<Option<Cow<'a, str>>> {
        match self.0.split_first()? {
            (&TC_NULL, rest) => {
                self.0 = rest;
                Some(None)
            }
            _ => self.java_string().map(Some),
        }
    }

    /// A string object in its short form; no back reference.
    pub(crate) fn java_string(&mut self) -> Option<Cow<'a, str>> {
        self.expect(&[TC_STRING])?;
        let len = self.array().map(u16::from_be_bytes)?;
        modified_utf8::decode(self.take(usize::from(len))?)
    }
}
