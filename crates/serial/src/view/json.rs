//! Views as JSON, or as whatever else serde writes.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::JavaView;

impl Serialize for JavaView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            JavaView::Null | JavaView::Cut => serializer.serialize_unit(),
            JavaView::Boolean(value) => serializer.serialize_bool(*value),
            JavaView::Byte(value) => serializer.serialize_i8(*value),
            JavaView::Short(value) => serializer.serialize_i16(*value),
            JavaView::Integer(value) => serializer.serialize_i32(*value),
            JavaView::Long(value) | JavaView::Date(value) => serializer.serialize_i64(*value),
            JavaView::Float(value) => serializer.serialize_f32(*value),
            JavaView::Double(value) => serializer.serialize_f64(*value),
            JavaView::List(elements) | JavaView::Set(elements) | JavaView::Array { elements, .. } => {
                serializer.collect_seq(elements)
            }
            JavaView::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key.words(), value))),
            JavaView::Object { class, fields } => {
                let mut object = serializer.serialize_map(Some(2))?;
                object.serialize_entry("class", class)?;
                object.serialize_entry("fields", &Fields(fields))?;
                object.end()
            }
            JavaView::Char(_)
            | JavaView::String(_)
            | JavaView::Text { .. }
            | JavaView::Bytes(_)
            | JavaView::Enum { .. }
            | JavaView::Class(_) => serializer.serialize_str(&self.words()),
        }
    }
}

struct Fields<'a>(&'a [(String, JavaView)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl JavaView {
    /// The value in a few words, as a key of a JSON object: its text, number or name. What has parts is told by its class.
    pub fn words(&self) -> Cow<'_, str> {
        match self {
            JavaView::Null => "null".into(),
            JavaView::Cut => "…".into(),
            JavaView::Boolean(value) => format!("{value}").into(),
            JavaView::Byte(value) => format!("{value}").into(),
            JavaView::Short(value) => format!("{value}").into(),
            JavaView::Integer(value) => format!("{value}").into(),
            JavaView::Long(value) | JavaView::Date(value) => format!("{value}").into(),
            JavaView::Float(value) => format!("{value}").into(),
            JavaView::Double(value) => format!("{value}").into(),
            JavaView::Char(unit) => String::from_utf16_lossy(&[*unit]).into(),
            JavaView::String(text) | JavaView::Text { text, .. } => text.into(),
            JavaView::Enum { name, .. } | JavaView::Class(name) => name.into(),
            JavaView::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
            JavaView::Array { class, .. } | JavaView::Object { class, .. } => class.into(),
            JavaView::List(_) => "list".into(),
            JavaView::Set(_) => "set".into(),
            JavaView::Map(_) => "map".into(),
        }
    }
}
