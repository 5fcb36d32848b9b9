//! One Java object, on its own.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use triomphe::ThinArc;

use crate::boxes::Boxed;
use crate::decode::{Decoder, Element};
use crate::error::{DecodeError, Found};
use crate::limits::Limits;
use crate::modified_utf8;
use crate::protocol::*;
use crate::scan::Scanner;
use crate::share::{Known, Sharing, write_string};
use crate::simple::{Simple, text_of};
use crate::stream::Stream;

/// What a `byte[]` begins with, up to its length.
const BYTE_ARRAY: &[u8] = b"\x75\x72\0\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\0\0\x78\x70";

/// One Java object, or null: what an attribute of a session is.
///
/// It stands for its bytes: a stream of its own without the four bytes of header, whose handles begin at the first. They were checked
/// when they came in: they are exactly one content element, with no reset and no exception in it. A clone shares the bytes; null and the
/// boxes of primitive values, whose bytes are constant but for the value, take no memory beside the `Value` itself.
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
pub struct Value(Form);

#[derive(Clone)]
enum Form {
    Null,
    Boxed(Boxed),
    Body(Body),
}

/// Bytes that all clones share.
#[derive(Clone)]
struct Body(ThinArc<BodyHead, u8>);

#[derive(Clone, Copy)]
struct BodyHead {
    /// How many handles the body assigns.
    handles: u32,
    /// Whether a reference is in it, so that it may stand only where handles begin.
    references: bool,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0.slice
    }
}

impl Value {
    /// Takes bytes that were made here or checked.
    pub(crate) fn trusted(body: &[u8], handles: u32, references: bool) -> Value {
        if body == [NULL] {
            return Value::null();
        }
        match Boxed::read(body) {
            Some((boxed, len)) if len == body.len() => Value::boxed(boxed),
            _ => Value::of_body(body, handles, references),
        }
    }

    /// Takes such bytes of an object that is neither null nor a box.
    pub(crate) fn of_body(body: &[u8], handles: u32, references: bool) -> Value {
        Value(Form::Body(Body(ThinArc::from_header_and_slice(BodyHead { handles, references }, body))))
    }

    /// Checks bytes: one content element, without header, with handles from the first on.
    ///
    /// # Errors
    /// They are something else, more than that, or exceed the limits.
    pub fn from_bytes(body: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
        if let Some((simple, len)) = Simple::read(body, limits)
            && len == body.len()
        {
            return Ok(simple.to_value());
        }
        let mut scanner = Scanner::new(body, 0)?;
        let mut decoder = Decoder::new(*limits);
        let element = decoder.element(&mut scanner)?;
        if scanner.remaining() > 0 {
            return Err(scanner.expected("nothing behind the object"));
        }
        match element {
            Element::Whole(_) => Ok(Value::trusted(body, decoder.handles() as u32, decoder.references)),
            Element::Lost { partial, .. } => {
                let found = Found::Tag(EXCEPTION);
                Err(DecodeError::expected(partial.len(), "an object that is whole", found))
            }
        }
    }

    /// Null.
    pub fn null() -> Value {
        Value(Form::Null)
    }

    pub(crate) fn boxed(value: Boxed) -> Value {
        Value(Form::Boxed(value))
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
        Value::trusted(&body, 1, false)
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
        Value::trusted(&body, sharing.handles(), sharing.references())
    }

    /// The bytes: one content element, without header.
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        match &self.0 {
            Form::Null => Cow::Borrowed(&[NULL]),
            Form::Boxed(boxed) => Cow::Owned(boxed.to_body()),
            Form::Body(body) => Cow::Borrowed(body.as_ref()),
        }
    }

    /// How many bytes [`to_bytes`](Self::to_bytes) gives.
    pub fn byte_len(&self) -> usize {
        match &self.0 {
            Form::Null => 1,
            Form::Boxed(boxed) => boxed.kind().body_len(),
            Form::Body(body) => body.as_ref().len(),
        }
    }

    /// The bytes, shared where they are.
    pub(crate) fn body(&self) -> Bytes {
        match &self.0 {
            Form::Body(body) => Bytes::from_owner(body.clone()),
            Form::Null | Form::Boxed(_) => Bytes::from(self.to_bytes().into_owned()),
        }
    }

    pub(crate) fn handles(&self) -> u32 {
        match &self.0 {
            Form::Null => 0,
            Form::Boxed(boxed) => boxed.kind().handles(),
            Form::Body(body) => body.0.header.header.handles,
        }
    }

    pub(crate) fn references(&self) -> bool {
        matches!(&self.0, Form::Body(body) if body.0.header.header.references)
    }

    /// The value of a box.
    pub(crate) fn as_boxed(&self) -> Option<Boxed> {
        match self.0 {
            Form::Boxed(boxed) => Some(boxed),
            Form::Null | Form::Body(_) => None,
        }
    }

    /// The bytes of an object that is no box.
    fn as_body(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Body(body) => Some(body.as_ref()),
            Form::Null | Form::Boxed(_) => None,
        }
    }

    /// The text of a string, in modified UTF-8.
    pub(crate) fn as_text(&self) -> Option<&[u8]> {
        text_of(self.as_body()?)
    }

    /// The content of a `byte[]`.
    pub(crate) fn as_byte_array(&self) -> Option<&[u8]> {
        let (_, content) = self.as_body()?.strip_prefix(BYTE_ARRAY)?.split_first_chunk::<4>()?;
        Some(content)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.0, Form::Null)
    }

    /// The Java name of the class, such as `java.lang.Integer` or `[B`; `null` for null.
    pub fn class_name(&self) -> Cow<'_, str> {
        let body = match &self.0 {
            Form::Null => return Cow::Borrowed("null"),
            Form::Boxed(boxed) => return Cow::Borrowed(boxed.kind().class_name()),
            Form::Body(body) => body.as_ref(),
        };
        match *body {
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
        let stream = Stream::of_body(self.body());
        stream.expect("the bytes were checked when the value was made, against limits at least as narrow")
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Null, Form::Null) => true,
            // By their bytes: as numbers, NaN would not equal itself, and zero would equal minus zero.
            (Form::Boxed(one), Form::Boxed(other)) => one.to_body() == other.to_body(),
            (Form::Body(one), Form::Body(other)) => one.as_ref() == other.as_ref(),
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({}, {} bytes)", self.class_name(), self.byte_len())
    }
}
