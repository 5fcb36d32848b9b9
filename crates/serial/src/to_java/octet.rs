//! Finding out whether an element of a sequence is a `u8`.

use core::fmt::{self, Display};

use serde::ser::{Impossible, Serialize, Serializer};

/// Takes a `u8` and nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Octet;

/// The element is something else.
#[derive(Debug)]
pub(super) struct NoOctet;

impl fmt::Display for NoOctet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a u8")
    }
}

impl core::error::Error for NoOctet {}

impl serde::ser::Error for NoOctet {
    fn custom<T: Display>(_: T) -> Self {
        NoOctet
    }
}

macro_rules! refuse {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, _: $type) -> Result<u8, NoOctet> {
            Err(NoOctet)
        })*
    };
}

impl Serializer for Octet {
    type Ok = u8;
    type Error = NoOctet;
    type SerializeSeq = Impossible<u8, NoOctet>;
    type SerializeTuple = Impossible<u8, NoOctet>;
    type SerializeTupleStruct = Impossible<u8, NoOctet>;
    type SerializeTupleVariant = Impossible<u8, NoOctet>;
    type SerializeMap = Impossible<u8, NoOctet>;
    type SerializeStruct = Impossible<u8, NoOctet>;
    type SerializeStructVariant = Impossible<u8, NoOctet>;

    fn serialize_u8(self, value: u8) -> Result<u8, NoOctet> {
        Ok(value)
    }

    refuse! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_unit_struct(&'static str)
    }

    fn serialize_none(self) -> Result<u8, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<u8, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_unit(self) -> Result<u8, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<u8, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<u8, NoOctet> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<u8, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, NoOctet> {
        Err(NoOctet)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoOctet> {
        Err(NoOctet)
    }
}
