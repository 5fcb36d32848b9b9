//! Elements, entries and fields, one after the other.

use alloc::string::String;
use alloc::vec::IntoIter;
use core::slice;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::{FromJavaError, Reader};
use crate::known::{Shape, Subject};
use crate::node::{FieldValue, Node};

impl<'r, 'a> Reader<'r, 'a> {
    pub(super) fn sequence<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, FromJavaError> {
        let shape = core::mem::replace(&mut self.subject.shape, Shape::Object);
        let elements = match shape {
            Shape::List(elements) | Shape::Set(elements) | Shape::Array(elements) => {
                return visitor.visit_seq(Elements { elements: elements.into_iter().map(Subject::of), owner: self });
            }
            Shape::Bytes(bytes) => {
                let octets: slice::Iter<'a, u8> = bytes.iter();
                let elements = octets.map(|octet| Subject::plain(Shape::Octet(*octet)));
                return visitor.visit_seq(Elements { elements, owner: self });
            }
            Shape::Primitives(array) => array.primitives(),
            other => {
                self.subject.shape = other;
                return self.mismatch(&visitor);
            }
        };
        visitor.visit_seq(Elements { elements: elements.into_iter().flatten().map(Subject::field), owner: self })
    }

    pub(super) fn map<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, FromJavaError> {
        match self.subject.shape {
            Shape::Map(ref mut pairs) => {
                let pairs = core::mem::take(pairs).into_iter();
                visitor.visit_map(Entries { pairs, value: None, owner: self })
            }
            Shape::Object | Shape::Same(_) => {
                let fields = self.subject.named_fields().into_iter();
                visitor.visit_map(Fields { fields, value: None, owner: self })
            }
            _ => self.mismatch(&visitor),
        }
    }
}

struct Elements<'r, 'a, I> {
    elements: I,
    owner: Reader<'r, 'a>,
}

impl<'de, 'a, I: Iterator<Item = Subject<'a>>> SeqAccess<'de> for Elements<'_, 'a, I> {
    type Error = FromJavaError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, FromJavaError> {
        match self.elements.next() {
            Some(element) => seed.deserialize(self.owner.inner(element)?).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.elements.size_hint().1
    }
}

struct Entries<'r, 'a> {
    pairs: IntoIter<(Option<Node<'a>>, Option<Node<'a>>)>,
    value: Option<Option<Node<'a>>>,
    owner: Reader<'r, 'a>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = FromJavaError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FromJavaError> {
        let Some((key, value)) = self.pairs.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(self.owner.inner(Subject::of(key))?).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, FromJavaError> {
        let value = self.value.take().flatten();
        seed.deserialize(self.owner.inner(Subject::of(value))?)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

struct Fields<'r, 'a> {
    fields: IntoIter<(String, FieldValue<'a>)>,
    value: Option<FieldValue<'a>>,
    owner: Reader<'r, 'a>,
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = FromJavaError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FromJavaError> {
        let Some((name, value)) = self.fields.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let name: StringDeserializer<FromJavaError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, FromJavaError> {
        let value = self.value.take().unwrap_or(FieldValue::Object(None));
        seed.deserialize(self.owner.inner(Subject::field(value))?)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}
