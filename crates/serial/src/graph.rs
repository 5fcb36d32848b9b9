//! What a stream says, as an arena: nodes that name each other by number, and flat tables behind them.
//!
//! Nothing here owns anything else, so dropping a graph, however deep, is freeing a few vectors. Texts, primitive values and
//! block data stay where they are, in the bytes that were decoded (the *source*); a [`Span`] says where.

use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::ops::Range;

use crate::boxes::{BoxClass, BoxKind, Boxed};
use crate::protocol::{EXTERNALIZABLE, WRITE_METHOD};
use crate::simple::Simple;

/// A node, by the order in which streams give handles: within one handle table, node and handle number run in parallel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    pub(crate) fn from_index(index: usize) -> Option<NodeId> {
        let number = u32::try_from(index).ok()?.checked_add(1)?;
        NonZeroU32::new(number).map(NodeId)
    }

    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Where an object may stand: null or a node.
pub(crate) type Slot = Option<NodeId>;

/// A part of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// The source is at most `u32::MAX` bytes long (`Scanner::new`), so nothing is cut off here.
    pub(crate) fn new(start: usize, len: usize) -> Span {
        Span { start: start as u32, len: len as u32 }
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// Where the element of a text begins that has so many bytes before the text.
    pub(crate) fn with_head(self, head: u32) -> Option<usize> {
        self.start.checked_sub(head).map(|start| start as usize)
    }

    pub(crate) fn of(self, source: &[u8]) -> &[u8] {
        let start = self.start as usize;
        source.get(start..start + self.len as usize).unwrap_or_default()
    }
}

/// Neighbours in one of the graph's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Run {
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    fn of<T>(self, table: &[T]) -> &[T] {
        table.get(self.range()).unwrap_or_default()
    }
}

/// Moves what stands behind `base` on a scratch stack to the end of a table. The tables have fewer entries than the source bytes.
pub(crate) fn settle<T: Copy>(scratch: &mut Vec<T>, base: usize, table: &mut Vec<T>) -> Run {
    let start = table.len() as u32;
    table.extend_from_slice(scratch.get(base..).unwrap_or_default());
    scratch.truncate(base);
    Run { start, len: table.len() as u32 - start }
}

/// One thing that has a handle.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NodeData {
    Text { text: Span, long: bool },
    Descriptor { index: u32 },
    Class { class: NodeId },
    Object { class: NodeId, parts: Run },
    Primitives { class: NodeId, kind: u8, values: Span },
    Array { class: NodeId, elements: Run },
    Enum { class: NodeId, constant: NodeId },
}

/// A class or proxy descriptor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptor {
    /// Empty for a proxy.
    pub(crate) name: Span,
    pub(crate) uid: i64,
    pub(crate) flags: u8,
    pub(crate) fields: Run,
    pub(crate) primitive_bytes: u32,
    pub(crate) references: u16,
    /// `Some` for a proxy descriptor.
    pub(crate) interfaces: Option<Run>,
    pub(crate) annotation: Run,
    pub(crate) parent: Slot,
    /// The classes that an object of this one has data of, top-most first.
    pub(crate) chain: Run,
    /// How many classes the hierarchy has, this one included.
    pub(crate) level: u32,
    /// False while it is still being read: no object of it can be.
    pub(crate) complete: bool,
    /// Which of the classes of boxes it is, to the last byte, its superclass included.
    pub(crate) boxes: Option<BoxClass>,
}

impl Descriptor {
    pub(crate) fn is_externalizable(&self) -> bool {
        self.flags & EXTERNALIZABLE != 0
    }

    pub(crate) fn has_write_method(&self) -> bool {
        self.flags & WRITE_METHOD != 0
    }

    /// Which boxes the objects of this class are.
    pub(crate) fn box_kind(&self) -> Option<BoxKind> {
        match self.boxes {
            Some(BoxClass::Box(kind)) => Some(kind),
            Some(BoxClass::Number) | None => None,
        }
    }

    /// Whether an object has at least one byte for this class.
    pub(crate) fn has_data(&self) -> bool {
        self.fields.len > 0 || self.has_write_method() || self.is_externalizable()
    }
}

/// A field as a descriptor lists it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) kind: u8,
    pub(crate) name: Span,
    /// The type of a field that is no primitive, a string of the stream.
    pub(crate) signature: Slot,
}

/// What an object has of one class of its hierarchy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) class: NodeId,
    pub(crate) primitives: Span,
    pub(crate) slots: Run,
    pub(crate) pieces: Run,
}

/// An item of an annotation: what `writeObject`, `writeExternal` or `annotateClass` wrote.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    Block { data: Span, long: bool },
    Object(Slot),
}

/// All nodes of a stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) descriptors: Vec<Descriptor>,
    pub(crate) fields: Vec<Field>,
    pub(crate) interfaces: Vec<Span>,
    pub(crate) chains: Vec<NodeId>,
    pub(crate) parts: Vec<Part>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) pieces: Vec<Piece>,
}

impl Graph {
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.descriptors.clear();
        self.fields.clear();
        self.interfaces.clear();
        self.chains.clear();
        self.parts.clear();
        self.slots.clear();
        self.pieces.clear();
    }

    /// Node ids come from this graph alone, so there always is one.
    pub(crate) fn node(&self, id: NodeId) -> NodeData {
        self.nodes[id.index()]
    }

    /// The descriptor behind a node, if it is one.
    pub(crate) fn descriptor(&self, id: NodeId) -> Option<&Descriptor> {
        match self.node(id) {
            NodeData::Descriptor { index } => self.descriptors.get(index as usize),
            _ => None,
        }
    }

    /// The box or the string behind a node, if it is one that nobody would share rather than copy.
    pub(crate) fn simple<'a>(&self, id: NodeId, source: &'a [u8]) -> Option<Simple<'a>> {
        match self.node(id) {
            NodeData::Text { text, long: false } if text.len() <= Simple::COPIED_MAX => {
                let start = text.with_head(3)?;
                Some(Simple::String(source.get(start..start + 3 + text.len())?))
            }
            NodeData::Object { class, parts } => {
                let kind = self.descriptor(class)?.box_kind()?;
                let part = self.parts(parts).first()?;
                Boxed::of_bytes(kind, part.primitives.of(source)).map(Simple::Boxed)
            }
            _ => None,
        }
    }

    /// The descriptor of the class that a node is an instance of.
    pub(crate) fn class_of(&self, id: NodeId) -> Slot {
        match self.node(id) {
            NodeData::Object { class, .. }
            | NodeData::Primitives { class, .. }
            | NodeData::Array { class, .. }
            | NodeData::Enum { class, .. } => Some(class),
            NodeData::Text { .. } | NodeData::Descriptor { .. } | NodeData::Class { .. } => None,
        }
    }

    pub(crate) fn fields(&self, descriptor: &Descriptor) -> &[Field] {
        descriptor.fields.of(&self.fields)
    }

    pub(crate) fn interfaces(&self, run: Run) -> &[Span] {
        run.of(&self.interfaces)
    }

    pub(crate) fn parts(&self, run: Run) -> &[Part] {
        run.of(&self.parts)
    }

    pub(crate) fn slots(&self, run: Run) -> &[Slot] {
        run.of(&self.slots)
    }

    pub(crate) fn pieces(&self, run: Run) -> &[Piece] {
        run.of(&self.pieces)
    }
}
