//! Reading what `ObjectInputStream` would read piece by piece.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use crate::boxes::Boxed;
use crate::decode::{Decoder, Element, Mark, block};
use crate::encode::{Encoder, Numbering};
use crate::error::{DecodeError, Found};
use crate::graph::{NodeId, Slot};
use crate::limits::Limits;
use crate::modified_utf8;
use crate::node::Node;
use crate::protocol::*;
use crate::scan::Scanner;
use crate::simple::{Simple, text_of};
use crate::stream::header;
use crate::value::Value;

/// Values cut out of a stream may be this many times longer than it, all together (a box of 5 bytes becomes one of 81), ...
const INLINED_FACTOR: usize = 64;
/// ... and this much more. What a hostile stream of references can make of itself ends here.
const INLINED_MORE: usize = 16 << 20;
/// A shared object that is longer than this is cut out once, and given as the same value to all who share it.
const REMEMBERED_MIN: usize = 3 + Simple::COPIED_MAX;

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
    inlined_max: usize,
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

/// An object as it is found.
#[derive(Debug)]
enum Raw<'a> {
    Simple(Simple<'a>),
    Value(Value),
    Exception,
}

impl Raw<'_> {
    fn into_read(self) -> Read {
        match self {
            Raw::Simple(simple) => Read::Value(simple.to_value()),
            Raw::Value(value) => Read::Value(value),
            Raw::Exception => Read::Exception,
        }
    }

    /// The Rust value that the object stands for; none for null.
    fn into_serde<T: DeserializeOwned>(self) -> Option<T> {
        match self.into_read() {
            Read::Value(value) if !value.is_null() => value.to_serde().ok(),
            Read::Value(_) | Read::Exception => None,
        }
    }
}

/// How an object is asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Ask {
    /// One that is not taken although its end can be found is no error.
    refuses: bool,
    /// The text of a value is copied, also where others share the value.
    copies: bool,
    /// Without the quick way, which is to give the same: only tests do so.
    slow: bool,
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
            inlined_max: bytes.len().saturating_mul(INLINED_FACTOR).saturating_add(INLINED_MORE).min(u32::MAX as usize),
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
    #[inline]
    fn fill(&mut self) -> Result<bool, DecodeError> {
        match self.scanner.peek() {
            _ if self.block > 0 => Ok(true),
            Some(RESET | BLOCK | LONG_BLOCK) => self.fill_anew(),
            _ => Ok(false),
        }
    }

    fn fill_anew(&mut self) -> Result<bool, DecodeError> {
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
        self.take(Ask::default()).map(Raw::into_read)
    }

    /// As [`read_object`](Self::read_object), but an object that is refused although its end can be found is no error (`Ok(Err)`):
    /// the stream goes on behind it.
    ///
    /// # Errors
    /// As `read_object`, for what breaks off or is no object at all.
    pub fn read_or_refuse(&mut self) -> Result<Result<Read, Refused>, DecodeError> {
        let read = self.read(Ask { refuses: true, ..Ask::default() })?;
        Ok(read.map(Raw::into_read))
    }

    /// Reads an object as [`read_object`](Self::read_object) does, as the integer that [`Value::to_serde`] gives for it. `None` for null, for
    /// an exception, and for an object that is no integer of 64 bits.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object).
    pub fn read_integer_object(&mut self) -> Result<Option<i64>, DecodeError> {
        Ok(match self.take(Ask::default())? {
            Raw::Simple(Simple::Boxed(boxed)) => boxed.integer(),
            other => other.into_serde(),
        })
    }

    /// Reads a `java.lang.Boolean`, in the same way.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object).
    pub fn read_boolean_object(&mut self) -> Result<Option<bool>, DecodeError> {
        Ok(match self.take(Ask::default())? {
            Raw::Simple(Simple::Boxed(Boxed::Boolean(value))) => Some(value),
            other => other.into_serde(),
        })
    }

    /// Reads a string or what [`Value::to_serde`] takes for one, in the same way.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object); also when texts that many refer to were copied too often.
    pub fn read_string_object(&mut self) -> Result<Option<String>, DecodeError> {
        Ok(match self.take(Ask { copies: true, ..Ask::default() })? {
            Raw::Simple(Simple::String(whole)) => {
                text_of(whole).and_then(modified_utf8::decode).map(alloc::borrow::Cow::into_owned)
            }
            other => other.into_serde(),
        })
    }

    /// Reads an object of which nothing is to be kept if it is not taken.
    fn take(&mut self, ask: Ask) -> Result<Raw<'a>, DecodeError> {
        self.read(ask)?.map_err(|refused| refused.fault)
    }

    fn read(&mut self, ask: Ask) -> Result<Result<Raw<'a>, Refused>, DecodeError> {
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
        if !ask.slow
            && fresh
            && let Some((simple, len)) = Simple::read(start.rest(), &self.limits)
        {
            self.scanner.skip(len);
            self.skipped = (simple.handles() > 0).then_some(start);
            return Ok(Ok(Raw::Simple(simple)));
        }
        self.decode_skipped()?;
        let mark = self.decoder.mark();
        if !ask.slow
            && let Some(simple) = self.quick(mark)
        {
            return Ok(Ok(Raw::Simple(simple)));
        }
        let before = self.decoder.handles();
        let slot = match self.decoder.element(&mut self.scanner) {
            Ok(Element::Whole(slot)) => slot,
            Ok(Element::Lost { .. }) => {
                self.reset();
                return Ok(Ok(Raw::Exception));
            }
            Err(fault) => {
                // Of an object that breaks off, half a node is left, which nothing may refer to.
                self.decoder.back_to(mark);
                let outline = if ask.refuses { self.outline(start) } else { None };
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
            return Ok(Ok(Raw::Value(Value::trusted(body, handles, self.decoder.references))));
        }
        match self.cut(slot, start.position(), ask.copies) {
            Ok(value) => Ok(Ok(Raw::Value(value))),
            Err(fault) if ask.refuses => Ok(Err(self.refused(slot, start, fault))),
            Err(fault) => {
                self.failed.get_or_insert(mark);
                Err(fault)
            }
        }
    }

    /// What the decoder can read past its frames. Behind a fault it reads nothing so; nor what no longer fits in what may be inlined,
    /// so that there is one place which refuses it.
    fn quick(&mut self, mark: Mark) -> Option<Simple<'a>> {
        if self.failed.is_some() {
            return None;
        }
        let start = self.scanner;
        let simple = self.decoder.quick(&mut self.scanner)?;
        if self.decoder.references {
            let inlined = self.inlined + simple.byte_len();
            if inlined > self.inlined_max {
                self.decoder.back_to(mark);
                self.scanner = start;
                return None;
            }
            self.inlined = inlined;
        }
        Some(simple)
    }

    /// Decodes what was read without the decoder, for references to it.
    fn decode_skipped(&mut self) -> Result<(), DecodeError> {
        self.decoder.grant(self.scanner.source().len() / 4);
        match self.skipped.take() {
            Some(mut skipped) => {
                self.decoder.reserve(self.scanner.remaining());
                self.decoder.element(&mut skipped).map(drop)
            }
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

    /// Writes an object with all that it shares as a value of its own, or gives the one that was written before. `copies`: that is
    /// copied too, and counts.
    fn cut(&mut self, slot: Slot, at: usize, copies: bool) -> Result<Value, DecodeError> {
        if let Some(value) = slot.and_then(|node| self.remembered.get(&node)).cloned() {
            if copies {
                self.inline(value.byte_len(), at)?;
            }
            return Ok(value);
        }
        let source = self.scanner.source();
        let mut body = Vec::new();
        self.numbering.clear();
        let mut encoder = Encoder::new(&self.decoder.graph, source, &mut self.numbering, &mut body, self.limits.depth);
        let whole = encoder.element(slot);
        whole.map_err(|_| DecodeError::limit(at, "objects inside each other", self.limits.depth))?;
        self.inline(body.len(), at)?;
        let value = Value::trusted(&body, self.numbering.handles(), self.numbering.references());
        if let Some(node) = slot.filter(|_| value.byte_len() > REMEMBERED_MIN) {
            self.remembered.insert(node, value.clone());
        }
        Ok(value)
    }

    /// Counts the bytes of an object that stood there in fewer.
    fn inline(&mut self, bytes: usize, at: usize) -> Result<(), DecodeError> {
        self.inlined += bytes;
        if self.inlined > self.inlined_max {
            return Err(DecodeError::limit(at, "bytes in objects that share others", self.inlined_max));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
