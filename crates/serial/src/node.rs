//! Looking around in a graph.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use crate::annotation::Annotation;
use crate::encode::{Encoder, Numbering};
use crate::graph::{Descriptor, Field, Graph, NodeData, NodeId, Part, Slot};
use crate::modified_utf8;
use crate::protocol::primitive_width;
use crate::value::Value;

/// Something in a [`Stream`](crate::Stream): an object, a string, an array, an enum constant, a class, a descriptor.
///
/// Cheap to copy. Two are equal if they are the *same* object (of the same stream).
#[derive(Clone, Copy)]
pub struct Node<'a> {
    graph: &'a Graph,
    source: &'a [u8],
    id: NodeId,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An object that is nothing of the other kinds.
    Object,
    /// A `java.lang.String`.
    String,
    /// An array of objects or of primitives.
    Array,
    /// A constant of an enum.
    Enum,
    /// A `java.lang.Class`.
    Class,
    /// A class descriptor written as an object.
    Descriptor,
}

/// The content of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// `byte`
    Byte(i8),
    /// `char`: a UTF-16 unit.
    Char(u16),
    /// `double`
    Double(f64),
    /// `float`
    Float(f32),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `short`
    Short(i16),
    /// `boolean`
    Boolean(bool),
    /// An object, or null.
    Object(Option<Node<'a>>),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedField<'a> {
    /// The class that declares it.
    pub class: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its content.
    pub value: FieldValue<'a>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(graph: &'a Graph, source: &'a [u8], id: NodeId) -> Self {
        Node { graph, source, id }
    }

    pub(crate) fn at(self, slot: Slot) -> Option<Node<'a>> {
        slot.map(|id| Node { id, ..self })
    }

    /// A number for it that no other node of its stream has.
    pub(crate) fn number(self) -> usize {
        self.id.index()
    }

    pub(crate) fn source(self) -> &'a [u8] {
        self.source
    }

    pub(crate) fn data(self) -> NodeData {
        self.graph.node(self.id)
    }

    /// What this is.
    pub fn kind(self) -> Kind {
        match self.data() {
            NodeData::Text { .. } => Kind::String,
            NodeData::Descriptor { .. } => Kind::Descriptor,
            NodeData::Class { .. } => Kind::Class,
            NodeData::Object { .. } => Kind::Object,
            NodeData::Primitives { .. } | NodeData::Array { .. } => Kind::Array,
            NodeData::Enum { .. } => Kind::Enum,
        }
    }

    /// The Java name of its class, such as `java.lang.Integer` or `[B`; that of a proxy is `java.lang.reflect.Proxy`.
    /// A descriptor or class names the class that it stands for; `None` only where the stream gives no name.
    pub fn class_name(self) -> Option<Cow<'a, str>> {
        self.class_bytes().map(modified_utf8::decode_lossy)
    }

    /// As `class_name`, in modified UTF-8.
    pub(crate) fn class_bytes(self) -> Option<&'a [u8]> {
        match self.data() {
            NodeData::Text { .. } => Some(b"java.lang.String"),
            NodeData::Class { class } => self.descriptor_name(class),
            NodeData::Descriptor { .. } => self.descriptor_name(self.id),
            _ => self.descriptor_name(self.graph.class_of(self.id)?),
        }
    }

    pub(crate) fn descriptor_name(self, class: NodeId) -> Option<&'a [u8]> {
        let descriptor = self.graph.descriptor(class)?;
        match descriptor.interfaces {
            Some(_) => Some(b"java.lang.reflect.Proxy"),
            None => Some(descriptor.name.of(self.source)),
        }
    }

    fn descriptor(self) -> Option<&'a Descriptor> {
        match self.data() {
            NodeData::Descriptor { .. } => self.graph.descriptor(self.id),
            NodeData::Class { class } => self.graph.descriptor(class),
            _ => self.graph.descriptor(self.graph.class_of(self.id)?),
        }
    }

    /// The `serialVersionUID` of its class.
    pub fn serial_version_uid(self) -> Option<i64> {
        self.descriptor().map(|descriptor| descriptor.uid)
    }

    /// The names of its class and of the superclasses that can be serialized, the class itself first.
    pub fn class_chain(self) -> Vec<Cow<'a, str>> {
        self.chain().map(modified_utf8::decode_lossy).collect()
    }

    /// As `class_chain`, in modified UTF-8.
    pub(crate) fn chain(self) -> impl Iterator<Item = &'a [u8]> {
        let class = match self.data() {
            NodeData::Descriptor { .. } => Some(self.id),
            NodeData::Class { class } => Some(class),
            _ => self.graph.class_of(self.id),
        };
        let parent = move |class: &NodeId| self.graph.descriptor(*class)?.parent;
        core::iter::successors(class, parent).filter_map(move |class| self.descriptor_name(class))
    }

    /// The interfaces of a dynamic proxy.
    pub fn proxy_interfaces(self) -> Vec<Cow<'a, str>> {
        let interfaces = self.descriptor().and_then(|descriptor| descriptor.interfaces);
        let interfaces = interfaces.map(|run| self.graph.interfaces(run)).unwrap_or_default();
        interfaces.iter().map(|name| modified_utf8::decode_lossy(name.of(self.source))).collect()
    }

    /// The text of a string; lone surrogates become U+FFFD.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.text_bytes().map(modified_utf8::decode_lossy)
    }

    /// The text of a string as it was written, in modified UTF-8.
    pub fn text_bytes(self) -> Option<&'a [u8]> {
        match self.data() {
            NodeData::Text { text, .. } => Some(text.of(self.source)),
            _ => None,
        }
    }

    /// The content of a `byte[]`.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self.data() {
            NodeData::Primitives { kind: b'B', values, .. } => Some(values.of(self.source)),
            _ => None,
        }
    }

    /// The elements of an array of primitives.
    pub fn primitives(self) -> Option<impl ExactSizeIterator<Item = FieldValue<'a>>> {
        match self.data() {
            NodeData::Primitives { kind, values, .. } => {
                let width = primitive_width(kind).unwrap_or(1) as usize;
                let values = values.of(self.source).chunks_exact(width);
                Some(values.map(move |bytes| primitive(kind, bytes)))
            }
            _ => None,
        }
    }

    /// The elements of an array of objects.
    pub fn elements(self) -> Option<impl ExactSizeIterator<Item = Option<Node<'a>>>> {
        match self.data() {
            NodeData::Array { elements, .. } => Some(self.graph.slots(elements).iter().map(move |slot| self.at(*slot))),
            _ => None,
        }
    }

    /// The name of an enum constant.
    pub fn constant(self) -> Option<Cow<'a, str>> {
        match self.data() {
            NodeData::Enum { constant, .. } => Node { id: constant, ..self }.text(),
            _ => None,
        }
    }

    /// All fields of an object, those of the top-most class first, in the order of the stream.
    pub fn fields(self) -> impl Iterator<Item = NamedField<'a>> {
        self.parts().iter().flat_map(move |part| {
            let class = self.descriptor_name(part.class).map(modified_utf8::decode_lossy).unwrap_or_default();
            self.part_fields(part).map(move |(field, value)| NamedField {
                class: class.clone(),
                name: modified_utf8::decode_lossy(field.name.of(self.source)),
                value,
            })
        })
    }

    /// A field of an object by the class that declares it and by its name.
    pub fn field(self, class: &str, name: &str) -> Option<FieldValue<'a>> {
        let part = self.part(class)?;
        let mut fields = self.part_fields(part);
        fields.find(|(field, _)| field.name.of(self.source) == name.as_bytes()).map(|(_, value)| value)
    }

    /// What the `writeObject` or `writeExternal` method of a class wrote into an object. Empty where it wrote nothing, `None`
    /// where the class has no such method or the object is not of it.
    pub fn annotation(self, class: &str) -> Option<Annotation<'a>> {
        let part = self.part(class)?;
        let descriptor = self.graph.descriptor(part.class)?;
        let writes = descriptor.has_write_method() || descriptor.is_externalizable();
        writes.then(|| Annotation::new(self, self.graph.pieces(part.pieces)))
    }

    /// The object as a value of its own, cut out of its stream.
    pub fn to_value(self) -> Value {
        let mut numbering = Numbering::default();
        let mut out = Vec::new();
        // Any depth is allowed, so nothing can go wrong.
        let _ = Encoder::new(self.graph, self.source, &mut numbering, &mut out, usize::MAX).element(Some(self.id));
        Value::trusted(&out, numbering.handles(), numbering.references())
    }

    fn parts(self) -> &'a [Part] {
        match self.data() {
            NodeData::Object { parts, .. } => self.graph.parts(parts),
            _ => &[],
        }
    }

    fn part(self, class: &str) -> Option<&'a Part> {
        let mut parts = self.parts().iter();
        parts.find(|part| self.descriptor_name(part.class) == Some(class.as_bytes()))
    }

    fn part_fields(self, part: &'a Part) -> impl Iterator<Item = (&'a Field, FieldValue<'a>)> + use<'a> {
        let fields = self.graph.descriptor(part.class).map(|descriptor| self.graph.fields(descriptor));
        let mut bytes = part.primitives.of(self.source);
        let mut slots = self.graph.slots(part.slots).iter();
        fields.unwrap_or_default().iter().map(move |field| {
            let value = match primitive_width(field.kind) {
                Some(width) => {
                    let (value, rest) = bytes.split_at_checked(width as usize).unwrap_or_default();
                    bytes = rest;
                    primitive(field.kind, value)
                }
                None => FieldValue::Object(self.at(slots.next().copied().flatten())),
            };
            (field, value)
        })
    }
}

/// The value of some bytes, as many as the type takes.
fn primitive<'a>(kind: u8, bytes: &[u8]) -> FieldValue<'a> {
    let mut wide = [0; 8];
    let start = wide.len().saturating_sub(bytes.len());
    wide[start..].copy_from_slice(bytes);
    let number = u64::from_be_bytes(wide);
    match kind {
        b'B' => FieldValue::Byte(number as i8),
        b'C' => FieldValue::Char(number as u16),
        b'D' => FieldValue::Double(f64::from_bits(number)),
        b'F' => FieldValue::Float(f32::from_bits(number as u32)),
        b'I' => FieldValue::Int(number as i32),
        b'J' => FieldValue::Long(number as i64),
        b'S' => FieldValue::Short(number as i16),
        _ => FieldValue::Boolean(number != 0),
    }
}

impl<'a> FieldValue<'a> {
    /// The object in an object field; `None` for null and for primitives.
    pub fn object(self) -> Option<Node<'a>> {
        match self {
            FieldValue::Object(node) => node,
            _ => None,
        }
    }

    /// The text of a string in an object field.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.object()?.text()
    }

    /// An integer of any width.
    pub fn integer(self) -> Option<i64> {
        match self {
            FieldValue::Byte(number) => Some(number.into()),
            FieldValue::Short(number) => Some(number.into()),
            FieldValue::Int(number) => Some(number.into()),
            FieldValue::Long(number) => Some(number),
            _ => None,
        }
    }

    /// A `boolean`.
    pub fn boolean(self) -> Option<bool> {
        match self {
            FieldValue::Boolean(value) => Some(value),
            _ => None,
        }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.graph, other.graph) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} #{}", self.kind(), self.class_name().unwrap_or_default(), self.id.index())
    }
}
