//! Writing objects of known classes, with handles shared as Java's own writer shares them.

pub(crate) mod joined;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::boxes::{Boxed, NUMBER};
use crate::encode::{Encoder, Numbering};
use crate::modified_utf8;
use crate::protocol::*;
use crate::stream::Stream;
use crate::value::Value;

/// A class that is written here and is no box. The order is that of `KNOWN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Known {
    ArrayList,
    ByteArray,
    Date,
    HashMap,
    LinkedHashMap,
}

/// Descriptors from the tag to the end of their annotation, and the superclass.
const KNOWN: [(&[u8], Option<Known>); 5] = [
    (b"\x72\0\x13java.util.ArrayList\x78\x81\xd2\x1d\x99\xc7\x61\x9d\x03\0\x01I\0\x04size\x78", None),
    (b"\x72\0\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\0\0\x78", None),
    (b"\x72\0\x0ejava.util.Date\x68\x6a\x81\x01\x4b\x59\x74\x19\x03\0\0\x78", None),
    (
        b"\x72\0\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\0\x02F\0\x0aloadFactorI\0\x09threshold\x78",
        None,
    ),
    (
        b"\x72\0\x17java.util.LinkedHashMap\x34\xc0\x4e\x5c\x10\x6c\xc0\xfb\x02\0\x01Z\0\x0baccessOrder\x78",
        Some(Known::HashMap),
    ),
];

/// Which handles name what, in a stream that is being written.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    next: u32,
    references: bool,
    number: Option<u32>,
    boxes: [Option<u32>; 8],
    known: [Option<u32>; KNOWN.len()],
    /// The boxes that `valueOf` keeps, by class and value.
    cached: BTreeMap<(u8, i8), u32>,
    /// What else Java has only once, by its bytes in a stream of its own. See [`joined`].
    unique: BTreeMap<Vec<u8>, u32>,
}

impl Sharing {
    /// How many handles are assigned.
    pub(crate) fn handles(&self) -> u32 {
        self.next
    }

    /// Whether a reference was written.
    pub(crate) fn references(&self) -> bool {
        self.references
    }

    fn assign(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn reference(&mut self, number: u32, out: &mut Vec<u8>) {
        self.references = true;
        out.push(REFERENCE);
        out.extend_from_slice(&FIRST_HANDLE.wrapping_add(number).to_be_bytes());
    }

    pub(crate) fn boxed(&mut self, value: Boxed, out: &mut Vec<u8>) {
        let kind = value.kind();
        let key = value.cached().map(|cached| (kind as u8, cached));
        if let Some(number) = key.and_then(|key| self.cached.get(&key)).copied() {
            return self.reference(number, out);
        }
        out.push(OBJECT);
        match self.boxes[kind as usize] {
            Some(number) => self.reference(number, out),
            None => {
                out.extend_from_slice(kind.descriptor());
                self.boxes[kind as usize] = Some(self.assign());
                match self.number {
                    _ if !kind.is_number() => out.push(NULL),
                    Some(number) => self.reference(number, out),
                    None => {
                        out.extend_from_slice(NUMBER);
                        self.number = Some(self.assign());
                    }
                }
            }
        }
        let object = self.assign();
        value.write_value(out);
        if let Some(key) = key {
            self.cached.insert(key, object);
        }
    }

    pub(crate) fn string(&mut self, text: &str, out: &mut Vec<u8>) {
        self.assign();
        write_string(text, out);
    }

    /// Writes the tag and descriptor of an object, and assigns the object's handle.
    pub(crate) fn object(&mut self, class: Known, out: &mut Vec<u8>) {
        out.push(if class == Known::ByteArray { ARRAY } else { OBJECT });
        let mut class = Some(class);
        while let Some(known) = class {
            if let Some(number) = self.known[known as usize] {
                self.reference(number, out);
                break;
            }
            let (descriptor, parent) = KNOWN[known as usize];
            out.extend_from_slice(descriptor);
            self.known[known as usize] = Some(self.assign());
            if parent.is_none() {
                out.push(NULL);
            }
            class = parent;
        }
        self.assign();
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.object(Known::ByteArray, out);
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    }

    /// Writes an object inside another one, where no reset may be: its handles are numbered anew.
    pub(crate) fn value(&mut self, value: &Value, out: &mut Vec<u8>) {
        if value.is_null() {
            return out.push(NULL);
        }
        if let Some(boxed) = value.as_boxed() {
            return self.boxed(boxed, out);
        }
        if let (true, Ok(stream)) = (value.references(), Stream::of_body(value.body())) {
            let mut numbering = Numbering::default();
            numbering.start_at(self.next);
            let (graph, slot) = stream.graph_and_root();
            // Any depth is allowed here; a reader's limit is checked by the reader.
            let _ = Encoder::new(graph, &value.to_bytes(), &mut numbering, out, usize::MAX).element(slot);
            self.next = numbering.handles();
            self.references = true;
            return;
        }
        self.paste(value, out);
    }

    /// Writes an object as it is. It has no references, or the handle table is empty.
    pub(crate) fn paste(&mut self, value: &Value, out: &mut Vec<u8>) {
        out.extend_from_slice(&value.to_bytes());
        self.next += value.handles();
        self.references |= value.references();
    }
}

/// Writes a string in full.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    let len = modified_utf8::encoded_len(text);
    out.reserve(len + 9);
    match u16::try_from(len) {
        Ok(len) => {
            out.push(STRING);
            out.extend_from_slice(&len.to_be_bytes());
        }
        Err(_) => {
            out.push(LONG_STRING);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    modified_utf8::encode_into(text, out);
}

/// Places of numbers that are known only when all elements are written.
#[derive(Debug)]
pub(crate) struct Sizes {
    places: [usize; 2],
    /// `None` for a list.
    map: Option<Known>,
}

impl Sharing {
    /// Begins an ArrayList, of which the elements follow.
    pub(crate) fn begin_list(&mut self, out: &mut Vec<u8>) -> Sizes {
        self.object(Known::ArrayList, out);
        let places = [out.len(), out.len() + 6];
        out.extend_from_slice(&[0, 0, 0, 0, BLOCK, 4, 0, 0, 0, 0]);
        Sizes { places, map: None }
    }

    /// Begins a HashMap or LinkedHashMap, of which keys and values follow.
    pub(crate) fn begin_map(&mut self, class: Known, out: &mut Vec<u8>) -> Sizes {
        self.object(class, out);
        out.extend_from_slice(&0.75_f32.to_be_bytes());
        let places = [out.len(), out.len() + 6];
        out.extend_from_slice(&[0, 0, 0, 0, BLOCK, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        Sizes { places, map: Some(class) }
    }
}

impl Sizes {
    /// Ends what was begun: `count` elements or pairs were written.
    pub(crate) fn end(self, count: u32, out: &mut Vec<u8>) {
        out.push(END_BLOCK);
        if self.map == Some(Known::LinkedHashMap) {
            // accessOrder
            out.push(0);
        }
        let [first, second] = self.places;
        if self.map.is_some() {
            // As a HashMap that was filled with so many entries: at least 16 buckets, three quarters full.
            let least = (u64::from(count) * 4).div_ceil(3);
            let buckets = least.next_power_of_two().clamp(16, 1 << 30) as u32;
            patch(out, first, buckets / 4 * 3);
            patch(out, second, buckets);
            patch(out, second + 4, count);
        } else {
            patch(out, first, count);
            patch(out, second, count);
        }
    }
}

fn patch(out: &mut [u8], at: usize, number: u32) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}
