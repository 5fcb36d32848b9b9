//! What a class wrote by its own method.

use alloc::string::String;
use alloc::vec::Vec;

use crate::graph::Piece;
use crate::modified_utf8;
use crate::node::Node;

/// A reader of annotation items: primitive values, whose blocks are joined, with objects between them.
///
/// Each method takes the next thing if it is of that kind, and otherwise gives `None` and stays where it is.
#[derive(Debug, Clone)]
pub struct Annotation<'a> {
    owner: Node<'a>,
    pieces: &'a [Piece],
    /// What is left of the block in reading.
    block: &'a [u8],
}

impl<'a> Annotation<'a> {
    pub(crate) fn new(owner: Node<'a>, pieces: &'a [Piece]) -> Self {
        Annotation { owner, pieces, block: &[] }
    }

    /// Moves to the next block with bytes in it; `false` where an object comes, or nothing.
    fn fill(&mut self) -> bool {
        while self.block.is_empty() {
            let [Piece::Block { data, .. }, rest @ ..] = self.pieces else {
                return false;
            };
            self.block = data.of(self.owner.source());
            self.pieces = rest;
        }
        true
    }

    /// The bytes up to the next object or the end, blocks joined.
    pub fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.fill() {
            bytes.extend_from_slice(self.block);
            self.block = &[];
        }
        bytes
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut ahead = self.clone();
        let mut bytes = Vec::new();
        while bytes.len() < count {
            if !ahead.fill() {
                return None;
            }
            let (now, later) = ahead.block.split_at(ahead.block.len().min(count - bytes.len()));
            bytes.extend_from_slice(now);
            ahead.block = later;
        }
        *self = ahead;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        if let Some((now, later)) = self.block.split_first_chunk() {
            self.block = later;
            return Some(*now);
        }
        self.take(N)?.try_into().ok()
    }

    /// A `byte`, unsigned.
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A `boolean`.
    pub fn boolean(&mut self) -> Option<bool> {
        self.u8().map(|byte| byte != 0)
    }

    /// An unsigned `short`.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// An `int`.
    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// A `long`.
    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// A text written by `writeUTF`; lone surrogates become U+FFFD.
    pub fn utf(&mut self) -> Option<String> {
        let mut ahead = self.clone();
        let len = ahead.u16()?;
        let bytes = ahead.take(len.into())?;
        *self = ahead;
        Some(modified_utf8::decode_lossy(&bytes).into_owned())
    }

    /// An object, or `Some(None)` for null.
    pub fn object(&mut self) -> Option<Option<Node<'a>>> {
        if self.fill() {
            return None;
        }
        let [Piece::Object(slot), rest @ ..] = self.pieces else {
            return None;
        };
        self.pieces = rest;
        Some(self.owner.at(*slot))
    }

    /// Whether nothing is left.
    pub fn at_end(&mut self) -> bool {
        !self.fill() && self.pieces.is_empty()
    }
}
