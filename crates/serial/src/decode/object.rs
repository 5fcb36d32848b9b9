//! Objects: what each class of the hierarchy has written, top-most first.

use super::{Decoder, Expect, Frame, Stop, no_class};
use crate::graph::{NodeData, NodeId, Part, Run, Slot, Span, settle};
use crate::protocol::*;
use crate::scan::Scanner;

#[derive(Debug, Clone, Copy)]
pub(super) struct ObjectFrame {
    node: NodeId,
    /// The classes still to come.
    chain: Run,
    part_base: u32,
    part: Part,
    stage: Stage,
    /// Where this part's slots or pieces begin on the scratch stack.
    base: u32,
    /// Slots still to come.
    left: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    NextClass,
    Slots,
    Pieces,
}

impl Decoder {
    /// The descriptor is there; the handle is assigned now.
    pub(super) fn begin_object(&mut self, scanner: &Scanner<'_>, class: NodeId) -> Result<Option<Slot>, Stop> {
        let Some(descriptor) = self.graph.descriptor(class).copied() else {
            return Err(no_class(scanner, "none").into());
        };
        if descriptor.flags & (SERIALIZABLE | EXTERNALIZABLE) == 0 {
            return Err(no_class(scanner, "one that cannot be serialized").into());
        }
        let node = self.node(scanner, NodeData::Object { class, parts: Run::default() })?;
        let part = Part { class, primitives: Span::default(), slots: Run::default(), pieces: Run::default() };
        self.keep(Frame::Object(ObjectFrame {
            node,
            chain: descriptor.chain,
            part_base: self.parts.len() as u32,
            part,
            stage: Stage::NextClass,
            base: 0,
            left: 0,
        }));
        Ok(None)
    }

    pub(super) fn object(
        &mut self,
        scanner: &mut Scanner<'_>,
        mut frame: ObjectFrame,
        mut delivered: Option<Slot>,
    ) -> Result<Option<Slot>, Stop> {
        loop {
            match frame.stage {
                Stage::NextClass => {
                    if frame.chain.len == 0 {
                        let parts = settle(&mut self.parts, frame.part_base as usize, &mut self.graph.parts);
                        if let NodeData::Object { parts: place, .. } = &mut self.graph.nodes[frame.node.index()] {
                            *place = parts;
                        }
                        return self.finish(frame.node);
                    }
                    self.enter_class(scanner, &mut frame)?;
                }
                Stage::Slots => {
                    if let Some(slot) = delivered.take() {
                        self.slots.push(slot);
                    }
                    if frame.left > 0 {
                        frame.left -= 1;
                        self.keep(Frame::Object(frame));
                        delivered = self.begin(scanner, Expect::Object)?;
                        if delivered.is_none() {
                            return Ok(None);
                        }
                        continue;
                    }
                    frame.part.slots = settle(&mut self.slots, frame.base as usize, &mut self.graph.slots);
                    let descriptor = self.graph.descriptor(frame.part.class);
                    if descriptor.is_some_and(|descriptor| descriptor.has_write_method()) {
                        frame.base = self.pieces.len() as u32;
                        frame.stage = Stage::Pieces;
                    } else {
                        self.parts.push(frame.part);
                        frame.stage = Stage::NextClass;
                    }
                }
                Stage::Pieces => {
                    self.keep(Frame::Object(frame));
                    if !self.pieces(scanner, delivered.take())? {
                        return Ok(None);
                    }
                    frame.part.pieces = settle(&mut self.pieces, frame.base as usize, &mut self.graph.pieces);
                    self.parts.push(frame.part);
                    frame.stage = Stage::NextClass;
                }
            }
        }
    }

    /// Begins with the next class of the chain: its primitive fields are read at once.
    fn enter_class(&mut self, scanner: &mut Scanner<'_>, frame: &mut ObjectFrame) -> Result<(), Stop> {
        let class = self.graph.chains[frame.chain.start as usize];
        frame.chain = Run { start: frame.chain.start + 1, len: frame.chain.len - 1 };
        frame.part = Part { class, primitives: Span::default(), slots: Run::default(), pieces: Run::default() };
        self.charge(scanner, 1)?;
        let Some(descriptor) = self.graph.descriptor(class) else {
            return Ok(());
        };
        if descriptor.is_externalizable() {
            frame.base = self.pieces.len() as u32;
            frame.stage = Stage::Pieces;
            return Ok(());
        }
        let references = descriptor.references;
        if descriptor.has_write_method() && descriptor.primitive_bytes > 0 && self.gave_up(scanner) {
            scanner.u8("an exception")?;
            return Err(Stop::Exception);
        }
        frame.part.primitives =
            scanner.span(descriptor.primitive_bytes as usize, "the primitive fields of an object")?;
        self.charge(scanner, references.into())?;
        frame.base = self.slots.len() as u32;
        frame.left = references;
        frame.stage = Stage::Slots;
        Ok(())
    }

    /// Whether `writeObject` failed before it wrote the fields that the descriptor announces.
    ///
    /// The stream does not tell field bytes from the tag of an exception there. But what follows the tag is a new object of a new
    /// class, since the handles were just cleared, and one whose name says what it is; no fields look like that by chance.
    fn gave_up(&self, scanner: &Scanner<'_>) -> bool {
        let Some((head, rest)) = scanner.rest().split_first_chunk::<5>() else {
            return false;
        };
        let [EXCEPTION, OBJECT, DESCRIPTOR, high, low] = *head else {
            return false;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let name = rest.get(..len).unwrap_or_default();
        !self.in_exception && (name.ends_with(b"Exception") || name.ends_with(b"Error"))
    }
}
