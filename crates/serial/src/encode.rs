//! Graph to bytes, without recursion.
//!
//! The mirror of the decoder: a node that has a handle is written as a reference, any other in full. Within one stream each node is
//! defined where it was met first, so a graph that is written as it was read gives the same bytes; one that is written from a
//! node in its middle gives a stream of its own, in which what lay before is inlined.

use alloc::vec::Vec;

use crate::graph::{Graph, NodeData, NodeId, Part, Piece, Run, Slot};
use crate::protocol::*;

/// Which nodes have which handles in the stream that is being written.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// By node: its handle's number + 1, or 0.
    numbers: Vec<u32>,
    touched: Vec<NodeId>,
    next: u32,
    references: bool,
}

impl Numbering {
    /// Forgets all handles. Costs as much as there were.
    pub(crate) fn clear(&mut self) {
        for node in self.touched.drain(..) {
            if let Some(number) = self.numbers.get_mut(node.index()) {
                *number = 0;
            }
        }
        self.next = 0;
        self.references = false;
    }

    /// Begins with another number than 0: what is written stands behind so many handles.
    pub(crate) fn start_at(&mut self, next: u32) {
        self.next = next;
    }

    /// How many handles are assigned.
    pub(crate) fn handles(&self) -> u32 {
        self.next
    }

    /// Whether a reference was written.
    pub(crate) fn references(&self) -> bool {
        self.references
    }

    /// Which handle a node has.
    pub(crate) fn number(&self, node: NodeId) -> Option<u32> {
        self.numbers.get(node.index()).copied().unwrap_or(0).checked_sub(1)
    }

    /// Says that a node stands in the stream already.
    pub(crate) fn preset(&mut self, node: NodeId, number: u32) {
        if self.numbers.len() <= node.index() {
            self.numbers.resize(node.index() + 1, 0);
        }
        self.numbers[node.index()] = number + 1;
        self.touched.push(node);
    }

    fn handle(&self, node: NodeId) -> Option<u32> {
        self.number(node).map(|number| FIRST_HANDLE.wrapping_add(number))
    }

    fn assign(&mut self, node: NodeId) {
        self.preset(node, self.next);
        self.next += 1;
    }
}

/// Objects lie deeper inside each other than was allowed, once all is inlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// An element of which the beginning is written.
#[derive(Debug, Clone, Copy)]
struct Frame {
    node: NodeId,
    step: Step,
    /// Which part of an object.
    part: u32,
    /// Which slot or piece comes next.
    at: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Class,
    Body,
    Slots,
    Pieces,
    Annotation,
    Parent,
    End,
}

/// Writes elements of one graph.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    graph: &'a Graph,
    source: &'a [u8],
    numbering: &'a mut Numbering,
    out: &'a mut Vec<u8>,
    frames: Vec<Frame>,
    depth: usize,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(
        graph: &'a Graph,
        source: &'a [u8],
        numbering: &'a mut Numbering,
        out: &'a mut Vec<u8>,
        depth: usize,
    ) -> Self {
        Encoder { graph, source, numbering, out, frames: Vec::new(), depth }
    }

    /// Writes one element with all that it holds.
    pub(crate) fn element(&mut self, slot: Slot) -> Result<(), TooDeep> {
        self.begin(slot)?;
        while let Some(frame) = self.frames.last().copied() {
            self.advance(frame)?;
        }
        Ok(())
    }

    /// Starts an element: `true` if that was all of it, `false` if there is a new frame.
    fn begin(&mut self, slot: Slot) -> Result<bool, TooDeep> {
        let Some(node) = slot else {
            self.out.push(NULL);
            return Ok(true);
        };
        if let Some(handle) = self.numbering.handle(node) {
            self.numbering.references = true;
            self.out.push(REFERENCE);
            self.out.extend_from_slice(&handle.to_be_bytes());
            return Ok(true);
        }
        let step = match self.graph.node(node) {
            NodeData::Text { text, long } => {
                self.numbering.assign(node);
                let text = text.of(self.source);
                if long {
                    self.out.push(LONG_STRING);
                    self.out.extend_from_slice(&(text.len() as u64).to_be_bytes());
                } else {
                    self.out.push(STRING);
                    self.out.extend_from_slice(&(text.len() as u16).to_be_bytes());
                }
                self.out.extend_from_slice(text);
                return Ok(true);
            }
            NodeData::Descriptor { index } => {
                self.descriptor_head(node, index)?;
                Step::Annotation
            }
            NodeData::Class { .. } => self.tag(CLASS),
            NodeData::Object { .. } => self.tag(OBJECT),
            NodeData::Primitives { .. } | NodeData::Array { .. } => self.tag(ARRAY),
            NodeData::Enum { .. } => self.tag(ENUM),
        };
        if self.frames.len() >= self.depth {
            return Err(TooDeep);
        }
        self.frames.push(Frame { node, step, part: 0, at: 0 });
        Ok(false)
    }

    fn tag(&mut self, tag: u8) -> Step {
        self.out.push(tag);
        Step::Class
    }

    fn utf(&mut self, text: &[u8]) {
        self.out.extend_from_slice(&(text.len() as u16).to_be_bytes());
        self.out.extend_from_slice(text);
    }

    fn descriptor_head(&mut self, node: NodeId, index: u32) -> Result<(), TooDeep> {
        let descriptor = self.graph.descriptors[index as usize];
        if let Some(interfaces) = descriptor.interfaces {
            self.out.push(PROXY);
            self.numbering.assign(node);
            self.out.extend_from_slice(&interfaces.len.to_be_bytes());
            for name in self.graph.interfaces(interfaces) {
                self.utf(name.of(self.source));
            }
            return Ok(());
        }
        self.out.push(DESCRIPTOR);
        self.utf(descriptor.name.of(self.source));
        self.out.extend_from_slice(&descriptor.uid.to_be_bytes());
        self.numbering.assign(node);
        self.out.push(descriptor.flags);
        self.out.extend_from_slice(&(descriptor.fields.len as u16).to_be_bytes());
        for field in self.graph.fields(&descriptor) {
            self.out.push(field.kind);
            self.utf(field.name.of(self.source));
            if field.signature.is_some() {
                self.begin(field.signature)?;
            }
        }
        Ok(())
    }

    /// Goes on with the innermost element until another one begins or it is done.
    fn advance(&mut self, mut frame: Frame) -> Result<(), TooDeep> {
        loop {
            // What stands on the stack goes on behind the next element; what is done is popped below.
            let node = self.graph.node(frame.node);
            let element = match (frame.step, node) {
                (Step::Class, node) => {
                    frame.step = Step::Body;
                    match node {
                        NodeData::Class { class }
                        | NodeData::Object { class, .. }
                        | NodeData::Primitives { class, .. }
                        | NodeData::Array { class, .. }
                        | NodeData::Enum { class, .. } => Some(class),
                        NodeData::Text { .. } | NodeData::Descriptor { .. } => continue,
                    }
                }
                (Step::Body, node) => {
                    self.numbering.assign(frame.node);
                    frame.step = Step::End;
                    match node {
                        NodeData::Object { parts, .. } => {
                            self.part_head(&mut frame, parts);
                            continue;
                        }
                        NodeData::Primitives { kind, values, .. } => {
                            let width = primitive_width(kind).unwrap_or(1);
                            self.out.extend_from_slice(&(values.len() as u32 / width).to_be_bytes());
                            self.out.extend_from_slice(values.of(self.source));
                            continue;
                        }
                        NodeData::Array { elements, .. } => {
                            self.out.extend_from_slice(&elements.len.to_be_bytes());
                            frame.step = Step::Slots;
                            continue;
                        }
                        NodeData::Enum { constant, .. } => Some(constant),
                        _ => continue,
                    }
                }
                (Step::Slots, NodeData::Array { elements, .. }) => match self.slot(&mut frame, elements) {
                    Some(slot) => slot,
                    None => {
                        frame.step = Step::End;
                        continue;
                    }
                },
                (Step::Slots, NodeData::Object { parts, .. }) => {
                    let slots = self.part(&frame, parts).map_or(Run::default(), |part| part.slots);
                    match self.slot(&mut frame, slots) {
                        Some(slot) => slot,
                        None => {
                            self.part_tail(&mut frame, parts);
                            continue;
                        }
                    }
                }
                (Step::Pieces, NodeData::Object { parts, .. }) => {
                    let pieces = self.part(&frame, parts).map_or(Run::default(), |part| part.pieces);
                    match self.piece(&mut frame, pieces) {
                        Some(slot) => slot,
                        None => {
                            frame.part += 1;
                            self.part_head(&mut frame, parts);
                            continue;
                        }
                    }
                }
                (Step::Annotation, NodeData::Descriptor { index }) => {
                    let descriptor = self.graph.descriptors[index as usize];
                    match self.piece(&mut frame, descriptor.annotation) {
                        Some(slot) => slot,
                        None => {
                            frame.step = Step::Parent;
                            continue;
                        }
                    }
                }
                (Step::Parent, NodeData::Descriptor { index }) => {
                    frame.step = Step::End;
                    self.graph.descriptors[index as usize].parent
                }
                _ => {
                    self.frames.pop();
                    return Ok(());
                }
            };
            if let Some(top) = self.frames.last_mut() {
                *top = frame;
            }
            if !self.begin(element)? {
                return Ok(());
            }
        }
    }

    fn part(&self, frame: &Frame, parts: Run) -> Option<Part> {
        self.graph.parts(parts).get(frame.part as usize).copied()
    }

    /// Begins with the part that the frame points to, or ends the object where there is none.
    fn part_head(&mut self, frame: &mut Frame, parts: Run) {
        frame.at = 0;
        frame.step = Step::End;
        if let Some(part) = self.part(frame, parts) {
            self.out.extend_from_slice(part.primitives.of(self.source));
            frame.step = Step::Slots;
        }
    }

    /// All slots of a part are written: its annotation comes, or the next part.
    fn part_tail(&mut self, frame: &mut Frame, parts: Run) {
        let class = self.part(frame, parts).and_then(|part| self.graph.descriptor(part.class));
        if class.is_some_and(|class| class.has_write_method() || class.is_externalizable()) {
            frame.at = 0;
            frame.step = Step::Pieces;
        } else {
            frame.part += 1;
            self.part_head(frame, parts);
        }
    }

    fn slot(&self, frame: &mut Frame, run: Run) -> Option<Slot> {
        let slot = self.graph.slots(run).get(frame.at as usize).copied();
        frame.at += 1;
        slot
    }

    /// Writes the blocks up to the next object and gives that; at the end the end mark.
    fn piece(&mut self, frame: &mut Frame, run: Run) -> Option<Slot> {
        let pieces = self.graph.pieces(run).get(frame.at as usize..).unwrap_or_default();
        for piece in pieces {
            frame.at += 1;
            match *piece {
                Piece::Object(slot) => return Some(slot),
                Piece::Block { data, long } => {
                    let data = data.of(self.source);
                    write_block_head(data.len(), long, self.out);
                    self.out.extend_from_slice(data);
                }
            }
        }
        self.out.push(END_BLOCK);
        None
    }
}

pub(crate) fn write_block_head(len: usize, long: bool, out: &mut Vec<u8>) {
    if long {
        out.push(LONG_BLOCK);
        out.extend_from_slice(&(len as u32).to_be_bytes());
    } else {
        out.extend_from_slice(&[BLOCK, len as u8]);
    }
}
