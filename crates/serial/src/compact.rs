//! A short form of small values, for memory at rest.
//!
//! A `java.lang.Integer` takes 81 bytes as a stream, of which four are its own. Boxes and short strings are what most
//! attributes are; in this form they take their own bytes and one or two more. It never leaves the process.

use alloc::vec::Vec;

use crate::boxes::{BOX_KINDS, Boxed};
use crate::modified_utf8;
use crate::protocol::STRING;
use crate::value::Value;

/// Longer strings are shared rather than copied.
const TEXT_BYTES_MAX: usize = 255;

const NULL: u8 = 0;
const TEXT: u8 = 1;
/// The first of the boxes, in the order of `BOX_KINDS`.
const BOXES: u8 = 2;

impl Value {
    /// Appends the short form, if the value has one: null, a box, a string of 255 bytes at most. `false`: nothing was appended.
    pub fn write_compact(&self, out: &mut Vec<u8>) -> bool {
        if self.is_null() {
            out.push(NULL);
            return true;
        }
        // A string of this length may still stand as a long one, which only a writer other than Java's would do.
        if let Some(text) = self.as_text()
            && text.len() <= TEXT_BYTES_MAX
            && self.byte_len() == 3 + text.len()
        {
            out.extend_from_slice(&[TEXT, text.len() as u8]);
            out.extend_from_slice(text);
            return true;
        }
        match self.as_boxed() {
            Some(boxed) => {
                out.push(BOXES + boxed.kind() as u8);
                boxed.write_value(out);
                true
            }
            None => false,
        }
    }

    /// The value whose short form these bytes begin with, and how many bytes it took; `None` for anything else.
    pub fn read_compact(bytes: &[u8]) -> Option<(Value, usize)> {
        match *bytes.first()? {
            NULL => Some((Value::null(), 1)),
            TEXT => {
                let len = usize::from(*bytes.get(1)?);
                let text = bytes.get(2..2 + len).filter(|text| modified_utf8::is_valid(text))?;
                let mut body = Vec::with_capacity(3 + len);
                body.extend_from_slice(&[STRING, 0, len as u8]);
                body.extend_from_slice(text);
                Some((Value::trusted(&body, 1, false), 2 + len))
            }
            tag => {
                let kind = *BOX_KINDS.get(usize::from(tag.checked_sub(BOXES)?))?;
                let boxed = Boxed::of_bytes(kind, bytes.get(1..1 + kind.width())?)?;
                Some((Value::boxed(boxed), 1 + kind.width()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_short_form_comes_back_as_the_same_bytes() {
        for value in [
            Value::null(),
            Value::boolean(true),
            Value::integer(-7),
            Value::long(i64::MIN),
            Value::double(f64::NAN),
            Value::string(""),
            Value::string("gr\u{fc}\u{df}e \u{1f980} \0"),
            Value::string(&"x".repeat(255)),
        ] {
            let mut short = Vec::from(b"before".as_slice());
            assert!(value.write_compact(&mut short), "{value:?}");
            assert!(short.len() < 6 + value.byte_len() + 1, "{value:?}");
            short.extend_from_slice(b"behind");
            let (again, len) = Value::read_compact(&short[6..]).unwrap();
            assert_eq!((&again, len), (&value, short.len() - 12));
            assert_eq!((again.handles(), again.references()), (value.handles(), value.references()));
        }
    }

    #[test]
    fn what_has_none_is_left_alone() {
        let mut odd = Value::boolean(true).to_bytes().into_owned();
        *odd.last_mut().unwrap() = 7;
        let odd = Value::from_bytes(&odd, &crate::Limits::default()).unwrap();
        for value in [Value::string(&"x".repeat(256)), Value::date(1), Value::bytes(b"x"), odd] {
            let mut short = Vec::new();
            assert!(!value.write_compact(&mut short), "{value:?}");
            assert!(short.is_empty());
        }
    }

    #[test]
    fn other_bytes_are_no_value() {
        for bytes in [&[][..], &[99], &[1], &[1, 4, b'a'], &[1, 1, 0xff], &[2], &[7, 0, 0]] {
            assert_eq!(Value::read_compact(bytes), None, "{bytes:?}");
        }
    }
}
