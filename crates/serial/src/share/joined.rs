//! Writing an object behind others as Java does: what Java has only once is written once.

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
        let unique: Vec<(NodeId, Unique)> = unique(graph, &source);
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

/// All that Java has once, of a value's graph.
fn unique(graph: &Graph, source: &[u8]) -> Vec<(NodeId, Unique)> {
    let mut unique = Vec::new();
    let written = |node| {
        let mut bytes = Vec::new();
        let _ = Encoder::new(graph, source, &mut Numbering::default(), &mut bytes, usize::MAX).element(Some(node));
        Unique::Written(bytes)
    };
    for (index, data) in graph.nodes.iter().enumerate() {
        let Some(node) = NodeId::from_index(index) else { break };
        match *data {
            NodeData::Descriptor { .. } => {
                let Some(descriptor) = graph.descriptor(node) else { continue };
                unique.push((node, descriptor.boxes.map_or_else(|| written(node), Unique::Box)));
                let types = graph.fields(descriptor).iter().filter_map(|field| field.signature);
                unique.extend(types.map(|node| (node, written(node))));
            }
            NodeData::Class { .. } | NodeData::Enum { .. } => unique.push((node, written(node))),
            NodeData::Text { .. } | NodeData::Object { .. } | NodeData::Primitives { .. } | NodeData::Array { .. } => {}
        }
    }
    unique
}
