//! Reading what `ObjectInputStream` would read piece by piece.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::decode::{Decoder, Element, Mark, block};
use crate::encode::{Encoder, Numbering};
use crate::error::{DecodeError, Found};
use crate::graph::{NodeId, Slot};
use crate::limits::Limits;
use crate::modified_utf8;
use crate::node::Node;
use crate::protocol::*;
use crate::scan::Scanner;
use crate::stream::header;
use crate::value::{Value, read_quick};

/// Values cut out of a stream may be this many times longer than it, all together (a box of 5 bytes becomes one of 81), ...
const INLINED_FACTOR: usize = 64;
/// ... and this much more. What a hostile stream of references can make of itself ends here.
const INLINED_MORE: usize = 16 << 20;
/// A shared object that is longer than this is cut out once, and given as the same value to all who share it.
const REMEMBERED_MIN: usize = 128;

/// Reads a stream that mixes primitive values and objects, in the order in which they were written.
///
/// Primitive values stand in blocks, whose borders mean nothing. Objects share descriptors, strings and each other by handles
/// across the whole stream; each is given as a [`Value`] of its own, with what it shared written into it. After an error the reader
/// is of no further use.
///
/// ```
/// use outlive_serial::{Limits, ObjectInput, ObjectOutput, Read, Value};
/// let mut output = ObjectOutput::new();
/// output.write_i32(7);
/// output.write_value(&Value::string("x"));
/// let bytes = output.finish();
///
/// let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
/// assert_eq!(input.read_i32().unwrap(), 7);
/// assert_eq!(input.read_object().unwrap(), Read::Value(Value::string("x")));
/// assert!(input.at_end());
/// ```
#[derive(Debug)]
pub struct ObjectInput<'a> {
    scanner: Scanner<'a>,
    /// What is left of the block in reading.
    block: usize,
    decoder: Decoder,
    limits: Limits,
    /// Where an object begins that was read without the decoder, and which later references may mean.
    skipped: Option<Scanner<'a>>,
    numbering: Numbering,
    remembered: BTreeMap<NodeId, Value>,
    inlined: usize,
    /// How far the decoder was before the first object that could not be read.
    failed: Option<Mark>,
}

/// What stood where an object was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// An object, or null.
    Value(Value),
    /// The sender could not write this object, at whatever depth, and wrote an exception instead. The stream goes on behind it.
    Exception,
}

/// An object whose end was found, and which is not taken ([`ObjectInput::read_or_refuse`]): it exceeds the limits, or refers to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong with it.
    pub fault: DecodeError,
    /// The name of its class, where it has one.
    pub class: Option<String>,
    /// Its bytes, as they stood in the stream: what they share with other objects there is not in them.
    pub bytes: Vec<u8>,
}

impl<'a> ObjectInput<'a> {
    /// Begins behind the header. The limits hold for each object; what they all share may be one part for each four bytes.
    ///
    /// # Errors
    /// The bytes do not begin as a Java stream.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, DecodeError> {
        let mut scanner = Scanner::new(bytes, 0)?;
        header(&mut scanner)?;
        Ok(ObjectInput {
            scanner,
            block: 0,
            decoder: Decoder::new(limits),
            limits,
            skipped: None,
            numbering: Numbering::default(),
            remembered: BTreeMap::new(),
            inlined: 0,
            failed: None,
        })
    }

    /// Goes on at `offset`, anywhere behind the *first* object for which [`read_object`](Self::read_object) has given an error;
    /// whether there was one. May be called again for another place.
    ///
    /// What that object would have assigned handles to is unknown. So up to the next reset an object can be read here only if it
    /// refers to nothing behind that one.
    pub fn resume(&mut self, offset: usize) -> bool {
        let (Some(mark), Ok(scanner)) = (self.failed, Scanner::new(self.scanner.source(), offset)) else {
            return false;
        };
        self.decoder.lose_count_at(mark);
        self.remembered.retain(|node, _| node.index() < mark.nodes);
        self.skipped = None;
        self.block = 0;
        self.scanner = scanner;
        true
    }

    /// Where the next byte is, from the start of the stream.
    pub fn offset(&self) -> usize {
        self.scanner.position()
    }

    /// Whether nothing is left but resets and empty blocks.
    pub fn at_end(&self) -> bool {
        let mut ahead = self.scanner;
        self.block == 0
            && loop {
                match ahead.rest() {
                    [] => break true,
                    [RESET, ..] => _ = ahead.u8("a reset"),
                    [BLOCK, 0, ..] | [LONG_BLOCK, 0, 0, 0, 0, ..] => _ = block(&mut ahead),
                    _ => break false,
                }
            }
    }

    /// Reads resets and heads of blocks, up to the next byte of a block (`true`) or something else.
    fn fill(&mut self) -> Result<bool, DecodeError> {
        while self.block == 0 {
            match self.scanner.peek() {
                Some(RESET) => {
                    self.scanner.u8("a reset")?;
                    self.reset();
                }
                Some(BLOCK | LONG_BLOCK) => {
                    let mut ahead = self.scanner;
                    let data = block(&mut ahead)?;
                    let head = ahead.position() - data.len() - self.scanner.position();
                    self.scanner.take(head, "block data")?;
                    self.block = data.len();
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn reset(&mut self) {
        match self.failed {
            None => self.decoder.forget(),
            // What was before is still needed if this goes on somewhere else.
            Some(_) => self.decoder.reset(),
        }
        self.skipped = None;
        self.remembered.clear();
    }

    fn fill_with(&mut self, target: &mut [u8], expected: &'static str) -> Result<(), DecodeError> {
        let mut left = target;
        while !left.is_empty() {
            if !self.fill()? {
                return Err(self.scanner.expected(expected));
            }
            let count = self.block.min(left.len());
            let (now, later) = left.split_at_mut(count);
            now.copy_from_slice(self.scanner.take(count, expected)?);
            self.block -= count;
            left = later;
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        self.fill_with(&mut array, expected)?;
        Ok(array)
    }

    /// Reads a `boolean`.
    ///
    /// # Errors
    /// As all these methods: the block data ends, or an object stands here.
    pub fn read_bool(&mut self) -> Result<bool, DecodeError> {
        self.array("a boolean").map(|[byte]| byte != 0)
    }

    /// Reads a `byte`, unsigned.
    pub fn read_u8(&mut self) -> Result<u8, DecodeError> {
        self.array("a byte").map(|[byte]| byte)
    }

    /// Reads a `short`.
    pub fn read_i16(&mut self) -> Result<i16, DecodeError> {
        self.array("a short").map(i16::from_be_bytes)
    }

    /// Reads an unsigned `short`.
    pub fn read_u16(&mut self) -> Result<u16, DecodeError> {
        self.array("an unsigned short").map(u16::from_be_bytes)
    }

    /// Reads an `int`.
    pub fn read_i32(&mut self) -> Result<i32, DecodeError> {
        self.array("an int").map(i32::from_be_bytes)
    }

    /// Reads a `long`.
    pub fn read_i64(&mut self) -> Result<i64, DecodeError> {
        self.array("a long").map(i64::from_be_bytes)
    }

    /// Reads a `float`.
    pub fn read_f32(&mut self) -> Result<f32, DecodeError> {
        self.array("a float").map(f32::from_be_bytes)
    }

    /// Reads a `double`.
    pub fn read_f64(&mut self) -> Result<f64, DecodeError> {
        self.array("a double").map(f64::from_be_bytes)
    }

    /// Reads so many bytes.
    pub fn read_bytes(&mut self, count: usize) -> Result<Vec<u8>, DecodeError> {
        if count > self.scanner.remaining() {
            let found = Found::Number(count as i64);
            return Err(DecodeError::expected(self.offset(), "no more bytes than there are", found));
        }
        let mut bytes = alloc::vec![0; count];
        self.fill_with(&mut bytes, "bytes")?;
        Ok(bytes)
    }

    /// Reads a text that `writeUTF` wrote.
    ///
    /// # Errors
    /// As above; also a text with a lone surrogate, which Rust's texts cannot hold.
    pub fn read_utf(&mut self) -> Result<String, DecodeError> {
        let at = self.offset();
        let len = self.read_u16()?;
        let bytes = self.read_bytes(len.into())?;
        match modified_utf8::decode(&bytes) {
            Some(text) => Ok(text.into_owned()),
            None => Err(DecodeError::expected(at, "a text in modified UTF-8", Found::Text("other bytes"))),
        }
    }

    /// Reads an object, or null.
    ///
    /// # Errors
    /// Primitive values are left in the block, the stream ends, or the object is malformed or exceeds the limits.
    pub fn read_object(&mut self) -> Result<Read, DecodeError> {
        self.object(false)?.map_err(|refused| refused.fault)
    }

    /// As [`read_object`](Self::read_object), but an object that is refused although its end can be found is no error (`Ok(Err)`):
    /// the stream goes on behind it.
    ///
    /// # Errors
    /// As `read_object`, for what breaks off or is no object at all.
    pub fn read_or_refuse(&mut self) -> Result<Result<Read, Refused>, DecodeError> {
        self.object(true)
    }

    fn object(&mut self, refuses: bool) -> Result<Result<Read, Refused>, DecodeError> {
        let blocked = self.fill();
        if !matches!(blocked, Ok(false)) {
            self.decode_skipped()?;
            self.failed.get_or_insert(self.decoder.mark());
            blocked?;
            let found = Found::Text("primitive values");
            return Err(DecodeError::expected(self.offset(), "an object", found));
        }
        let fresh = self.decoder.handles() == 0 && self.skipped.is_none();
        let start = self.scanner;
        if fresh && let Some((handles, len)) = read_quick(start.rest(), &self.limits) {
            let body = self.scanner.take(len, "an object")?;
            self.skipped = (handles > 0).then_some(start);
            return Ok(Ok(Read::Value(Value::trusted(body, handles, false))));
        }
        self.decode_skipped()?;
        let mark = self.decoder.mark();
        let before = self.decoder.handles();
        let slot = match self.decoder.element(&mut self.scanner) {
            Ok(Element::Whole(slot)) => slot,
            Ok(Element::Lost { .. }) => {
                self.reset();
                return Ok(Ok(Read::Exception));
            }
            Err(fault) => {
                // Of an object that breaks off, half a node is left, which nothing may refer to.
                self.decoder.back_to(mark);
                let outline = if refuses { self.outline(start) } else { None };
                return match outline {
                    Some(slot) => Ok(Err(self.refused(slot, start, fault))),
                    None => {
                        self.decoder.back_to(mark);
                        self.failed.get_or_insert(mark);
                        Err(fault)
                    }
                };
            }
        };
        if fresh || !self.decoder.references {
            let body = &start.rest()[..self.scanner.position() - start.position()];
            let handles = (self.decoder.handles() - before) as u32;
            return Ok(Ok(Read::Value(Value::trusted(body, handles, self.decoder.references))));
        }
        match self.cut(slot, start.position()) {
            Ok(value) => Ok(Ok(Read::Value(value))),
            Err(fault) if refuses => Ok(Err(self.refused(slot, start, fault))),
            Err(fault) => {
                self.failed.get_or_insert(mark);
                Err(fault)
            }
        }
    }

    /// Decodes what was read without the decoder, for references to it.
    fn decode_skipped(&mut self) -> Result<(), DecodeError> {
        self.decoder.grant(self.scanner.source().len() / 4);
        match self.skipped.take() {
            Some(mut skipped) => self.decoder.element(&mut skipped).map(drop),
            None => Ok(()),
        }
    }

    /// Reads an object once more, for its end alone.
    fn outline(&mut self, start: Scanner<'a>) -> Option<Slot> {
        let mut scanner = start;
        let Ok(Element::Whole(slot)) = self.decoder.outline(&mut scanner) else { return None };
        self.scanner = scanner;
        Some(slot)
    }

    /// The object between `start` and here is not taken.
    fn refused(&self, slot: Slot, start: Scanner<'a>, fault: DecodeError) -> Refused {
        let node = slot.map(|id| Node::new(&self.decoder.graph, self.scanner.source(), id));
        let class = node.and_then(Node::class_name).map(|name| name.into_owned());
        let bytes = start.rest()[..self.scanner.position() - start.position()].to_vec();
        Refused { fault, class, bytes }
    }

    /// Writes an object with all that it shares as a value of its own.
    fn cut(&mut self, slot: Slot, at: usize) -> Result<Value, DecodeError> {
        if let Some(value) = slot.and_then(|node| self.remembered.get(&node)) {
            return Ok(value.clone());
        }
        let source = self.scanner.source();
        let mut body = Vec::new();
        self.numbering.clear();
        let mut encoder = Encoder::new(&self.decoder.graph, source, &mut self.numbering, &mut body, self.limits.depth);
        let whole = encoder.element(slot);
        whole.map_err(|_| DecodeError::limit(at, "objects inside each other", self.limits.depth))?;
        self.inlined += body.len();
        let allowed = source.len().saturating_mul(INLINED_FACTOR).saturating_add(INLINED_MORE).min(u32::MAX as usize);
        if self.inlined > allowed {
            return Err(DecodeError::limit(at, "bytes in objects that share others", allowed));
        }
        let value = Value::trusted(&body, self.numbering.handles(), self.numbering.references());
        if let Some(node) = slot.filter(|_| value.byte_len() > REMEMBERED_MIN) {
            self.remembered.insert(node, value.clone());
        }
        Ok(value)
    }
}
