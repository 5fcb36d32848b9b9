//! What objects of the JDK's classes mean: their bytes hold private fields, people want a list, a date, a number.
//!
//! [`Shape`] is that meaning, one level deep: the elements of a list are nodes again. Whoever looks at values ([`view`](crate::Value::view),
//! [`to_serde`](crate::Value::to_serde)) looks at shapes. There is a file here for each family of classes; a class is found by the name that
//! the stream gives, or by that of a superclass, so an application's own subclass of `HashMap` is a map. Data that do not look as
//! the class writes them are shown as the fields they are.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::boxes::Boxed;
use crate::graph::NodeData;
use crate::modified_utf8;
use crate::node::{FieldValue, Node};
use crate::value::Value;

mod collections;
mod concurrent;
mod lang;
mod lists;
mod maps;
mod math;
mod text;
mod time;

/// What a value means, one level deep.
#[derive(Debug, Clone)]
pub(crate) enum Shape<'a> {
    Null,
    Box(Boxed),
    /// An element of a `byte[]`.
    Octet(u8),
    /// A string, in modified UTF-8.
    String(&'a [u8]),
    /// An object of a class whose meaning is best told in words: `java.util.UUID`, `java.time.Instant`.
    Text {
        class: &'static str,
        text: String,
    },
    BigInteger(String),
    /// Milliseconds since 1970.
    Date(i64),
    Bytes(&'a [u8]),
    /// An array of primitives other than bytes.
    Primitives(Node<'a>),
    Array(Vec<Option<Node<'a>>>),
    List(Vec<Option<Node<'a>>>),
    Set(Vec<Option<Node<'a>>>),
    Map(Vec<(Option<Node<'a>>, Option<Node<'a>>)>),
    Enum {
        class: Cow<'a, str>,
        constant: Cow<'a, str>,
    },
    /// A `java.lang.Class`, or a descriptor written as an object.
    Class(Cow<'a, str>),
    /// Anything else: its fields.
    Object,
    /// A wrapper, that means what it wraps.
    Same(Option<Node<'a>>),
}

/// How many wrappers may lie around something. A wrapper may wrap itself.
const WRAPPERS_MAX: usize = 32;

/// A node with its meaning.
#[derive(Debug, Clone)]
pub(crate) struct Subject<'a> {
    /// The object behind all wrappers; `None` for null, and where the shape says it all.
    pub(crate) node: Option<Node<'a>>,
    /// The outermost wrapper, or the object itself.
    outer: Option<Node<'a>>,
    pub(crate) shape: Shape<'a>,
}

impl<'a> Subject<'a> {
    /// The meaning of what stands in a slot, behind all wrappers.
    pub(crate) fn of(node: Option<Node<'a>>) -> Subject<'a> {
        let mut inner = node;
        for _ in 0..WRAPPERS_MAX {
            match inner.map_or(Shape::Null, shape) {
                Shape::Same(wrapped) => inner = wrapped,
                shape => return Subject { node: inner, outer: node, shape },
            }
        }
        Subject { node, outer: node, shape: Shape::Object }
    }

    /// The meaning of a whole value, if it is so simple that no graph is needed.
    pub(crate) fn quick(value: &'a Value) -> Option<Subject<'a>> {
        let shape = if value.is_null() {
            Shape::Null
        } else if let Some(text) = value.as_text() {
            Shape::String(text)
        } else if let Some(bytes) = value.as_byte_array() {
            Shape::Bytes(bytes)
        } else {
            Shape::Box(value.as_boxed()?)
        };
        Some(Subject::plain(shape))
    }

    /// A shape that needs no node.
    pub(crate) fn plain(shape: Shape<'a>) -> Subject<'a> {
        Subject { node: None, outer: None, shape }
    }

    /// The meaning of a field's content.
    pub(crate) fn field(value: FieldValue<'a>) -> Subject<'a> {
        Subject::plain(Shape::Box(match value {
            FieldValue::Byte(value) => Boxed::Byte(value),
            FieldValue::Char(value) => Boxed::Character(value),
            FieldValue::Double(value) => Boxed::Double(value),
            FieldValue::Float(value) => Boxed::Float(value),
            FieldValue::Int(value) => Boxed::Integer(value),
            FieldValue::Long(value) => Boxed::Long(value),
            FieldValue::Short(value) => Boxed::Short(value),
            FieldValue::Boolean(value) => Boxed::Boolean(value),
            FieldValue::Object(node) => return Subject::of(node),
        }))
    }

    /// What it costs to look at it alone: what is long weighs more.
    pub(crate) fn weight(&self) -> usize {
        WEIGHT
            + match &self.shape {
                Shape::String(bytes) | Shape::Bytes(bytes) => bytes.len(),
                Shape::Text { text, .. } | Shape::BigInteger(text) => text.len(),
                Shape::Primitives(array) => array.primitives().map_or(0, |elements| elements.len() * WEIGHT),
                Shape::Array(elements) | Shape::List(elements) | Shape::Set(elements) => elements.len(),
                Shape::Map(pairs) => pairs.len(),
                _ => 0,
            }
    }

    /// The name of its class, for people.
    pub(crate) fn class_name(&self) -> Cow<'a, str> {
        match &self.shape {
            Shape::Null => "null".into(),
            Shape::Box(boxed) => boxed.kind().class_name().into(),
            Shape::Octet(_) => "byte".into(),
            Shape::String(_) => "java.lang.String".into(),
            Shape::Bytes(_) => "byte[]".into(),
            Shape::Text { class, .. } => (*class).into(),
            _ => self.outer.and_then(Node::class_name).unwrap_or_default(),
        }
    }

    /// The fields of an object by the names that they are shown under, those of the top-most class first, in the order of the stream. Of
    /// fields with the same name, those of superclasses have their class in front; the second part is how long these classes' names are.
    pub(crate) fn shown_fields(&self) -> (Vec<(String, FieldValue<'a>)>, usize) {
        let mut fields: Vec<_> = self.node.into_iter().flat_map(Node::fields).collect();
        let (mut seen, mut longer) = (alloc::collections::BTreeSet::new(), 0);
        for field in fields.iter_mut().rev() {
            if !seen.insert(field.name.clone()) {
                longer += field.class.len();
                field.name = alloc::format!("{}.{}", field.class, field.name).into();
            }
        }
        (fields.into_iter().map(|field| (field.name.into_owned(), field.value)).collect(), longer)
    }

    /// The fields of an object by name. Of fields with the same name, that of the most derived class stays.
    pub(crate) fn named_fields(&self) -> Vec<(String, FieldValue<'a>)> {
        let mut fields: Vec<(String, FieldValue<'a>)> = Vec::new();
        let mut places = alloc::collections::BTreeMap::new();
        for field in self.node.into_iter().flat_map(Node::fields) {
            let name = field.name.into_owned();
            match places.get(&name) {
                Some(place) => {
                    let place: &mut (String, FieldValue<'a>) = &mut fields[*place];
                    place.1 = field.value;
                }
                None => {
                    places.insert(name.clone(), fields.len());
                    fields.push((name, field.value));
                }
            }
        }
        fields
    }
}

/// How much of a value of so many bytes is looked at, in units of [`Subject::weight`]. Nothing that is without sharing reaches that. But
/// an object that is shared is looked at in each place, and a few lists that hold each other twice would otherwise take forever.
pub(crate) fn weight_max(bytes: usize) -> usize {
    (4 << 20) + bytes.saturating_mul(WEIGHT)
}

/// What one part weighs; each takes at least a byte.
const WEIGHT: usize = 16;

/// What a node means.
fn shape(node: Node<'_>) -> Shape<'_> {
    match node.data() {
        NodeData::Text { .. } => Shape::String(node.text_bytes().unwrap_or_default()),
        NodeData::Class { .. } | NodeData::Descriptor { .. } => Shape::Class(node.class_name().unwrap_or_default()),
        NodeData::Primitives { kind: b'B', .. } => Shape::Bytes(node.bytes().unwrap_or_default()),
        NodeData::Primitives { .. } => Shape::Primitives(node),
        NodeData::Array { .. } => Shape::Array(node.elements().into_iter().flatten().collect()),
        NodeData::Enum { .. } => {
            let constant = node.constant().unwrap_or_default();
            Shape::Enum { class: node.class_name().unwrap_or_default(), constant }
        }
        NodeData::Object { .. } => node.chain().find_map(|class| known(class, node)).unwrap_or(Shape::Object),
    }
}

/// What an object means by one of its classes, if that class is known and the data are as it writes them.
fn known<'a>(class: &[u8], node: Node<'a>) -> Option<Shape<'a>> {
    let class = core::str::from_utf8(class).ok()?;
    let (package, name) = class.rsplit_once('.')?;
    match package {
        "java.lang" => lang::shape(name, node),
        "java.math" => math::shape(name, node),
        "java.util" => lists::shape(name, node)
            .or_else(|| maps::shape(name, node))
            .or_else(|| collections::shape(name, node))
            .or_else(|| time::date(name, node))
            .or_else(|| text::shape(class, node)),
        "java.util.concurrent" | "java.util.concurrent.atomic" => concurrent::shape(class, node),
        "java.sql" => time::sql(name, node),
        "java.time" => time::shape(name, node),
        "java.net" => text::shape(class, node),
        _ => None,
    }
}

impl<'a> Node<'a> {
    /// The object in a field.
    fn object_field(self, class: &str, name: &str) -> Option<Option<Node<'a>>> {
        match self.field(class, name)? {
            FieldValue::Object(node) => Some(node),
            _ => None,
        }
    }

    fn int_field(self, class: &str, name: &str) -> Option<i32> {
        match self.field(class, name)? {
            FieldValue::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The text in a field; `None` for null.
    fn text_field(self, class: &str, name: &str) -> Option<String> {
        let text = self.object_field(class, name)??.text_bytes()?;
        modified_utf8::decode(text).map(|text| text.into_owned())
    }
}
