//! Class descriptors and proxy descriptors.

use super::{Decoder, Expect, Frame, Stop};
use crate::boxes::BoxClass;
use crate::error::{DecodeError, DecodeErrorKind, Found};
use crate::graph::{Descriptor, Field, NodeData, NodeId, Run, Slot, Span, settle};
use crate::modified_utf8;
use crate::protocol::*;
use crate::scan::Scanner;

/// How many classes one hierarchy may have. It is a bound on what six bytes, a small object, can cost.
const CLASSES_MAX: u32 = 64;

#[derive(Debug, Clone, Copy)]
pub(super) struct DescriptorFrame {
    node: NodeId,
    index: u32,
    base: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Annotation,
    Parent,
}

impl Decoder {
    /// Reads a class descriptor up to its fields, behind the tag.
    pub(super) fn begin_descriptor(&mut self, scanner: &mut Scanner<'_>) -> Result<DescriptorFrame, Stop> {
        let name = scanner.utf(&self.limits, "a class name")?;
        let uid = scanner.i64("a serialVersionUID")?;
        let frame = self.open(scanner, name, uid)?;
        let at = scanner.position();
        let flags = scanner.u8("the flags of a class")?;
        check_flags(at, flags, uid).map_err(|kind| match kind {
            Some(error) => error,
            None => {
                let name = modified_utf8::decode_lossy(name.of(scanner.source())).into_owned();
                DecodeError::new(at, DecodeErrorKind::ExternalWithoutBlocks(name))
            }
        })?;
        let count = scanner.u16("the number of fields")?;
        self.charge(scanner, count.into())?;
        let start = self.graph.fields.len() as u32;
        let (mut primitive_bytes, mut references) = (0, 0);
        for _ in 0..count {
            let at = *scanner;
            let kind = scanner.u8("the type of a field")?;
            let name = scanner.utf(&self.limits, "the name of a field")?;
            let mut signature = None;
            match (primitive_width(kind), kind) {
                (Some(width), _) if references == 0 => primitive_bytes += width,
                (None, b'L' | b'[') => {
                    references += 1;
                    signature = self.begin(scanner, Expect::Text)?.flatten();
                }
                (Some(_), _) => return Err(at.expected("no primitive field behind others").into()),
                (None, _) => return Err(at.expected("the type of a field").into()),
            }
            self.graph.fields.push(Field { kind, name, signature });
        }
        let fields = Run { start, len: count.into() };
        if let Some(descriptor) = self.graph.descriptors.get_mut(frame.index as usize) {
            *descriptor = Descriptor { flags, fields, primitive_bytes, references, ..*descriptor };
        }
        Ok(frame)
    }

    /// Reads a proxy descriptor up to its interfaces, behind the tag.
    pub(super) fn begin_proxy(&mut self, scanner: &mut Scanner<'_>) -> Result<DescriptorFrame, Stop> {
        let frame = self.open(scanner, Span::default(), 0)?;
        let count = scanner.length("the number of interfaces")?;
        let start = self.graph.interfaces.len() as u32;
        for _ in 0..count {
            self.charge(scanner, 1)?;
            let name = scanner.utf(&self.limits, "the name of an interface")?;
            self.graph.interfaces.push(name);
        }
        let interfaces = Run { start, len: self.graph.interfaces.len() as u32 - start };
        if let Some(descriptor) = self.graph.descriptors.get_mut(frame.index as usize) {
            descriptor.flags = SERIALIZABLE;
            descriptor.interfaces = Some(interfaces);
        }
        Ok(frame)
    }

    fn open(&mut self, scanner: &Scanner<'_>, name: Span, uid: i64) -> Result<DescriptorFrame, Stop> {
        let index = self.graph.descriptors.len() as u32;
        let node = self.node(scanner, NodeData::Descriptor { index })?;
        self.graph.descriptors.push(Descriptor {
            name,
            uid,
            flags: 0,
            fields: Run::default(),
            primitive_bytes: 0,
            references: 0,
            interfaces: None,
            annotation: Run::default(),
            parent: None,
            chain: Run::default(),
            level: 0,
            complete: false,
            boxes: None,
        });
        let base = self.pieces.len() as u32;
        Ok(DescriptorFrame { node, index, base, stage: Stage::Annotation })
    }

    pub(super) fn descriptor(
        &mut self,
        scanner: &mut Scanner<'_>,
        mut frame: DescriptorFrame,
        mut delivered: Option<Slot>,
    ) -> Result<Option<Slot>, Stop> {
        if frame.stage == Stage::Annotation {
            if !self.pieces(scanner, delivered.take())? {
                return Ok(None);
            }
            let annotation = settle(&mut self.pieces, frame.base as usize, &mut self.graph.pieces);
            if let Some(descriptor) = self.graph.descriptors.get_mut(frame.index as usize) {
                descriptor.annotation = annotation;
                descriptor.boxes = descriptor.name.with_head(3).and_then(|start| {
                    let whole = scanner.source().get(start..scanner.position())?;
                    BoxClass::of_descriptor(whole)
                });
            }
            frame.stage = Stage::Parent;
            self.keep(Frame::Descriptor(frame));
            delivered = self.begin(scanner, Expect::Descriptor)?;
        }
        match delivered {
            None => Ok(None),
            Some(parent) => {
                self.close(scanner, frame, parent)?;
                self.finish(frame.node)
            }
        }
    }

    /// The descriptor is whole: notes which classes its objects have data of.
    fn close(&mut self, scanner: &Scanner<'_>, frame: DescriptorFrame, parent: Slot) -> Result<(), DecodeError> {
        let above = parent.and_then(|parent| self.graph.descriptor(parent)).copied();
        let Some(mut descriptor) = self.graph.descriptors.get(frame.index as usize).copied() else {
            return Ok(());
        };
        descriptor.parent = parent;
        descriptor.complete = true;
        // Its own bytes are those of a box; it is one only below the class that boxes are below.
        let above_boxes = above.and_then(|above| above.boxes);
        descriptor.boxes = descriptor.boxes.filter(|class| match parent {
            None => !class.is_below_number(),
            Some(_) => class.is_below_number() && above_boxes == Some(BoxClass::Number),
        });
        let start = self.graph.chains.len() as u32;
        // An externalizable class writes all there is of its objects, also what it inherited.
        if let Some(above) = above.filter(|_| !descriptor.is_externalizable()) {
            if above.is_externalizable() {
                return Err(DecodeError::expected(
                    scanner.position(),
                    "a superclass that is not externalizable",
                    Found::Text("one that is"),
                ));
            }
            self.graph.chains.extend_from_within(above.chain.range());
        }
        if descriptor.has_data() {
            self.graph.chains.push(frame.node);
        }
        descriptor.chain = Run { start, len: self.graph.chains.len() as u32 - start };
        descriptor.level = above.map_or(0, |above| above.level) + 1;
        if descriptor.level > CLASSES_MAX {
            return Err(DecodeError::limit(scanner.position(), "classes in one hierarchy", CLASSES_MAX as usize));
        }
        self.graph.descriptors[frame.index as usize] = descriptor;
        Ok(())
    }
}

/// Refuses what Java's reader refuses, and (as `None`) what no reader can skip.
fn check_flags(at: usize, flags: u8, uid: i64) -> Result<(), Option<DecodeError>> {
    let refuse = |expected| Err(Some(DecodeError::expected(at, expected, Found::Number(flags.into()))));
    if flags & SERIALIZABLE != 0 && flags & EXTERNALIZABLE != 0 {
        return refuse("flags of a class that is serializable or externalizable, not both");
    }
    if flags & ENUM_CLASS != 0 && uid != 0 {
        return refuse("an enum with serialVersionUID 0");
    }
    if flags & EXTERNALIZABLE != 0 && flags & BLOCK_DATA == 0 {
        return Err(None);
    }
    Ok(())
}
