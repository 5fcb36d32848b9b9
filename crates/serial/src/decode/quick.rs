//! The way past the frames, for what blocks of sessions mostly hold.

use super::Decoder;
use crate::boxes::Boxed;
use crate::graph::{NodeData, NodeId, Part, Run, Span};
use crate::modified_utf8;
use crate::protocol::*;
use crate::scan::Scanner;
use crate::simple::{Simple, string};

impl Decoder {
    /// Reads null, a string, a box whose class was met before, or a reference to one of them. What it leaves in the graph is what
    /// [`element`](Self::element) leaves there.
    ///
    /// `None`: it is none of these, or something is wrong with it; nothing was read, and `element` has to say what it is.
    pub(crate) fn quick<'a>(&mut self, scanner: &mut Scanner<'a>) -> Option<Simple<'a>> {
        let rest = scanner.rest();
        match *rest {
            [NULL, ..] => {
                self.references = false;
                scanner.skip(1);
                Some(Simple::Null)
            }
            [STRING, ..] => {
                let (whole, text) = string(rest)?;
                if text.len() > self.limits.string_bytes || !self.may_charge(1) || !modified_utf8::is_valid(text) {
                    return None;
                }
                let text = Span::new(scanner.position() + whole.len() - text.len(), text.len());
                self.push_node(NodeData::Text { text, long: false }, 1)?;
                self.references = false;
                scanner.skip(whole.len());
                Some(Simple::String(whole))
            }
            // An object that was refused may lie deeper than the limits allow.
            [REFERENCE, a, b, c, d, ..] if self.limits.depth >= Boxed::DEPTH => {
                let simple = self.graph.simple(self.node_of(u32::from_be_bytes([a, b, c, d]))?, scanner.source())?;
                self.references = true;
                scanner.skip(5);
                Some(simple)
            }
            [OBJECT, REFERENCE, a, b, c, d, ref rest @ ..] if self.limits.depth >= Boxed::DEPTH => {
                let class = self.node_of(u32::from_be_bytes([a, b, c, d]))?;
                let kind = self.graph.descriptor(class)?.box_kind()?;
                let boxed = Boxed::of_bytes(kind, rest.get(..kind.width())?)?;
                if !self.may_charge(2) {
                    return None;
                }
                let primitives = Span::new(scanner.position() + 6, kind.width());
                let parts = Run { start: self.graph.parts.len() as u32, len: 1 };
                self.push_node(NodeData::Object { class, parts }, 2)?;
                self.graph.parts.push(Part { class, primitives, slots: Run::default(), pieces: Run::default() });
                self.references = true;
                scanner.skip(6 + kind.width());
                Some(Simple::Boxed(boxed))
            }
            _ => None,
        }
    }

    fn may_charge(&self, entries: usize) -> bool {
        self.used.saturating_add(entries) <= self.allowed
    }

    /// Appends a node that was seen to be within what is allowed.
    fn push_node(&mut self, node: NodeData, entries: usize) -> Option<()> {
        NodeId::from_index(self.graph.nodes.len())?;
        self.used += entries;
        self.graph.nodes.push(node);
        Some(())
    }
}
