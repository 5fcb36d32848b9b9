//! Java objects to Rust values, generously.
//!
//! Java programs put many things into a session that mean the same to a Rust program: an `Integer` and a `Long`, a list and an array, a
//! map and a bean. So what the Rust type asks for decides, and any object that can answer does; see [`Value::to_serde`].

use alloc::string::{String, ToString};
use core::cell::Cell;
use core::fmt::Display;

use serde::de::{self, DeserializeOwned, Expected, Unexpected, Visitor};

use crate::boxes::Boxed;
use crate::known::{Shape, Subject, weight_max};
use crate::modified_utf8;
use crate::value::Value;

mod access;
mod variant;

/// How deep objects are followed. One that contains itself ends here.
const DEPTH_MAX: usize = 256;

/// A Java object that cannot be read as was asked. The value is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FromJavaError {
    /// It is something else.
    #[error("is {found}, wanted {wanted}")]
    Mismatch {
        /// What it is: its class, or the number that does not fit.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// Objects lie too deep inside each other, or one contains itself.
    #[error("is nested deeper than {DEPTH_MAX} levels, or contains itself")]
    TooDeep,
    /// Shared objects make it too large.
    #[error("holds the same objects in so many places that it is too large to be read")]
    TooLarge,
    /// The `Deserialize` of the type says so.
    #[error("{0}")]
    Custom(String),
}

impl de::Error for FromJavaError {
    fn custom<T: Display>(message: T) -> Self {
        FromJavaError::Custom(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        FromJavaError::Mismatch { found: found.to_string(), wanted: wanted.to_string() }
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }
}

impl Value {
    /// The Rust value that the object stands for.
    ///
    /// | Java | may be read as |
    /// |---|---|
    /// | `Byte`, `Short`, `Integer`, `Long`, `AtomicInteger`, `AtomicLong`, `BigInteger` | any integer in which it fits, a float |
    /// | `Float`, `Double` | a float |
    /// | `String`, `StringBuilder`, `Character` | a string, a `char`; a string also as a unit variant |
    /// | `BigInteger`, `BigDecimal`, `UUID`, `URI`, `Locale`, `java.time.*` | a string (ISO 8601 for times) |
    /// | `Date`, `Timestamp` | an integer: milliseconds since 1970 |
    /// | any list, queue, set, array | a sequence, a tuple |
    /// | `byte[]` | bytes, a sequence |
    /// | any map | a map; with strings as keys a struct; with one entry an enum variant with data |
    /// | an enum constant | a unit variant, a string |
    /// | null | `None`, `()` |
    /// | any other object | a struct or map of its fields, those of superclasses included |
    ///
    /// Wrappers such as `Collections.unmodifiableList` are looked through.
    ///
    /// # Errors
    /// It is something else than what `T` asks for; the error says both.
    pub fn to_serde<T: DeserializeOwned>(&self) -> Result<T, FromJavaError> {
        let left = Cell::new(weight_max(self.byte_len()));
        match Subject::quick(self) {
            Some(subject) => T::deserialize(Reader { subject, depth: 0, left: &left }),
            None => {
                let stream = self.graph();
                let subject = Subject::of(stream.root());
                T::deserialize(Reader { subject, depth: 0, left: &left })
            }
        }
    }
}

/// Reads one object.
#[derive(Debug, Clone)]
struct Reader<'r, 'a> {
    subject: Subject<'a>,
    depth: usize,
    left: &'r Cell<usize>,
}

impl<'r, 'a> Reader<'r, 'a> {
    /// A reader of a part of this object.
    fn inner(&self, subject: Subject<'a>) -> Result<Reader<'r, 'a>, FromJavaError> {
        let left = self.left.get().checked_sub(subject.weight()).ok_or(FromJavaError::TooLarge)?;
        self.left.set(left);
        if self.depth >= DEPTH_MAX {
            return Err(FromJavaError::TooDeep);
        }
        Ok(Reader { subject, depth: self.depth + 1, left: self.left })
    }

    fn mismatch<T>(&self, wanted: &dyn Expected) -> Result<T, FromJavaError> {
        let found = match self.subject.shape {
            Shape::Null => "null".into(),
            _ => alloc::format!("a {}", self.subject.class_name()),
        };
        Err(FromJavaError::Mismatch { found, wanted: wanted.to_string() })
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match &self.subject.shape {
            Shape::Box(Boxed::Byte(value)) => visitor.visit_i64((*value).into()),
            Shape::Box(Boxed::Short(value)) => visitor.visit_i64((*value).into()),
            Shape::Box(Boxed::Integer(value)) => visitor.visit_i64((*value).into()),
            Shape::Box(Boxed::Long(value)) | Shape::Date(value) => visitor.visit_i64(*value),
            Shape::Octet(byte) => visitor.visit_i64((*byte as i8).into()),
            Shape::BigInteger(digits) => match (digits.parse(), digits.parse(), digits.parse()) {
                (Ok(value), _, _) => visitor.visit_i64(value),
                (_, Ok(value), _) => visitor.visit_u64(value),
                (_, _, Ok(value)) => visitor.visit_i128(value),
                _ => self.mismatch(&visitor),
            },
            _ => self.mismatch(&visitor),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            Shape::Box(Boxed::Float(value)) => visitor.visit_f32(value),
            Shape::Box(Boxed::Double(value)) => visitor.visit_f64(value),
            Shape::Date(_) => self.mismatch(&visitor),
            _ => self.integer(visitor),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match &self.subject.shape {
            Shape::String(bytes) => match modified_utf8::decode(bytes) {
                Some(text) => visitor.visit_str(&text),
                None => Err(FromJavaError::Mismatch {
                    found: "a java.lang.String with half a character (a lone surrogate)".into(),
                    wanted: (&visitor as &dyn Expected).to_string(),
                }),
            },
            Shape::Text { text, .. } | Shape::BigInteger(text) => visitor.visit_str(text),
            Shape::Box(Boxed::Character(unit)) => match char::from_u32((*unit).into()) {
                Some(character) => visitor.visit_char(character),
                None => self.mismatch(&visitor),
            },
            Shape::Enum { constant, .. } => visitor.visit_str(constant),
            Shape::Class(name) => visitor.visit_str(name),
            _ => self.mismatch(&visitor),
        }
    }
}

macro_rules! numbers {
    ($($method:ident => $read:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
            self.$read(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_, '_> {
    type Error = FromJavaError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match &self.subject.shape {
            Shape::Null => visitor.visit_unit(),
            Shape::Box(boxed) => match *boxed {
                Boxed::Boolean(value) => visitor.visit_bool(value),
                Boxed::Byte(value) => visitor.visit_i8(value),
                Boxed::Short(value) => visitor.visit_i16(value),
                Boxed::Integer(value) => visitor.visit_i32(value),
                Boxed::Long(value) => visitor.visit_i64(value),
                Boxed::Float(value) => visitor.visit_f32(value),
                Boxed::Double(value) => visitor.visit_f64(value),
                Boxed::Character(_) => self.text(visitor),
            },
            Shape::Octet(byte) => visitor.visit_i8(*byte as i8),
            Shape::Date(ms) => visitor.visit_i64(*ms),
            Shape::Bytes(bytes) => visitor.visit_bytes(bytes),
            Shape::String(_) | Shape::Text { .. } | Shape::BigInteger(_) | Shape::Enum { .. } | Shape::Class(_) => {
                self.text(visitor)
            }
            Shape::Primitives(_) | Shape::Array(_) | Shape::List(_) | Shape::Set(_) => self.deserialize_seq(visitor),
            Shape::Map(_) | Shape::Object | Shape::Same(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            Shape::Box(Boxed::Boolean(value)) => visitor.visit_bool(value),
            _ => self.mismatch(&visitor),
        }
    }

    numbers! {
        deserialize_i8 => integer
        deserialize_i16 => integer
        deserialize_i32 => integer
        deserialize_i64 => integer
        deserialize_i128 => integer
        deserialize_u16 => integer
        deserialize_u32 => integer
        deserialize_u64 => integer
        deserialize_u128 => integer
        deserialize_f32 => float
        deserialize_f64 => float
        deserialize_char => text
        deserialize_str => text
        deserialize_string => text
        deserialize_identifier => text
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            // Java's bytes have a sign; a program that asks for `u8` means the bits.
            Shape::Octet(byte) => visitor.visit_u8(byte),
            _ => self.integer(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match &self.subject.shape {
            Shape::Bytes(bytes) => visitor.visit_bytes(bytes),
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            Shape::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            Shape::Null => visitor.visit_unit(),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, FromJavaError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FromJavaError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, FromJavaError> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, FromJavaError> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FromJavaError> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FromJavaError> {
        self.variant(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        visitor.visit_unit()
    }
}
