//! Values as people see them.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::{IntoIter, Vec};

use crate::boxes::Boxed;
use crate::known::{Shape, Subject, weight_max};
use crate::modified_utf8;
use crate::node::{FieldValue, Node};
use crate::value::Value;

mod json;

/// How deep a view goes.
const DEPTH_MAX: usize = 128;

/// A Java object as a tree that one can print: what its class means where that is known, its fields otherwise.
///
/// With serde it becomes JSON as one expects it: bytes are a hex string, a date its milliseconds, a list an array, a map an object.
/// What JSON has no form for is `{"class":"its.name",…}`, with `elements` (sets, arrays), `entries` (pairs of a map whose keys are no texts)
/// or `fields`. Of an enum constant or a class these are just `name`, of what is told in words `text`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JavaView {
    /// Null.
    Null,
    /// `Boolean`
    Boolean(bool),
    /// `Byte`
    Byte(i8),
    /// `Short`
    Short(i16),
    /// `Integer`
    Integer(i32),
    /// `Long`
    Long(i64),
    /// `Float`
    Float(f32),
    /// `Double`
    Double(f64),
    /// `Character`: a UTF-16 unit.
    Char(u16),
    /// `String`; lone surrogates are U+FFFD.
    String(String),
    /// Something told in words, such as a `java.util.UUID`.
    Text {
        /// Its class.
        class: String,
        /// The words.
        text: String,
    },
    /// `byte[]`
    Bytes(Vec<u8>),
    /// A date or timestamp, in milliseconds since 1970.
    Date(i64),
    /// Any array but `byte[]`.
    Array {
        /// The name of its class, such as `[I`.
        class: String,
        /// What it holds.
        elements: Vec<JavaView>,
    },
    /// Any list or queue.
    List(Vec<JavaView>),
    /// Any set.
    Set(SetView),
    /// Any map, in the order of the stream.
    Map(Vec<(JavaView, JavaView)>),
    /// A constant of an enum.
    Enum {
        /// The enum.
        class: String,
        /// The constant's name.
        name: String,
    },
    /// A `java.lang.Class`, by name.
    Class(String),
    /// Any other object: its fields, those of superclasses included.
    Object {
        /// Its class.
        class: String,
        /// Names and contents, in the order of the stream. Of fields with the same name, that of the most derived class has it, and those of
        /// superclasses have their class in front: `com.example.Base.name`.
        fields: Vec<(String, JavaView)>,
    },
    /// Nothing more is shown here: the object contains itself, or is too deep or too large to be shown.
    Cut,
}

/// A set and its class.
#[derive(Debug, Clone, PartialEq)]
pub struct SetView {
    /// The name of its class, such as `java.util.HashSet`.
    pub class: String,
    /// What it holds, in the order of the stream.
    pub elements: Vec<JavaView>,
}

impl Value {
    /// What the object holds, as a tree of its own.
    ///
    /// An object that is in two places is shown twice. What contains itself or lies deeper than 128 levels is [`JavaView::Cut`], and so is
    /// the rest once sharing has made the tree far larger than the bytes are.
    pub fn view(&self) -> JavaView {
        self.view_within(&mut weight_max(self.byte_len()))
    }

    /// As [`view`](Self::view), and no more than `weight` allows: a part weighs 16 and its length. What is shown is taken off, so that
    /// many values can be shown within one bound. At 0 something was cut.
    pub fn view_within(&self, weight: &mut usize) -> JavaView {
        match Subject::quick(self) {
            Some(subject) => tree(subject, weight),
            None => tree(Subject::of(self.graph().root()), weight),
        }
    }
}

impl Node<'_> {
    /// What the object holds; as [`Value::view`].
    pub fn view(self) -> JavaView {
        self.view_within(&mut weight_max(self.source().len()))
    }

    /// What the object holds, within a bound; as [`Value::view_within`].
    pub fn view_within(self, weight: &mut usize) -> JavaView {
        tree(Subject::of(Some(self)), weight)
    }
}

/// Something of which the parts are still being looked at.
struct Frame<'a> {
    node: Option<Node<'a>>,
    parts: Parts<'a>,
    done: Vec<JavaView>,
    finish: Finish,
    /// What it costs beside its parts: the names that are longer than their fields' own.
    weight: usize,
}

/// The parts still to come.
enum Parts<'a> {
    Nodes(IntoIter<Option<Node<'a>>>),
    Fields(IntoIter<FieldValue<'a>>),
}

/// What the parts become.
enum Finish {
    Array(String),
    List,
    Set(String),
    Map,
    Object { class: String, names: Vec<String> },
}

/// The view of a subject, and of no more parts than so much, which is taken off.
fn tree(subject: Subject<'_>, left: &mut usize) -> JavaView {
    *left = left.saturating_sub(subject.weight());
    if *left == 0 {
        return JavaView::Cut;
    }
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut above = BTreeSet::new();
    let mut next = Some(subject);
    loop {
        let mut view = match next.take().map(look) {
            None => None,
            Some(Look::Leaf(view)) => Some(view),
            Some(Look::Parts(frame)) => {
                let number = frame.node.map(Node::number);
                *left = left.saturating_sub(frame.weight);
                if *left == 0 || frames.len() >= DEPTH_MAX || number.is_some_and(|number| !above.insert(number)) {
                    Some(JavaView::Cut)
                } else {
                    frames.push(frame);
                    None
                }
            }
        };
        // Delivers what is done until something has a part left to look at.
        loop {
            let Some(frame) = frames.last_mut() else {
                return view.unwrap_or(JavaView::Cut);
            };
            frame.done.extend(view.take());
            let part = match &mut frame.parts {
                Parts::Nodes(nodes) => nodes.next().map(Subject::of),
                Parts::Fields(fields) => fields.next().map(Subject::field),
            };
            if let Some(part) = part {
                *left = left.saturating_sub(part.weight());
                if *left > 0 {
                    next = Some(part);
                    break;
                }
                frame.done.push(JavaView::Cut);
                frame.parts = Parts::Nodes(Vec::new().into_iter());
            }
            if let Some(frame) = frames.pop() {
                if let Some(node) = frame.node {
                    above.remove(&node.number());
                }
                view = Some(frame.finish.view(frame.done));
            }
        }
    }
}

impl Finish {
    fn view(self, parts: Vec<JavaView>) -> JavaView {
        match self {
            Finish::Array(class) => JavaView::Array { class, elements: parts },
            Finish::List => JavaView::List(parts),
            Finish::Set(class) => JavaView::Set(SetView { class, elements: parts }),
            Finish::Map => {
                let mut pairs = Vec::with_capacity(parts.len() / 2);
                let mut parts = parts.into_iter();
                while let Some(key) = parts.next() {
                    pairs.push((key, parts.next().unwrap_or(JavaView::Cut)));
                }
                JavaView::Map(pairs)
            }
            Finish::Object { class, names } => {
                JavaView::Object { class, fields: names.into_iter().zip(parts).collect() }
            }
        }
    }
}

/// What one look at something gives.
enum Look<'a> {
    Leaf(JavaView),
    Parts(Frame<'a>),
}

fn look(subject: Subject<'_>) -> Look<'_> {
    let class = subject.class_name();
    let frame = |parts: Vec<_>, finish| Frame {
        node: subject.node,
        parts: Parts::Nodes(parts.into_iter()),
        done: Vec::new(),
        finish,
        weight: 0,
    };
    Look::Leaf(match subject.shape {
        Shape::Null => JavaView::Null,
        Shape::Box(boxed) => of_box(boxed),
        Shape::Octet(byte) => JavaView::Byte(byte as i8),
        Shape::String(text) => JavaView::String(modified_utf8::decode_lossy(text).into_owned()),
        Shape::Text { class, text } => JavaView::Text { class: class.into(), text },
        Shape::BigInteger(text) => JavaView::Text { class: class.into_owned(), text },
        Shape::Date(ms) => JavaView::Date(ms),
        Shape::Bytes(bytes) => JavaView::Bytes(bytes.into()),
        Shape::Enum { class, constant } => JavaView::Enum { class: class.into_owned(), name: constant.into_owned() },
        Shape::Class(name) => JavaView::Class(name.into_owned()),
        Shape::Primitives(array) => {
            let elements = array.primitives().into_iter().flatten();
            let elements = elements.map(|value| match look(Subject::field(value)) {
                Look::Leaf(view) => view,
                Look::Parts(_) => JavaView::Cut,
            });
            let elements = elements.collect();
            JavaView::Array { class: class.into_owned(), elements }
        }
        Shape::Array(elements) => return Look::Parts(frame(elements, Finish::Array(class.into_owned()))),
        Shape::List(elements) => return Look::Parts(frame(elements, Finish::List)),
        Shape::Set(elements) => return Look::Parts(frame(elements, Finish::Set(class.into_owned()))),
        Shape::Map(pairs) => {
            let parts = pairs.into_iter().flat_map(|(key, value)| [key, value]).collect();
            return Look::Parts(frame(parts, Finish::Map));
        }
        Shape::Object | Shape::Same(_) => {
            let (fields, weight) = subject.shown_fields();
            let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
            let finish = Finish::Object { class: class.into_owned(), names };
            let parts = Parts::Fields(values.into_iter());
            return Look::Parts(Frame { node: subject.node, parts, done: Vec::new(), finish, weight });
        }
    })
}

fn of_box(boxed: Boxed) -> JavaView {
    match boxed {
        Boxed::Boolean(value) => JavaView::Boolean(value),
        Boxed::Byte(value) => JavaView::Byte(value),
        Boxed::Character(value) => JavaView::Char(value),
        Boxed::Double(value) => JavaView::Double(value),
        Boxed::Float(value) => JavaView::Float(value),
        Boxed::Integer(value) => JavaView::Integer(value),
        Boxed::Long(value) => JavaView::Long(value),
        Boxed::Short(value) => JavaView::Short(value),
    }
}
