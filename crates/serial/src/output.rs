//! Writing what `ObjectOutputStream` would write piece by piece.

use alloc::vec::Vec;

use crate::boxes::Boxed;
use crate::error::TooLong;
use crate::modified_utf8;
use crate::protocol::*;
use crate::share::Sharing;
use crate::share::joined::is_text;
use crate::value::Value;

/// What a delta of few attributes takes.
const ROOM: usize = 256;

/// Writes a stream that mixes primitive values and objects; [`ObjectInput`](crate::ObjectInput) reads it, and so does Java.
///
/// Blocks are cut where Java cuts them. Boxes of primitives share their descriptors, and themselves where `valueOf` gives the same
/// object twice, as they do when Java writes them. Any other value stands as it is, behind a reset where it has references inside.
#[derive(Debug)]
pub struct ObjectOutput {
    out: Vec<u8>,
    /// Where the block in writing begins, with the two bytes of a short block's head.
    block: Option<usize>,
    sharing: Sharing,
}

impl ObjectOutput {
    /// Begins with the header.
    pub fn new() -> Self {
        let mut out = Vec::with_capacity(ROOM);
        out.extend_from_slice(&HEADER);
        ObjectOutput { out, block: None, sharing: Sharing::default() }
    }

    fn primitive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let start = match self.block {
                Some(start) => start,
                None => {
                    let start = self.out.len();
                    self.out.extend_from_slice(&[BLOCK, 0]);
                    *self.block.insert(start)
                }
            };
            let room = BLOCK_MAX - (self.out.len() - start - 2);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.out.extend_from_slice(now);
            bytes = later;
            if now.len() == room {
                self.drain();
            }
        }
    }

    /// Ends the block in writing.
    fn drain(&mut self) {
        let Some(start) = self.block.take() else { return };
        let head = start..start + 2;
        let len = self.out.len() - head.end;
        match u8::try_from(len) {
            Ok(len) => self.out[head.end - 1] = len,
            Err(_) => {
                // At most `BLOCK_MAX`.
                let [a, b, c, d] = (len as u32).to_be_bytes();
                self.out.splice(head, [LONG_BLOCK, a, b, c, d]);
            }
        }
    }

    /// Writes a `boolean`.
    pub fn write_bool(&mut self, value: bool) {
        self.primitive(&[value.into()]);
    }

    /// Writes a `byte`.
    pub fn write_u8(&mut self, value: u8) {
        self.primitive(&[value]);
    }

    /// Writes a `short`.
    pub fn write_i16(&mut self, value: i16) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes an unsigned `short`.
    pub fn write_u16(&mut self, value: u16) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes an `int`.
    pub fn write_i32(&mut self, value: i32) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes a `long`.
    pub fn write_i64(&mut self, value: i64) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes a `float`.
    pub fn write_f32(&mut self, value: f32) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes a `double`.
    pub fn write_f64(&mut self, value: f64) {
        self.primitive(&value.to_be_bytes());
    }

    /// Writes bytes as they are.
    pub fn write_bytes(&mut self, bytes: &[u8]) {
        self.primitive(bytes);
    }

    /// Writes a text as `writeUTF` does.
    ///
    /// # Errors
    /// The text is longer than 65535 bytes; nothing was written.
    pub fn write_utf(&mut self, text: &str) -> Result<(), TooLong> {
        let bytes = modified_utf8::encode(text);
        let len = u16::try_from(bytes.len()).map_err(|_| TooLong { bytes: bytes.len() })?;
        self.write_u16(len);
        self.primitive(&bytes);
        Ok(())
    }

    /// Writes null where an object may stand.
    pub fn write_null(&mut self) {
        self.drain();
        self.out.push(NULL);
    }

    /// Writes a `java.lang.Boolean`.
    pub fn write_boolean_object(&mut self, value: bool) {
        self.boxed(Boxed::Boolean(value));
    }

    /// Writes a `java.lang.Integer`.
    pub fn write_integer_object(&mut self, value: i32) {
        self.boxed(Boxed::Integer(value));
    }

    /// Writes a `java.lang.Long`.
    pub fn write_long_object(&mut self, value: i64) {
        self.boxed(Boxed::Long(value));
    }

    fn boxed(&mut self, value: Boxed) {
        self.drain();
        self.sharing.boxed(value, &mut self.out);
    }

    /// Writes a `java.lang.String`.
    pub fn write_string_object(&mut self, text: &str) {
        self.drain();
        self.sharing.string(text, &mut self.out);
    }

    /// Writes any object, or null.
    pub fn write_value(&mut self, value: &Value) {
        self.drain();
        if value.is_null() {
            self.out.push(NULL);
        } else if let Some(boxed) = value.as_boxed() {
            self.sharing.boxed(boxed, &mut self.out);
        } else {
            // Without references inside, bytes mean the same wherever they stand.
            if value.references() && self.sharing.handles() > 0 {
                self.reset();
            }
            self.sharing.paste(value, &mut self.out);
        }
    }

    /// Writes any object, or null, as Java does: what Java has only once (classes, the types of their fields, constants of enums) is
    /// referred to where it stands in the stream already, and nothing is reset. The value is read for that, so this takes longer than
    /// [`write_value`](Self::write_value).
    pub fn write_joined(&mut self, value: &Value) {
        self.drain();
        let plain = value.is_null() || value.as_boxed().is_some();
        if plain || !self.sharing.joined(value, &mut self.out) {
            self.write_value(value);
        }
    }

    /// Writes an object that is one wherever it stands, as a text is that comes from a program's source: the first time in full.
    pub fn write_constant(&mut self, value: &Value) {
        self.drain();
        match is_text(value) {
            true => self.sharing.constant(value, &mut self.out),
            false => self.write_joined(value),
        }
    }

    /// Makes the reader forget all handles.
    pub fn reset(&mut self) {
        self.drain();
        self.out.push(RESET);
        self.sharing = Sharing::default();
    }

    /// The stream.
    pub fn finish(mut self) -> Vec<u8> {
        self.drain();
        self.out
    }
}

impl Default for ObjectOutput {
    fn default() -> Self {
        ObjectOutput::new()
    }
}
