//! Bytes to graph, without recursion.
//!
//! [`Decoder::element`] reads one content element, such as an object with all that it holds. What is under way lies on a stack of
//! frames, one for each element that is not finished; the innermost is continued until it needs another element ([`begin`]),
//! and each element that is finished is delivered to the frame below.
//!
//! [`begin`]: Decoder::begin

use alloc::vec::Vec;

use crate::error::{DecodeError, Found};
use crate::graph::{Graph, NodeData, NodeId, Part, Piece, Run, Slot, Span, settle};
use crate::limits::Limits;
use crate::protocol::*;
use crate::scan::Scanner;

mod descriptor;
mod object;

use descriptor::DescriptorFrame;
use object::ObjectFrame;

/// What one content element turned out to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element {
    Whole(Slot),
    /// The writer met something it could not write, and said so. `partial` is what it had written of the element until then.
    Lost {
        partial: Span,
        throwable: Slot,
    },
}

/// Why an element was not read to its end.
enum Stop {
    Fault(DecodeError),
    /// A `TC_EXCEPTION`; the scanner stands behind its tag.
    Exception,
}

impl From<DecodeError> for Stop {
    fn from(fault: DecodeError) -> Self {
        Stop::Fault(fault)
    }
}

/// What the protocol allows in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Object,
    Descriptor,
    Text,
}

/// An element that has begun and waits for another one inside it.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Waits for the descriptor that comes behind this tag.
    Head(u8),
    Descriptor(DescriptorFrame),
    Object(ObjectFrame),
    Array {
        node: NodeId,
        left: u32,
        base: u32,
    },
}

/// Reads elements into its graph. One handle table is in force at a time; a reset begins another.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pub(crate) graph: Graph,
    limits: Limits,
    /// The first node of the handle table in force.
    epoch: usize,
    /// Nodes and other entries, counted against `limits.nodes`.
    used: usize,
    allowed: usize,
    /// The bytes hold a reference, so they depend on where they stand.
    pub(crate) references: bool,
    frames: Vec<Frame>,
    slots: Vec<Slot>,
    pieces: Vec<Piece>,
    parts: Vec<Part>,
    in_exception: bool,
    /// From this handle on nobody knows what is meant: something before it could not be read.
    lost: Option<usize>,
    /// References to nothing are taken for null.
    lenient: bool,
}

/// How far a decoder was before an element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) nodes: usize,
    epoch: usize,
    used: usize,
}

impl Decoder {
    pub(crate) fn new(limits: Limits) -> Self {
        Decoder { limits, allowed: limits.nodes, ..Decoder::default() }
    }

    /// From now on references reach only what comes.
    pub(crate) fn reset(&mut self) {
        self.epoch = self.graph.nodes.len();
        self.lost = None;
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { nodes: self.graph.nodes.len(), epoch: self.epoch, used: self.used }
    }

    /// As it was at `mark`.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.abandon();
        self.graph.nodes.truncate(mark.nodes);
        self.epoch = mark.epoch;
        self.used = mark.used;
    }

    /// Nobody knows how many handles were assigned since `mark`, to which this goes back.
    pub(crate) fn lose_count_at(&mut self, mark: Mark) {
        self.back_to(mark);
        self.lost = Some(mark.nodes - mark.epoch);
    }

    /// Reads an element to find its end and its class, however deep it is, how long its texts are, and where it refers to.
    pub(crate) fn outline(&mut self, scanner: &mut Scanner<'_>) -> Result<Element, DecodeError> {
        let limits = self.limits;
        // Neither takes memory of its own: what is deep has as many nodes, and texts are left where they are.
        self.limits = Limits { depth: usize::MAX, string_bytes: usize::MAX, ..limits };
        self.lenient = true;
        let element = self.element(scanner);
        self.lenient = false;
        self.limits = limits;
        element
    }

    /// As `reset`, and forgets all nodes.
    pub(crate) fn forget(&mut self) {
        self.graph.clear();
        self.epoch = 0;
        self.lost = None;
        self.used = 0;
        self.allowed = self.limits.nodes;
    }

    /// How many handles are assigned.
    pub(crate) fn handles(&self) -> usize {
        self.graph.nodes.len() - self.epoch
    }

    /// Grants the next element as many entries as the limits allow one element, but all together at most `total`.
    pub(crate) fn grant(&mut self, total: usize) {
        self.allowed = self.used.saturating_add(self.limits.nodes).min(total.max(self.limits.nodes));
    }

    /// Reads one content element: not block data, not a reset. After a lost one the handle table is empty.
    pub(crate) fn element(&mut self, scanner: &mut Scanner<'_>) -> Result<Element, DecodeError> {
        let start = scanner.position();
        self.references = false;
        match self.run(scanner) {
            Ok(slot) => Ok(Element::Whole(slot)),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Exception) => {
                let partial = Span::new(start, scanner.position() - 1 - start);
                self.abandon();
                self.reset();
                self.in_exception = true;
                let throwable = self.run(scanner);
                self.in_exception = false;
                self.reset();
                match throwable {
                    Ok(throwable) => Ok(Element::Lost { partial, throwable }),
                    Err(Stop::Fault(fault)) => Err(fault),
                    Err(Stop::Exception) => Err(DecodeError::expected(
                        scanner.position() - 1,
                        "the exception object",
                        Found::Tag(EXCEPTION),
                    )),
                }
            }
        }
    }

    fn abandon(&mut self) {
        self.frames.clear();
        self.slots.clear();
        self.pieces.clear();
        self.parts.clear();
    }

    fn run(&mut self, scanner: &mut Scanner<'_>) -> Result<Slot, Stop> {
        self.abandon();
        let mut done = self.begin(scanner, Expect::Object)?;
        loop {
            let Some(frame) = self.frames.last().copied() else {
                return Ok(done.flatten());
            };
            let delivered = done.take();
            done = match frame {
                Frame::Head(tag) => self.head(scanner, tag, delivered)?,
                Frame::Descriptor(frame) => self.descriptor(scanner, frame, delivered)?,
                Frame::Object(frame) => self.object(scanner, frame, delivered)?,
                Frame::Array { node, left, base } => self.array(scanner, node, left, base, delivered)?,
            };
        }
    }

    /// Starts reading what comes next: `Some` if that is all of it, `None` if there is a new frame on the stack.
    fn begin(&mut self, scanner: &mut Scanner<'_>, expect: Expect) -> Result<Option<Slot>, Stop> {
        let expected = match expect {
            Expect::Object => "an object, string, array, class, enum constant, null or reference",
            Expect::Descriptor => "a class descriptor, null or a reference",
            Expect::Text => "a string or a reference to one",
        };
        let at = *scanner;
        let tag = scanner.u8(expected)?;
        match (tag, expect) {
            (NULL, Expect::Object | Expect::Descriptor) => Ok(Some(None)),
            (REFERENCE, _) => self.reference(scanner, expect).map(Some),
            (STRING | LONG_STRING, Expect::Object | Expect::Text) => {
                let long = tag == LONG_STRING;
                let text = match long {
                    true => scanner.long_utf(&self.limits, "a long string")?,
                    false => scanner.utf(&self.limits, "a string")?,
                };
                self.node(scanner, NodeData::Text { text, long }).map(|node| Some(Some(node)))
            }
            (DESCRIPTOR | PROXY, Expect::Object | Expect::Descriptor) => {
                let frame = match tag {
                    DESCRIPTOR => self.begin_descriptor(scanner)?,
                    _ => self.begin_proxy(scanner)?,
                };
                self.push(scanner, Frame::Descriptor(frame))
            }
            (OBJECT | ARRAY | CLASS | ENUM, Expect::Object) => self.push(scanner, Frame::Head(tag)),
            (EXCEPTION, _) if !self.in_exception => Err(Stop::Exception),
            _ => Err(at.expected(expected).into()),
        }
    }

    fn push(&mut self, scanner: &Scanner<'_>, frame: Frame) -> Result<Option<Slot>, Stop> {
        if self.frames.len() >= self.limits.depth {
            return Err(DecodeError::limit(scanner.position(), "objects inside each other", self.limits.depth).into());
        }
        self.frames.push(frame);
        Ok(None)
    }

    /// Writes back how far the innermost frame has come, before something else is begun.
    fn keep(&mut self, frame: Frame) {
        if let Some(top) = self.frames.last_mut() {
            *top = frame;
        }
    }

    /// The innermost element is finished.
    fn finish(&mut self, node: NodeId) -> Result<Option<Slot>, Stop> {
        self.frames.pop();
        Ok(Some(Some(node)))
    }

    fn charge(&mut self, scanner: &Scanner<'_>, entries: usize) -> Result<(), DecodeError> {
        self.used = self.used.saturating_add(entries);
        if self.used > self.allowed {
            return Err(DecodeError::limit(scanner.position(), "parts in one object", self.allowed));
        }
        Ok(())
    }

    fn node(&mut self, scanner: &Scanner<'_>, node: NodeData) -> Result<NodeId, Stop> {
        self.charge(scanner, 1)?;
        let id = NodeId::from_index(self.graph.nodes.len());
        let id = id.ok_or_else(|| DecodeError::limit(scanner.position(), "handles", u32::MAX as usize))?;
        self.graph.nodes.push(node);
        Ok(id)
    }

    fn reference(&mut self, scanner: &mut Scanner<'_>, expect: Expect) -> Result<Slot, Stop> {
        let at = scanner.position();
        let handle = scanner.u32("a handle")?;
        self.references = true;
        let offset = handle.checked_sub(FIRST_HANDLE).map(|offset| offset as usize);
        let known = offset.filter(|offset| self.lost.is_none_or(|lost| *offset < lost));
        let index = known.map(|offset| self.epoch + offset);
        let node = index.filter(|index| *index < self.graph.nodes.len()).and_then(NodeId::from_index);
        let Some(node) = node else {
            if self.lenient && expect == Expect::Object {
                return Ok(None);
            }
            let number = Found::Number(handle.into());
            return Err(DecodeError::expected(at, "the handle of something before", number).into());
        };
        let (fits, expected) = match expect {
            Expect::Object => (true, ""),
            Expect::Text => (matches!(self.graph.node(node), NodeData::Text { .. }), "the handle of a string"),
            Expect::Descriptor => (
                self.graph.descriptor(node).is_some_and(|descriptor| descriptor.complete),
                "the handle of a whole class descriptor",
            ),
        };
        match fits {
            true => Ok(Some(node)),
            false => Err(DecodeError::expected(at, expected, Found::Text("the handle of something else")).into()),
        }
    }

    /// An object, array, class or enum constant, whose descriptor comes first.
    fn head(&mut self, scanner: &mut Scanner<'_>, tag: u8, delivered: Option<Slot>) -> Result<Option<Slot>, Stop> {
        let Some(class) = delivered else {
            return self.begin(scanner, Expect::Descriptor);
        };
        let class = class.ok_or_else(|| no_class(scanner, "null"))?;
        match tag {
            OBJECT => self.begin_object(scanner, class),
            ARRAY => self.begin_array(scanner, class),
            CLASS => {
                let node = self.node(scanner, NodeData::Class { class })?;
                self.finish(node)
            }
            _ => {
                let flags = self.graph.descriptor(class).map_or(0, |descriptor| descriptor.flags);
                if flags & ENUM_CLASS == 0 {
                    return Err(no_class(scanner, "one that is no enum").into());
                }
                // The handle is the constant's, so it is assigned before the name is read.
                let node = self.node(scanner, NodeData::Enum { class, constant: class })?;
                let name = self.begin(scanner, Expect::Text)?.flatten();
                if let Some(constant) = name {
                    self.graph.nodes[node.index()] = NodeData::Enum { class, constant };
                }
                self.finish(node)
            }
        }
    }

    fn begin_array(&mut self, scanner: &mut Scanner<'_>, class: NodeId) -> Result<Option<Slot>, Stop> {
        let source = scanner.source();
        let name = self.graph.descriptor(class).map_or(&[][..], |descriptor| descriptor.name.of(source));
        let kind = match name {
            [b'[', kind, ..] => *kind,
            _ => return Err(no_class(scanner, "one that is no array").into()),
        };
        let placeholder = NodeData::Array { class, elements: Run::default() };
        let node = self.node(scanner, placeholder)?;
        let at = scanner.position();
        let count = scanner.length("the length of an array")?;
        if let Some(width) = primitive_width(kind) {
            let values = scanner.span(count.saturating_mul(width as usize), "the elements of an array")?;
            self.graph.nodes[node.index()] = NodeData::Primitives { class, kind, values };
            return self.finish(node);
        }
        if kind != b'L' && kind != b'[' {
            return Err(no_class(scanner, "one of no known type").into());
        }
        if count > scanner.remaining() {
            let found = Found::Number(count as i64);
            return Err(DecodeError::expected(at, "an array no longer than the bytes that follow", found).into());
        }
        let base = self.slots.len() as u32;
        self.keep(Frame::Array { node, left: count as u32, base });
        Ok(None)
    }

    fn array(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: NodeId,
        mut left: u32,
        base: u32,
        mut delivered: Option<Slot>,
    ) -> Result<Option<Slot>, Stop> {
        loop {
            if let Some(element) = delivered.take() {
                self.slots.push(element);
            }
            if left == 0 {
                break;
            }
            left -= 1;
            self.keep(Frame::Array { node, left, base });
            delivered = self.begin(scanner, Expect::Object)?;
            if delivered.is_none() {
                return Ok(None);
            }
        }
        let elements = settle(&mut self.slots, base as usize, &mut self.graph.slots);
        if let NodeData::Array { elements: place, .. } = &mut self.graph.nodes[node.index()] {
            *place = elements;
        }
        self.finish(node)
    }

    /// Reads the items of an annotation up to its end mark: `true` when it is behind it, `false` when an item has begun.
    fn pieces(&mut self, scanner: &mut Scanner<'_>, mut delivered: Option<Slot>) -> Result<bool, Stop> {
        loop {
            if let Some(object) = delivered.take() {
                self.pieces.push(Piece::Object(object));
            }
            match scanner.peek() {
                Some(END_BLOCK) => {
                    scanner.u8("the end of block data")?;
                    return Ok(true);
                }
                Some(tag @ (BLOCK | LONG_BLOCK)) => {
                    self.charge(scanner, 1)?;
                    let data = block(scanner)?;
                    let long = tag == LONG_BLOCK;
                    self.pieces.push(Piece::Block { data, long });
                }
                _ => {
                    delivered = self.begin(scanner, Expect::Object)?;
                    if delivered.is_none() {
                        return Ok(false);
                    }
                }
            }
        }
    }
}

/// Reads a block, tag and all.
pub(crate) fn block(scanner: &mut Scanner<'_>) -> Result<Span, DecodeError> {
    let at = *scanner;
    let len = match scanner.u8("block data")? {
        BLOCK => usize::from(scanner.u8("the length of block data")?),
        LONG_BLOCK => scanner.length("the length of block data")?,
        _ => return Err(at.expected("block data")),
    };
    scanner.span(len, "block data")
}

fn no_class(scanner: &Scanner<'_>, found: &'static str) -> DecodeError {
    DecodeError::expected(scanner.position(), "a class of the right kind", Found::Text(found))
}
