//! One Java object, on its own.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::boxes::{Boxed, NUMBER};
use crate::decode::{Decoder, Element};
use crate::error::{DecodeError, Found};
use crate::limits::Limits;
use crate::modified_utf8;
use crate::protocol::*;
use crate::scan::Scanner;
use crate::share::{Known, Sharing, write_string};
use crate::stream::Stream;

/// What a `byte[]` begins with, up to its length.
const BYTE_ARRAY: &[u8] = b"\x75\x72\0\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\0\0\x78\x70";

/// One Java object, or null: what an attribute of a session is.
///
/// It is kept as its bytes, a stream of its own without the four bytes of header, whose handles begin at the first. The bytes were
/// checked when they came in: they are exactly one content element, with no reset and no exception in it. A clone shares the bytes.
///
/// Two values are equal if their bytes are. (So equal Java objects may be unequal values; unequal objects never are equal.)
///
/// ```
/// use outlive_serial::Value;
/// let value = Value::from_serde(&vec!["a", "b"]).unwrap();
/// assert_eq!(value.class_name(), "java.util.ArrayList");
/// assert_eq!(value.to_serde::<Vec<String>>().unwrap(), ["a", "b"]);
/// ```
#[derive(Clone)]
pub struct Value {
    body: Bytes,
    /// How many handles the body assigns.
    handles: u32,
    /// Whether a reference is in it, so that it may stand only where handles begin.
    references: bool,
}

impl Value {
    /// Takes bytes that were made here or checked.
    pub(crate) fn trusted(body: Vec<u8>, handles: u32, references: bool) -> Value {
        Value { body: Bytes::from(body), handles, references }
    }

    /// Checks bytes: one content element, without header, with handles from the first on.
    ///
    /// # Errors
    /// They are something else, more than that, or exceed the limits.
    pub fn from_bytes(body: Bytes, limits: &Limits) -> Result<Value, DecodeError> {
        if let Some((handles, len)) = read_quick(&body, limits)
            && len == body.len()
        {
            return Ok(Value { body, handles, references: false });
        }
        let mut scanner = Scanner::new(&body, 0)?;
        let mut decoder = Decoder::new(*limits);
        let element = decoder.element(&mut scanner)?;
        if scanner.remaining() > 0 {
            return Err(scanner.expected("nothing behind the object"));
        }
        match element {
            Element::Whole(_) => Ok(Value { handles: decoder.handles() as u32, references: decoder.references, body }),
            Element::Lost { partial, .. } => {
                let found = Found::Tag(EXCEPTION);
                Err(DecodeError::expected(partial.len(), "an object that is whole", found))
            }
        }
    }

    /// Null.
    pub fn null() -> Value {
        Value { body: Bytes::from_static(&[NULL]), handles: 0, references: false }
    }

    pub(crate) fn boxed(value: Boxed) -> Value {
        let kind = value.kind();
        let mut body = Vec::with_capacity(1 + kind.descriptor().len() + NUMBER.len() + 8);
        body.push(OBJECT);
        body.extend_from_slice(kind.descriptor());
        body.extend_from_slice(if kind.is_number() { NUMBER } else { &[NULL] });
        value.write_value(&mut body);
        Value::trusted(body, kind.handles(), false)
    }

    /// A `java.lang.Boolean`.
    pub fn boolean(value: bool) -> Value {
        Value::boxed(Boxed::Boolean(value))
    }

    /// A `java.lang.Integer`.
    pub fn integer(value: i32) -> Value {
        Value::boxed(Boxed::Integer(value))
    }

    /// A `java.lang.Long`.
    pub fn long(value: i64) -> Value {
        Value::boxed(Boxed::Long(value))
    }

    /// A `java.lang.Double`.
    pub fn double(value: f64) -> Value {
        Value::boxed(Boxed::Double(value))
    }

    /// A `java.lang.String`.
    pub fn string(text: &str) -> Value {
        let mut body = Vec::new();
        write_string(text, &mut body);
        Value::trusted(body, 1, false)
    }

    /// A `byte[]`.
    pub fn bytes(bytes: &[u8]) -> Value {
        Value::assemble(|sharing, body| sharing.bytes(bytes, body))
    }

    /// A `java.util.Date`, from milliseconds since 1970.
    pub fn date(ms: i64) -> Value {
        Value::assemble(|sharing, body| {
            sharing.object(Known::Date, body);
            body.extend_from_slice(&[BLOCK, 8]);
            body.extend_from_slice(&ms.to_be_bytes());
            body.push(END_BLOCK);
        })
    }

    /// A `java.util.ArrayList` of these.
    pub fn array_list(elements: impl IntoIterator<Item = Value>) -> Value {
        Value::assemble(|sharing, body| {
            let sizes = sharing.begin_list(body);
            let mut count = 0;
            for element in elements {
                sharing.value(&element, body);
                count += 1;
            }
            sizes.end(count, body);
        })
    }

    /// A `java.util.HashMap` of these pairs. Of pairs with the same key, a reader keeps the last.
    pub fn hash_map(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        Value::map(Known::HashMap, pairs)
    }

    /// A `java.util.LinkedHashMap` of these pairs, which keeps their order.
    pub fn linked_hash_map(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        Value::map(Known::LinkedHashMap, pairs)
    }

    fn map(class: Known, pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        Value::assemble(|sharing, body| {
            let sizes = sharing.begin_map(class, body);
            let mut count = 0;
            for (key, value) in pairs {
                sharing.value(&key, body);
                sharing.value(&value, body);
                count += 1;
            }
            sizes.end(count, body);
        })
    }

    fn assemble(write: impl FnOnce(&mut Sharing, &mut Vec<u8>)) -> Value {
        let mut sharing = Sharing::default();
        let mut body = Vec::new();
        write(&mut sharing, &mut body);
        Value::trusted(body, sharing.handles(), sharing.references())
    }

    /// The bytes: one content element, without header.
    pub fn as_bytes(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn handles(&self) -> u32 {
        self.handles
    }

    pub(crate) fn references(&self) -> bool {
        self.references
    }

    /// The value of a box.
    pub(crate) fn as_boxed(&self) -> Option<Boxed> {
        Boxed::read(&self.body).map(|(boxed, _)| boxed)
    }

    /// The text of a string, in modified UTF-8.
    pub(crate) fn as_text(&self) -> Option<&[u8]> {
        match *self.body.first()? {
            STRING => self.body.get(3..),
            LONG_STRING => self.body.get(9..),
            _ => None,
        }
    }

    /// The content of a `byte[]`.
    pub(crate) fn as_byte_array(&self) -> Option<&[u8]> {
        let (_, content) = self.body.strip_prefix(BYTE_ARRAY)?.split_first_chunk::<4>()?;
        Some(content)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.body.first() == Some(&NULL)
    }

    /// The Java name of the class, such as `java.lang.Integer` or `[B`; `null` for null.
    pub fn class_name(&self) -> Cow<'_, str> {
        match *self.body {
            [STRING | LONG_STRING, ..] => Cow::Borrowed("java.lang.String"),
            [CLASS, ..] => Cow::Borrowed("java.lang.Class"),
            [DESCRIPTOR | PROXY, ..] => Cow::Borrowed("java.io.ObjectStreamClass"),
            [_, PROXY, ..] => Cow::Borrowed("java.lang.reflect.Proxy"),
            [_, DESCRIPTOR, high, low, ref rest @ ..] => {
                let len = usize::from(u16::from_be_bytes([high, low]));
                modified_utf8::decode_lossy(rest.get(..len).unwrap_or_default())
            }
            _ => Cow::Borrowed("null"),
        }
    }

    /// The value as a graph, to look around in. `root()` of it is `None` for null.
    pub fn graph(&self) -> Stream {
        let stream = Stream::of_body(self.body.clone());
        stream.expect("the bytes were checked when the value was made, against limits at least as narrow")
    }
}

/// A box or a string, of which neither a graph nor any other check is needed: its handles and its length.
pub(crate) fn read_quick(bytes: &[u8], limits: &Limits) -> Option<(u32, usize)> {
    match bytes {
        [NULL, ..] => Some((0, 1)),
        [STRING, high, low, text @ ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            let text = text.get(..len)?;
            (len <= limits.string_bytes && modified_utf8::is_valid(text)).then_some((1, len + 3))
        }
        // A box lies two descriptors deep.
        _ if limits.depth < 3 || limits.nodes < 5 => None,
        _ => Boxed::read(bytes).map(|(boxed, len)| (boxed.kind().handles(), len)),
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({}, {} bytes)", self.class_name(), self.body.len())
    }
}
