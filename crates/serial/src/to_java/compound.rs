//! Sequences, maps and structs on their way to Java.

use alloc::vec::Vec;

use serde::ser::{self, Serialize};

use super::octet::Octet;
use super::{ToJavaError, Writer};
use crate::boxes::Boxed;
use crate::share::Sizes;

/// A list or map of which elements are still to come.
#[derive(Debug)]
pub(crate) struct Compound<'w> {
    writer: &'w mut Writer,
    content: Content,
    count: usize,
    /// The map of one entry around it, if it is the data of an enum variant.
    outer: Option<Sizes>,
}

#[derive(Debug)]
enum Content {
    /// A sequence of which all elements so far are `u8`: nothing is written yet.
    Octets(Vec<u8>),
    List(Sizes),
    Map(Sizes),
    /// A sequence that has begun: the first element decides.
    Undecided,
    Ended,
}

impl<'w> Compound<'w> {
    /// A sequence, which is a `byte[]` if it holds `u8` and nothing else.
    pub(super) fn sequence(writer: &'w mut Writer) -> Result<Self, ToJavaError> {
        Ok(Compound { writer, content: Content::Undecided, count: 0, outer: None })
    }

    pub(super) fn list(writer: &'w mut Writer, outer: Option<Sizes>) -> Result<Self, ToJavaError> {
        let content = Content::List(writer.begin_list()?);
        Ok(Compound { writer, content, count: 0, outer })
    }

    pub(super) fn map(writer: &'w mut Writer, outer: Option<Sizes>) -> Result<Self, ToJavaError> {
        let content = Content::Map(writer.begin_map()?);
        Ok(Compound { writer, content, count: 0, outer })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToJavaError> {
        self.count += 1;
        if let Content::Octets(octets) = &mut self.content {
            match value.serialize(Octet) {
                Ok(octet) => {
                    octets.push(octet);
                    return Ok(());
                }
                Err(_) => self.begin_list()?,
            }
        } else if let Content::Undecided = self.content {
            match value.serialize(Octet) {
                Ok(octet) => {
                    self.content = Content::Octets(Vec::from([octet]));
                    return Ok(());
                }
                Err(_) => self.begin_list()?,
            }
        }
        value.serialize(&mut *self.writer)
    }

    /// It is a list after all: writes what was put off.
    fn begin_list(&mut self) -> Result<(), ToJavaError> {
        let list = Content::List(self.writer.begin_list()?);
        if let Content::Octets(octets) = core::mem::replace(&mut self.content, list) {
            for octet in octets {
                self.writer.boxed(Boxed::Short(octet.into()))?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), ToJavaError> {
        if let Content::Undecided = self.content {
            self.begin_list()?;
        }
        match core::mem::replace(&mut self.content, Content::Ended) {
            Content::Octets(octets) => self.writer.bytes(&octets)?,
            Content::List(sizes) | Content::Map(sizes) => self.writer.end(sizes, self.count)?,
            Content::Undecided | Content::Ended => {}
        }
        match self.outer.take() {
            Some(outer) => self.writer.end(outer, 1),
            None => Ok(()),
        }
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ToJavaError> {
        self.count += 1;
        self.writer.string(key)?;
        value.serialize(&mut *self.writer)
    }
}

macro_rules! sequences {
    ($($trait:ident :: $method:ident)*) => {
        $(impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = ToJavaError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToJavaError> {
                self.element(value)
            }

            fn end(self) -> Result<(), ToJavaError> {
                Compound::end(self)
            }
        })*
    };
}

sequences! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = ToJavaError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ToJavaError> {
        self.count += 1;
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToJavaError> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), ToJavaError> {
        Compound::end(self)
    }
}

macro_rules! structs {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = ToJavaError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), ToJavaError> {
                self.entry(key, value)
            }

            fn end(self) -> Result<(), ToJavaError> {
                Compound::end(self)
            }
        })*
    };
}

structs! { SerializeStruct SerializeStructVariant }
