//! Rust values to Java objects, by their type and never by their value.
//! The table is at [`Value::from_serde`].

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use serde::ser::{self, Serialize};

use crate::boxes::Boxed;
use crate::protocol::NULL;
use crate::share::{Known, Sharing, Sizes};
use crate::value::Value;

mod compound;
mod octet;

use compound::Compound;

/// How deep lists and maps may lie inside each other. Somewhat less than [`Limits`](crate::Limits) allow, so that all that is written can
/// be read.
pub(crate) const DEPTH_MAX: usize = 240;

/// A Rust value that has no form in Java. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToJavaError {
    /// An integer that is too large for any of Java's.
    #[error("{0} does not fit into a java.lang.Long")]
    IntegerTooLarge(String),
    /// Lists and maps lie too deep inside each other.
    #[error("the value is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// A list or map has more elements than Java can count.
    #[error("the value has more elements than a Java collection can hold")]
    TooManyElements,
    /// The value's own `Serialize` says so.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for ToJavaError {
    fn custom<T: Display>(message: T) -> Self {
        ToJavaError::Custom(message.to_string())
    }
}

impl Value {
    /// The Java object that stands for a Rust value. The type decides alone: an `i64` is a `Long` whatever its value.
    ///
    /// | Rust | Java |
    /// |---|---|
    /// | `bool` | `Boolean` |
    /// | `i8`; `i16`, `u8`; `i32`, `u16`; `i64`, `u32`, `u64`, `usize` | `Byte`; `Short`; `Integer`; `Long` |
    /// | `f32`, `f64` | `Float`, `Double` |
    /// | `char`, `str` | `String` |
    /// | bytes (`serde_bytes`); sequences and arrays of `u8`, unless empty | `byte[]` |
    /// | other sequences and tuples | `java.util.ArrayList` |
    /// | maps, structs | `java.util.LinkedHashMap`; keys keep their type |
    /// | a unit variant; a variant with data | its name; a `LinkedHashMap` with one entry |
    /// | `None`, `()` | null |
    ///
    /// # Errors
    /// A `u64` above `i64::MAX`, a 128-bit integer, too deep nesting, or an error of the value's own `Serialize`.
    pub fn from_serde<T: Serialize + ?Sized>(value: &T) -> Result<Value, ToJavaError> {
        let mut writer = Writer::default();
        value.serialize(&mut writer)?;
        Ok(match writer.simple {
            Some(value) => value,
            None => Value::trusted(&writer.out, writer.sharing.handles(), writer.sharing.references()),
        })
    }
}

/// Writes one value after the other, sharing descriptors.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    sharing: Sharing,
    depth: usize,
    /// The whole value, if it is a box or null.
    simple: Option<Value>,
}

impl Writer {
    fn boxed(&mut self, value: Boxed) -> Result<(), ToJavaError> {
        if self.depth == 0 {
            self.simple = Some(Value::boxed(value));
        } else {
            self.sharing.boxed(value, &mut self.out);
        }
        Ok(())
    }

    fn null(&mut self) -> Result<(), ToJavaError> {
        self.out.push(NULL);
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), ToJavaError> {
        self.sharing.string(text, &mut self.out);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), ToJavaError> {
        if i32::try_from(bytes.len()).is_err() {
            return Err(ToJavaError::TooManyElements);
        }
        self.sharing.bytes(bytes, &mut self.out);
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), ToJavaError> {
        if self.depth >= DEPTH_MAX {
            return Err(ToJavaError::TooDeep);
        }
        self.depth += 1;
        Ok(())
    }

    fn begin_list(&mut self) -> Result<Sizes, ToJavaError> {
        self.deeper()?;
        Ok(self.sharing.begin_list(&mut self.out))
    }

    fn begin_map(&mut self) -> Result<Sizes, ToJavaError> {
        self.deeper()?;
        Ok(self.sharing.begin_map(Known::LinkedHashMap, &mut self.out))
    }

    fn end(&mut self, sizes: Sizes, count: usize) -> Result<(), ToJavaError> {
        let count = i32::try_from(count).map_err(|_| ToJavaError::TooManyElements)?;
        sizes.end(count.unsigned_abs(), &mut self.out);
        self.depth -= 1;
        Ok(())
    }

    fn integer_128(&mut self, value: impl Display) -> Result<(), ToJavaError> {
        Err(ToJavaError::IntegerTooLarge(format!("the 128-bit integer {value}")))
    }
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = ToJavaError;
    type SerializeSeq = Compound<'w>;
    type SerializeTuple = Compound<'w>;
    type SerializeTupleStruct = Compound<'w>;
    type SerializeTupleVariant = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Compound<'w>;
    type SerializeStructVariant = Compound<'w>;

    fn serialize_bool(self, value: bool) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Boolean(value))
    }

    fn serialize_i8(self, value: i8) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Byte(value))
    }

    fn serialize_i16(self, value: i16) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Short(value))
    }

    fn serialize_i32(self, value: i32) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Integer(value))
    }

    fn serialize_i64(self, value: i64) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Long(value))
    }

    fn serialize_i128(self, value: i128) -> Result<(), ToJavaError> {
        self.integer_128(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Short(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Integer(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Long(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<(), ToJavaError> {
        let long = i64::try_from(value).map_err(|_| ToJavaError::IntegerTooLarge(value.to_string()))?;
        self.boxed(Boxed::Long(long))
    }

    fn serialize_u128(self, value: u128) -> Result<(), ToJavaError> {
        self.integer_128(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Float(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), ToJavaError> {
        self.boxed(Boxed::Double(value))
    }

    fn serialize_char(self, value: char) -> Result<(), ToJavaError> {
        self.string(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), ToJavaError> {
        self.string(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), ToJavaError> {
        self.bytes(value)
    }

    fn serialize_none(self) -> Result<(), ToJavaError> {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), ToJavaError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), ToJavaError> {
        self.null()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), ToJavaError> {
        self.null()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), ToJavaError> {
        self.string(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), ToJavaError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), ToJavaError> {
        let sizes = self.begin_map()?;
        self.string(variant)?;
        value.serialize(&mut *self)?;
        self.end(sizes, 1)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>, ToJavaError> {
        Compound::sequence(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'w>, ToJavaError> {
        Compound::sequence(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, ToJavaError> {
        Compound::list(self, None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, ToJavaError> {
        let outer = self.begin_map()?;
        self.string(variant)?;
        Compound::list(self, Some(outer))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>, ToJavaError> {
        Compound::map(self, None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, ToJavaError> {
        Compound::map(self, None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, ToJavaError> {
        let outer = self.begin_map()?;
        self.string(variant)?;
        Compound::map(self, Some(outer))
    }
}
