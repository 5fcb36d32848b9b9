//! Attributes whose value a peer has sent and that this node cannot take.
//!
//! Such a value costs the attribute, and nothing else that came with it. What a session then does:
//!
//! - The attribute is gone here: what it was before is out of date.
//! - A value whose end was found (it is too deep, or refers to nothing) is *kept*, as the bytes that it was in the stream: whoever looks
//!   into a problem finds it ([`SessionCell::quarantined`](crate::SessionCell::quarantined)). It is **never forwarded**: no delta and no
//!   state that this node sends has it, for a Java peer might not survive it. A good value under that name takes its place.
//! - A value that breaks off has no end, so there is nothing to keep.

use alloc::string::String;
use core::fmt;

use outlive_serial::{DecodeError, Refused};

/// Values of one session that are kept at most, and ...
pub const QUARANTINE_MAX: usize = 16;

/// ... bytes of one of them; a larger one is only named.
pub const QUARANTINE_BYTES_MAX: usize = 64 << 10;

/// Bytes of a message that a search for the next readable place looks at, as a multiple of the message's.
const SEARCH_FACTOR: usize = 8;

/// How much more a search may look at, so that it is never too little for small messages.
const SEARCH_MORE: usize = 4096;

/// One attribute whose value was not taken; or, seldom, something else of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The attribute's name, or what else it is: a listener, the user.
    pub name: String,
    /// Whether it is an attribute.
    pub is_attribute: bool,
    /// Why.
    pub why: Why,
}

/// Why a value was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its sender could not write it, and said so.
    Lost,
    /// It was read to its end, and refused.
    Refused(Refused),
    /// It is no Java object, or breaks off.
    Broken(DecodeError),
    /// It stood behind one that breaks off, and was not found again.
    Behind,
}

impl Unreadable {
    /// Something behind a value that breaks off.
    pub(crate) fn behind() -> Self {
        Unreadable { name: String::new(), is_attribute: false, why: Why::Behind }
    }

    /// The name of the value's class, if that could be read.
    pub fn class(&self) -> Option<&str> {
        match &self.why {
            Why::Refused(refused) => refused.class.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Lost => f.write_str("its sender could not write it"),
            Why::Refused(refused) => write!(f, "refused, and kept without forwarding it: {}", refused.fault),
            Why::Broken(fault) => fault.fmt(f),
            Why::Behind => f.write_str("behind a value that breaks off"),
        }
    }
}

/// A search for the place behind a broken value, bounded in what it may read: a peer decides how often it must try.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    payload: &'a [u8],
    next: usize,
    budget: usize,
}

impl<'a> Search<'a> {
    /// Looks from `from` on.
    pub(crate) fn new(payload: &'a [u8], from: usize) -> Self {
        Search { payload, next: from, budget: payload.len().saturating_mul(SEARCH_FACTOR).saturating_add(SEARCH_MORE) }
    }

    /// The next place that begins with one of these bytes, the last try having read up to `read`.
    pub(crate) fn next(&mut self, read: usize, first: &[u8]) -> Option<usize> {
        self.budget = self.budget.checked_sub(read.saturating_sub(self.next).max(1))?;
        let rest = self.payload.get(self.next..)?;
        let place = self.next + rest.iter().position(|byte| first.contains(byte))?;
        self.next = place + 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests;
