//! Writing an object behind others as Java does: what Java has only once is written once.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::Sharing;
use crate::boxes::BoxClass;
use crate::encode::{Encoder, Numbering};
use crate::graph::{Graph, NodeData, NodeId};
use crate::protocol::*;
use crate::stream::Stream;
use crate::value::Value;

/// Objects of more classes than this are written without a look at what is there, for that takes time for each pair of classes.
const CLASSES_MAX: usize = 64;

impl Sharing {
    /// Writes an object that is neither null nor a box. Classes, the types of their fields and constants of enums that are in the
    /// stream are referred to; all else is written in full, for nobody knows any more what was one object.
    ///
    /// `false`: nothing was written.
    pub(crate) fn joined(&mut self, value: &Value, out: &mut Vec<u8>) -> bool {
        if is_text(value) {
            self.paste(value, out);
            return true;
        }
        let Ok(stream) = Stream::of_body(value.body()) else { return false };
        let (graph, slot) = stream.graph_and_root();
        if graph.descriptors.len() > CLASSES_MAX {
            return false;
        }
        let source = value.to_bytes();
        let mut numbering = Numbering::default();
        numbering.start_at(self.next);
        let Some(unique) = unique(graph, &source) else { return false };
        for (node, key) in &unique {
            if let Some(number) = self.known_number(key) {
                numbering.preset(*node, number);
            }
        }
        // Any depth is allowed here; a reader's limit is checked by the reader.
        let _ = Encoder::new(graph, &source, &mut numbering, out, usize::MAX).element(slot);
        self.next = numbering.handles();
        self.references = true;
        for (node, key) in unique {
            if let Some(number) = numbering.number(node) {
                self.remember(key, number);
            }
        }
        true
    }

    /// Writes a string that is one object wherever it stands, as a literal of a program is.
    pub(crate) fn constant(&mut self, value: &Value, out: &mut Vec<u8>) {
        match self.unique.get(&*value.to_bytes()) {
            Some(number) => self.reference(*number, out),
            None => {
                self.unique.insert(value.to_bytes().into_owned(), self.next);
                self.paste(value, out);
            }
        }
    }

    fn known_number(&self, key: &Unique) -> Option<u32> {
        match key {
            Unique::Box(BoxClass::Number) => self.number,
            Unique::Box(BoxClass::Box(kind)) => self.boxes[*kind as usize],
            Unique::Written(bytes) => self.unique.get(bytes).copied(),
        }
    }

    fn remember(&mut self, key: Unique, number: u32) {
        match key {
            Unique::Box(BoxClass::Number) => self.number = Some(number),
            Unique::Box(BoxClass::Box(kind)) => self.boxes[kind as usize] = Some(number),
            Unique::Written(bytes) => {
                self.unique.insert(bytes, number);
            }
        }
    }
}

pub(crate) fn is_text(value: &Value) -> bool {
    value.to_bytes().first().is_some_and(|tag| [STRING, LONG_STRING].contains(tag))
}

/// Something that Java has once: by what it is.
enum Unique {
    /// The class of a box.
    Box(BoxClass),
    /// The bytes that it has in a stream of its own.
    Written(Vec<u8>),
}

/// All that Java has once, of a value's graph. `None`: something is there twice, or a class has objects beside its fields. Java writes no
/// such thing by itself, and it would not be read as the same once it is joined.
fn unique(graph: &Graph, source: &[u8]) -> Option<Vec<(NodeId, Unique)>> {
    let mut unique = Vec::new();
    let mut known = BTreeSet::new();
    let written = |node| {
        let mut bytes = Vec::new();
        let _ = Encoder::new(graph, source, &mut Numbering::default(), &mut bytes, usize::MAX).element(Some(node));
        bytes
    };
    let mut add = |node: NodeId, bytes: Vec<u8>| {
        let first = known.insert(bytes.clone());
        first.then(|| unique.push((node, Unique::Written(bytes))))
    };
    let mut boxes = Vec::new();
    let mut types = BTreeSet::new();
    for (index, data) in graph.nodes.iter().enumerate() {
        let node = NodeId::from_index(index)?;
        match *data {
            NodeData::Descriptor { .. } => {
                let descriptor = graph.descriptor(node)?;
                if descriptor.annotation.len > 0 {
                    return None;
                }
                match descriptor.boxes {
                    Some(class) => boxes.push((node, Unique::Box(class))),
                    None => add(node, written(node))?,
                }
                for signature in graph.fields(descriptor).iter().filter_map(|field| field.signature) {
                    if types.insert(signature) {
                        add(signature, written(signature))?;
                    }
                }
            }
            NodeData::Class { .. } => add(node, written(node))?,
            NodeData::Enum { constant, .. } => {
                let bytes = written(node);
                // Its name is a string that others may refer to.
                add(constant, [&bytes[..], b"name"].concat())?;
                add(node, bytes)?;
            }
            NodeData::Text { .. } | NodeData::Object { .. } | NodeData::Primitives { .. } | NodeData::Array { .. } => {}
        }
    }
    unique.extend(boxes);
    Some(unique)
}
