//! The simplest objects: null, boxes of primitive values, strings.
//!
//! They are most of what a session holds, and most of what a whole session says about itself. Each says all there is to say by a
//! few bytes in a row, so it is read without a graph, and without a [`Value`] where only what it means is wanted.

use crate::boxes::Boxed;
use crate::limits::Limits;
use crate::modified_utf8;
use crate::protocol::{LONG_STRING, NULL, STRING};
use crate::value::Value;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Simple<'a> {
    Null,
    Boxed(Boxed),
    /// A string in full, from its tag on.
    String(&'a [u8]),
}

impl<'a> Simple<'a> {
    /// A text that many refer to is copied for each of them up to this length in bytes; a longer one becomes a value that they share.
    pub(crate) const COPIED_MAX: usize = 125;

    /// What these bytes begin with, if that is null, a box in full or a string of at most 65535 bytes, and how many bytes it takes.
    pub(crate) fn read(bytes: &'a [u8], limits: &Limits) -> Option<(Simple<'a>, usize)> {
        match bytes {
            [NULL, ..] => Some((Simple::Null, 1)),
            [STRING, ..] => {
                let (whole, text) = string(bytes)?;
                let is_taken = text.len() <= limits.string_bytes && modified_utf8::is_valid(text);
                is_taken.then_some((Simple::String(whole), whole.len()))
            }
            // A box lies two descriptors deep.
            _ if limits.depth < Boxed::DEPTH || limits.nodes < 5 => None,
            _ => Boxed::read(bytes).map(|(boxed, len)| (Simple::Boxed(boxed), len)),
        }
    }

    /// How many handles it takes where it stands in full.
    pub(crate) fn handles(self) -> u32 {
        match self {
            Simple::Null => 0,
            Simple::Boxed(boxed) => boxed.kind().handles(),
            Simple::String(_) => 1,
        }
    }

    /// How many bytes it takes in full.
    pub(crate) fn byte_len(self) -> usize {
        match self {
            Simple::Null => 1,
            Simple::Boxed(boxed) => boxed.kind().body_len(),
            Simple::String(whole) => whole.len(),
        }
    }

    /// The object on its own.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Simple::Null => Value::null(),
            Simple::Boxed(boxed) => Value::boxed(boxed),
            Simple::String(whole) => Value::of_body(whole, 1, false),
        }
    }
}

/// The string with a short length that these bytes begin with, and the text in it.
pub(crate) fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<3>()?;
    let [STRING, high, low] = *head else { return None };
    let len = usize::from(u16::from_be_bytes([high, low]));
    Some((bytes.get(..3 + len)?, rest.get(..len)?))
}

/// The text, in modified UTF-8, of the bytes of an object that may be a string.
pub(crate) fn text_of(whole: &[u8]) -> Option<&[u8]> {
    match *whole {
        [STRING, _, _, ref text @ ..] => Some(text),
        [LONG_STRING, _, _, _, _, _, _, _, _, ref text @ ..] => Some(text),
        _ => None,
    }
}
