//! Views as JSON, or as whatever else serde writes.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
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
            JavaView::Float(value) => float(serializer, *value),
            JavaView::Double(value) => serializer.serialize_f64(*value),
            JavaView::List(elements) => serializer.collect_seq(elements),
            JavaView::Set(set) => classed(serializer, &set.class, "elements", &set.elements),
            JavaView::Array { class, elements } => classed(serializer, class, "elements", elements),
            JavaView::Map(pairs) if are_names(pairs) => {
                serializer.collect_map(pairs.iter().map(|(key, value)| (key.words(), value)))
            }
            JavaView::Map(pairs) => classed(serializer, "java.util.Map", "entries", pairs),
            JavaView::Object { class, fields } => classed(serializer, class, "fields", &Fields(fields)),
            JavaView::Enum { class, name } => classed(serializer, class, "fields", &Field("name", name)),
            JavaView::Class(name) => classed(serializer, "java.lang.Class", "fields", &Field("name", name)),
            JavaView::Text { class, text } => classed(serializer, class, "fields", &Field("text", text)),
            JavaView::Char(_) | JavaView::String(_) | JavaView::Bytes(_) => serializer.serialize_str(&self.words()),
        }
    }
}

/// A float with the digits that Java writes: the fewest that make it, but where one would do the two that come closest. So the smallest
/// floats are not 40 % off for those who read them as doubles: `Float.MIN_VALUE` is 1.4e-45, and not 1e-45.
fn float<S: Serializer>(serializer: S, value: f32) -> Result<S::Ok, S::Error> {
    let shortest = format!("{value:e}");
    match format!("{value:.1e}").parse() {
        Ok(closest) if value.is_finite() && !shortest.contains('.') => serializer.serialize_f64(closest),
        _ => serializer.serialize_f32(value),
    }
}

fn classed<S: Serializer>(
    serializer: S,
    class: &str,
    key: &str,
    content: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(2))?;
    object.serialize_entry("class", class)?;
    object.serialize_entry(key, content)?;
    object.end()
}

/// Whether the keys of a map can be names in a JSON object: each has words of its own.
fn are_names(pairs: &[(JavaView, JavaView)]) -> bool {
    let mut seen = BTreeSet::new();
    pairs.iter().all(|(key, _)| key.is_leaf() && seen.insert(key.words()))
}

/// What an object is, where its own fields would say it badly.
struct Field<'a>(&'static str, &'a str);

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}

struct Fields<'a>(&'a [(String, JavaView)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl JavaView {
    /// Whether it has no parts.
    fn is_leaf(&self) -> bool {
        use JavaView as V;
        !matches!(self, V::List(_) | V::Set(_) | V::Map(_) | V::Array { .. } | V::Object { .. } | V::Cut)
    }

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
            JavaView::Set(set) => (&set.class).into(),
            JavaView::List(_) => "list".into(),
            JavaView::Map(_) => "map".into(),
        }
    }
}
