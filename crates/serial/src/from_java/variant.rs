//! Enums: a name alone, or a map whose one key is the name.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::{FromJavaError, Reader};
use crate::known::{Shape, Subject};
use crate::modified_utf8;

impl<'r, 'a> Reader<'r, 'a> {
    pub(super) fn variant<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FromJavaError> {
        let (name, data) = match &self.subject.shape {
            Shape::Map(pairs) => match pairs[..] {
                [(key, data)] => (self.inner(Subject::of(key))?, Some(self.inner(Subject::of(data))?)),
                _ => return self.mismatch(&"an enum variant, which is a map with one entry"),
            },
            Shape::String(_) | Shape::Enum { .. } => (self, None),
            _ => return self.mismatch(&visitor),
        };
        visitor.visit_enum(Variant { name, data })
    }
}

struct Variant<'r, 'a> {
    name: Reader<'r, 'a>,
    data: Option<Reader<'r, 'a>>,
}

impl<'de, 'r, 'a> EnumAccess<'de> for Variant<'r, 'a> {
    type Error = FromJavaError;
    type Variant = Data<'r, 'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Data<'r, 'a>), FromJavaError> {
        let name = match &self.name.subject.shape {
            Shape::String(bytes) => modified_utf8::decode_lossy(bytes),
            Shape::Enum { constant, .. } => constant.clone(),
            _ => return self.name.mismatch(&"the name of an enum variant"),
        };
        let name: StrDeserializer<'_, FromJavaError> = name.as_ref().into_deserializer();
        Ok((seed.deserialize(name)?, Data(self.data)))
    }
}

/// What comes with the name, if anything does.
struct Data<'r, 'a>(Option<Reader<'r, 'a>>);

impl<'r, 'a> Data<'r, 'a> {
    fn there(self) -> Result<Reader<'r, 'a>, FromJavaError> {
        self.0.ok_or_else(|| FromJavaError::Mismatch {
            found: "the name of an enum variant alone".into(),
            wanted: "a variant with data, which is a map with one entry".into(),
        })
    }
}

impl<'de> VariantAccess<'de> for Data<'_, '_> {
    type Error = FromJavaError;

    fn unit_variant(self) -> Result<(), FromJavaError> {
        match self.0 {
            None => Ok(()),
            Some(data) => match data.subject.shape {
                Shape::Null => Ok(()),
                _ => data.mismatch(&"a variant without data"),
            },
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, FromJavaError> {
        seed.deserialize(self.there()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, FromJavaError> {
        self.there()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FromJavaError> {
        self.there()?.deserialize_map(visitor)
    }
}
