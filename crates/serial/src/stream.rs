//! A whole stream, kept as it was written.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::decode::{Decoder, Element, block};
use crate::encode::{Encoder, Numbering, write_block_head};
use crate::error::DecodeError;
use crate::graph::{Graph, Slot, Span};
use crate::limits::Limits;
use crate::node::Node;
use crate::protocol::*;
use crate::scan::Scanner;

/// A whole stream as a graph with one table of handles.
///
/// [`encode`](Stream::encode) gives the same bytes for whatever a JVM wrote: cuts of blocks, short and long forms, references and
/// resets are kept. Classes need not be known.
///
/// ```
/// use outlive_serial::{Limits, Stream};
/// let bytes = b"\xac\xed\0\x05\x75\x72\0\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\0\0\x78\x70\0\0\0\x02\x01\x02";
/// let stream = Stream::decode(bytes, &Limits::default()).unwrap();
/// let root = stream.root().unwrap();
/// assert_eq!(root.class_name().as_deref(), Some("[B"));
/// assert_eq!(root.bytes(), Some(&[1, 2][..]));
/// assert_eq!(stream.encode(), bytes);
/// ```
///
/// Source: Java Object Serialization Specification, chapter 6.
#[derive(Debug, Clone)]
pub struct Stream {
    source: Bytes,
    graph: Graph,
    items: Vec<TopItem>,
}

#[derive(Debug, Clone, Copy)]
enum TopItem {
    Block { data: Span, long: bool },
    Object(Slot),
    Reset,
    Lost { partial: Span, throwable: Slot },
}

/// One item at the top of a stream.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Item<'a> {
    /// Primitive values in a block of their own; where a block ends means nothing.
    Block(&'a [u8]),
    /// An object, or null.
    Object(Option<Node<'a>>),
    /// Handles begin again.
    Reset,
    /// An object that its sender could not write to its end, and the `Throwable` that says why.
    Exception(Option<Node<'a>>),
}

impl Stream {
    /// Decodes a stream, header and all.
    ///
    /// # Errors
    /// The bytes are no stream, break off, are of protocol version 1, or exceed the limits.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Stream, DecodeError> {
        let source = Bytes::copy_from_slice(bytes);
        let (graph, items, _) = read(&source, limits, true)?;
        Ok(Stream { source, graph, items })
    }

    /// Decodes the header and *one* content element; what follows is somebody else's. Gives also how many bytes these are.
    ///
    /// # Errors
    /// As [`decode`](Stream::decode), and where there is no element.
    pub fn decode_prefix(bytes: &[u8], limits: &Limits) -> Result<(Stream, usize), DecodeError> {
        let (graph, items, end) = read(bytes, limits, false)?;
        let source = Bytes::copy_from_slice(bytes.get(..end).unwrap_or_default());
        Ok((Stream { source, graph, items }, end))
    }

    /// Decodes one element without header, from bytes that were checked before.
    pub(crate) fn of_body(source: Bytes) -> Result<Stream, DecodeError> {
        let mut decoder = Decoder::new(Limits::CHECKED);
        let item = match decoder.element(&mut Scanner::new(&source, 0)?)? {
            Element::Whole(slot) => TopItem::Object(slot),
            Element::Lost { partial, throwable } => TopItem::Lost { partial, throwable },
        };
        let items = Vec::from([item]);
        Ok(Stream { source, graph: decoder.graph, items })
    }

    /// For a stream of one object: all its nodes, and where to begin.
    pub(crate) fn graph_and_root(&self) -> (&Graph, Slot) {
        match self.items.first() {
            Some(TopItem::Object(slot)) => (&self.graph, *slot),
            _ => (&self.graph, None),
        }
    }

    /// The bytes of the stream.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.source.len());
        out.extend_from_slice(&HEADER);
        let mut numbering = Numbering::default();
        for item in &self.items {
            let element = match *item {
                TopItem::Block { data, long } => {
                    write_block_head(data.len(), long, &mut out);
                    out.extend_from_slice(data.of(&self.source));
                    continue;
                }
                TopItem::Reset => {
                    numbering.clear();
                    out.push(RESET);
                    continue;
                }
                TopItem::Object(slot) => slot,
                TopItem::Lost { partial, throwable } => {
                    numbering.clear();
                    out.extend_from_slice(partial.of(&self.source));
                    out.push(EXCEPTION);
                    throwable
                }
            };
            let mut encoder = Encoder::new(&self.graph, &self.source, &mut numbering, &mut out, usize::MAX);
            // Written as it was read, it is as deep as it was; and no depth is forbidden here.
            let _ = encoder.element(element);
            if matches!(item, TopItem::Lost { .. }) {
                numbering.clear();
            }
        }
        out
    }

    /// What the stream holds at its top, in order.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.items.iter().map(|item| match *item {
            TopItem::Block { data, .. } => Item::Block(data.of(&self.source)),
            TopItem::Object(slot) => Item::Object(self.node(slot)),
            TopItem::Reset => Item::Reset,
            TopItem::Lost { throwable, .. } => Item::Exception(self.node(throwable)),
        })
    }

    /// The first object that is not null.
    pub fn root(&self) -> Option<Node<'_>> {
        self.items().find_map(|item| match item {
            Item::Object(node) => node,
            _ => None,
        })
    }

    fn node(&self, slot: Slot) -> Option<Node<'_>> {
        slot.map(|id| Node::new(&self.graph, &self.source, id))
    }
}

/// Reads the header, and one element or all items. Gives also where it stopped.
fn read(bytes: &[u8], limits: &Limits, all: bool) -> Result<(Graph, Vec<TopItem>, usize), DecodeError> {
    let mut scanner = Scanner::new(bytes, 0)?;
    header(&mut scanner)?;
    let mut decoder = Decoder::new(*limits);
    let mut items = Vec::new();
    while !all && items.is_empty() || all && scanner.remaining() > 0 {
        items.push(match scanner.peek() {
            Some(tag @ (BLOCK | LONG_BLOCK)) => TopItem::Block { data: block(&mut scanner)?, long: tag == LONG_BLOCK },
            Some(RESET) => {
                scanner.u8("a reset")?;
                decoder.reset();
                TopItem::Reset
            }
            _ => match decoder.element(&mut scanner)? {
                Element::Whole(slot) => TopItem::Object(slot),
                Element::Lost { partial, throwable } => TopItem::Lost { partial, throwable },
            },
        });
    }
    Ok((decoder.graph, items, scanner.position()))
}

/// Reads magic and version.
pub(crate) fn header(scanner: &mut Scanner<'_>) -> Result<(), DecodeError> {
    let at = *scanner;
    match scanner.take(HEADER.len(), "the header of a Java stream (ac ed 00 05)")? {
        header if header == HEADER => Ok(()),
        _ => Err(at.expected("the header of a Java stream (ac ed 00 05)")),
    }
}
