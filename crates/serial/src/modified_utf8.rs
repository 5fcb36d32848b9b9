//! Java's own dialect of UTF-8, in which all names and strings of a stream are written.
//!
//! It differs from UTF-8 in two ways: U+0000 is `c0 80`, and a character above U+FFFF is written as its two UTF-16 surrogates,
//! three bytes each. A Java string may hold a lone surrogate, which no Rust string can: [`decode`] says so, [`decode_lossy`]
//! puts U+FFFD in its place.
//!
//! ```
//! use outlive_serial::modified_utf8::{decode, encode};
//! let bytes = encode("é\0😀");
//! assert_eq!(&bytes[..], b"\xc3\xa9\xc0\x80\xed\xa0\xbd\xed\xb8\x80");
//! assert_eq!(decode(&bytes).as_deref(), Some("é\0😀"));
//! ```
//!
//! Source: `java.io.DataInput`, "Modified UTF-8".

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The modified UTF-8 of a text; the text's own bytes where they are the same.
pub fn encode(text: &str) -> Cow<'_, [u8]> {
    if is_same(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(encoded_len(text));
    encode_into(text, &mut out);
    Cow::Owned(out)
}

/// The length of a text in modified UTF-8.
pub fn encoded_len(text: &str) -> usize {
    if is_same(text) {
        return text.len();
    }
    text.chars()
        .map(|c| match c {
            '\0' => 2,
            c if c.len_utf8() == 4 => 6,
            c => c.len_utf8(),
        })
        .sum()
}

/// Appends the modified UTF-8 of a text.
pub(crate) fn encode_into(text: &str, out: &mut Vec<u8>) {
    if is_same(text) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut utf8 = [0; 4];
    for c in text.chars() {
        match c {
            '\0' => out.extend_from_slice(&[0xc0, 0x80]),
            c if c.len_utf8() == 4 => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    push_unit(*unit, out);
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes()),
        }
    }
}

fn push_unit(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xe0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]);
}

/// True where UTF-8 and modified UTF-8 of the text are the same bytes.
fn is_same(text: &str) -> bool {
    // Without a way out in the middle, so that many bytes are looked at in one step.
    text.bytes().fold(true, |same, b| same & (b != 0) & (b < 0xf0))
}

/// The text of these bytes; `None` where they are malformed or hold a lone surrogate.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = decode_same(bytes) {
        return Some(Cow::Borrowed(text));
    }
    let units = units(bytes)?;
    String::from_utf16(&units).ok().map(Cow::Owned)
}

/// The text of these bytes, with U+FFFD for lone surrogates; malformed bytes give U+FFFD alone.
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(text) = decode_same(bytes) {
        return Cow::Borrowed(text);
    }
    match units(bytes) {
        Some(units) => Cow::Owned(String::from_utf16_lossy(&units)),
        None => Cow::Borrowed("\u{fffd}"),
    }
}

/// The same bytes as UTF-8, if they are the same text. Proper UTF-8 has neither `c0 80` nor surrogates, so it always is,
/// unless it has characters of four bytes, which are malformed here.
fn decode_same(bytes: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(bytes).ok()?;
    (text.is_ascii() || bytes.iter().all(|b| *b < 0xf0)).then_some(text)
}

/// True where Java's reader would accept the bytes as a string.
pub fn is_valid(bytes: &[u8]) -> bool {
    bytes.is_ascii() || decode_same(bytes).is_some() || Units(bytes).all(|unit| unit.is_some())
}

fn units(bytes: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(bytes.len());
    for unit in Units(bytes) {
        units.push(unit?);
    }
    Some(units)
}

/// The UTF-16 units of modified UTF-8; `None` once, where the bytes are malformed. Overlong forms are taken, as Java does.
struct Units<'a>(&'a [u8]);

impl Iterator for Units<'_> {
    type Item = Option<u16>;

    fn next(&mut self) -> Option<Option<u16>> {
        let tail = |b: u8| (b & 0xc0 == 0x80).then_some(u16::from(b & 0x3f));
        let (unit, rest) = match self.0 {
            [] => return None,
            [a, rest @ ..] if *a < 0x80 => (Some(u16::from(*a)), rest),
            [a, b, rest @ ..] if a & 0xe0 == 0xc0 => (tail(*b).map(|b| u16::from(a & 0x1f) << 6 | b), rest),
            [a, b, c, rest @ ..] if a & 0xf0 == 0xe0 => {
                let unit = tail(*b).zip(tail(*c));
                (unit.map(|(b, c)| u16::from(a & 0x0f) << 12 | b << 6 | c), rest)
            }
            _ => (None, &[][..]),
        };
        self.0 = if unit.is_some() { rest } else { &[] };
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_valid_java_but_no_rust_text() {
        let lone = b"a\xed\xa0\xbdb";
        assert!(is_valid(lone));
        assert_eq!(decode(lone), None);
        assert_eq!(decode_lossy(lone), "a\u{fffd}b");
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [&b"\x80"[..], b"\xc3", b"\xc3\x28", b"\xe2\x82", b"\xe2\x28\xa1", b"\xf0\x9f\x98\x80", b"\xff"] {
            assert!(!is_valid(bytes), "{bytes:x?}");
            assert_eq!(decode(bytes), None);
        }
    }

    #[test]
    fn a_zero_byte_is_read_as_java_reads_it() {
        assert_eq!(decode(b"a\0b").as_deref(), Some("a\0b"));
        assert_eq!(encode("a\0b")[..], b"a\xc0\x80b"[..]);
        assert_eq!(encoded_len("a\0b"), 4);
    }

    #[test]
    fn every_length_of_character_survives() {
        let text = "a\u{7f}\u{80}é\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}";
        assert_eq!(encode(text).len(), encoded_len(text));
        assert_eq!(decode(&encode(text)).as_deref(), Some(text));
    }
}
