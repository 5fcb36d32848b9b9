//! The boxes of primitive values, whose bytes are constant but for the value.
//!
//! Most attributes of a session are one of these or a string, so they are recognised, read and written by comparing bytes, without
//! a graph.

use alloc::vec::Vec;

use crate::protocol::{NULL, OBJECT};

/// A boxed primitive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Boxed {
    Boolean(bool),
    Byte(i8),
    Character(u16),
    Double(f64),
    Float(f32),
    Integer(i32),
    Long(i64),
    Short(i16),
}

/// Which class a box is of. The order is that of `DESCRIPTORS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum BoxKind {
    Boolean,
    Byte,
    Character,
    Double,
    Float,
    Integer,
    Long,
    Short,
}

pub(crate) const BOX_KINDS: [BoxKind; 8] = [
    BoxKind::Boolean,
    BoxKind::Byte,
    BoxKind::Character,
    BoxKind::Double,
    BoxKind::Float,
    BoxKind::Integer,
    BoxKind::Long,
    BoxKind::Short,
];

/// The descriptors, from their tag to the tag of the superclass; numbers go on with `NUMBER`, others with null.
const DESCRIPTORS: [&[u8]; 8] = [
    b"\x72\0\x11java.lang.Boolean\xcd\x20\x72\x80\xd5\x9c\xfa\xee\x02\0\x01Z\0\x05value\x78",
    b"\x72\0\x0ejava.lang.Byte\x9c\x4e\x60\x84\xee\x50\xf5\x1c\x02\0\x01B\0\x05value\x78",
    b"\x72\0\x13java.lang.Character\x34\x8b\x47\xd9\x6b\x1a\x26\x78\x02\0\x01C\0\x05value\x78",
    b"\x72\0\x10java.lang.Double\x80\xb3\xc2\x4a\x29\x6b\xfb\x04\x02\0\x01D\0\x05value\x78",
    b"\x72\0\x0fjava.lang.Float\xda\xed\xc9\xa2\xdb\x3c\xf0\xec\x02\0\x01F\0\x05value\x78",
    b"\x72\0\x11java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81\x87\x38\x02\0\x01I\0\x05value\x78",
    b"\x72\0\x0ejava.lang.Long\x3b\x8b\xe4\x90\xcc\x8f\x23\xdf\x02\0\x01J\0\x05value\x78",
    b"\x72\0\x0fjava.lang.Short\x68\x4d\x37\x13\x34\x60\xda\x52\x02\0\x01S\0\x05value\x78",
];

/// The descriptor of `java.lang.Number` to its end.
pub(crate) const NUMBER: &[u8] = b"\x72\0\x10java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\x02\0\0\x78\x70";

impl BoxKind {
    pub(crate) fn descriptor(self) -> &'static [u8] {
        DESCRIPTORS[self as usize]
    }

    /// Whether the superclass is `java.lang.Number`; otherwise there is none.
    pub(crate) fn is_number(self) -> bool {
        !matches!(self, BoxKind::Boolean | BoxKind::Character)
    }

    /// The handles that a box in full takes: the class, `Number`, the object.
    pub(crate) fn handles(self) -> u32 {
        if self.is_number() { 3 } else { 2 }
    }

    /// Bytes of a box in full.
    pub(crate) fn body_len(self) -> usize {
        1 + self.descriptor().len() + if self.is_number() { NUMBER.len() } else { 1 } + self.width()
    }

    pub(crate) fn width(self) -> usize {
        match self {
            BoxKind::Boolean | BoxKind::Byte => 1,
            BoxKind::Character | BoxKind::Short => 2,
            BoxKind::Float | BoxKind::Integer => 4,
            BoxKind::Double | BoxKind::Long => 8,
        }
    }

    fn value(self, bytes: &[u8]) -> Option<Boxed> {
        Some(match self {
            // Java takes any byte but 0 for true; such a box is kept as the object it is, to come out as it came in.
            BoxKind::Boolean => match bytes {
                [0] => Boxed::Boolean(false),
                [1] => Boxed::Boolean(true),
                _ => return None,
            },
            BoxKind::Byte => Boxed::Byte(i8::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Character => Boxed::Character(u16::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Double => Boxed::Double(f64::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Float => Boxed::Float(f32::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Integer => Boxed::Integer(i32::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Long => Boxed::Long(i64::from_be_bytes(bytes.try_into().ok()?)),
            BoxKind::Short => Boxed::Short(i16::from_be_bytes(bytes.try_into().ok()?)),
        })
    }
}

/// A class that boxes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoxClass {
    Box(BoxKind),
    /// `java.lang.Number`, the superclass of most.
    Number,
}

impl BoxClass {
    /// The class of a descriptor, by its bytes up to the tag of its superclass.
    pub(crate) fn of_descriptor(bytes: &[u8]) -> Option<BoxClass> {
        if NUMBER.strip_suffix(&[NULL]) == Some(bytes) {
            return Some(BoxClass::Number);
        }
        BOX_KINDS.into_iter().find(|kind| kind.descriptor() == bytes).map(BoxClass::Box)
    }

    /// Whether the superclass is `java.lang.Number`; otherwise there is none.
    pub(crate) fn is_below_number(self) -> bool {
        matches!(self, BoxClass::Box(kind) if kind.is_number())
    }
}

impl Boxed {
    /// How deep a box in full lies: the object, its class, `Number`.
    pub(crate) const DEPTH: usize = 3;

    pub(crate) fn kind(self) -> BoxKind {
        match self {
            Boxed::Boolean(_) => BoxKind::Boolean,
            Boxed::Byte(_) => BoxKind::Byte,
            Boxed::Character(_) => BoxKind::Character,
            Boxed::Double(_) => BoxKind::Double,
            Boxed::Float(_) => BoxKind::Float,
            Boxed::Integer(_) => BoxKind::Integer,
            Boxed::Long(_) => BoxKind::Long,
            Boxed::Short(_) => BoxKind::Short,
        }
    }

    /// The box of a kind with this value, which is as wide as the kind is.
    pub(crate) fn of_bytes(kind: BoxKind, bytes: &[u8]) -> Option<Boxed> {
        kind.value(bytes)
    }

    /// The box in full, as an object of its own.
    pub(crate) fn to_body(self) -> Vec<u8> {
        let kind = self.kind();
        let mut body = Vec::with_capacity(kind.body_len());
        body.push(OBJECT);
        body.extend_from_slice(kind.descriptor());
        body.extend_from_slice(if kind.is_number() { NUMBER } else { &[NULL] });
        self.write_value(&mut body);
        body
    }

    /// Appends the value alone.
    pub(crate) fn write_value(self, out: &mut Vec<u8>) {
        match self {
            Boxed::Boolean(value) => out.push(value.into()),
            Boxed::Byte(value) => out.push(value as u8),
            Boxed::Character(value) => out.extend_from_slice(&value.to_be_bytes()),
            Boxed::Double(value) => out.extend_from_slice(&value.to_be_bytes()),
            Boxed::Float(value) => out.extend_from_slice(&value.to_be_bytes()),
            Boxed::Integer(value) => out.extend_from_slice(&value.to_be_bytes()),
            Boxed::Long(value) => out.extend_from_slice(&value.to_be_bytes()),
            Boxed::Short(value) => out.extend_from_slice(&value.to_be_bytes()),
        }
    }

    /// The number, if it is an integer.
    pub(crate) fn integer(self) -> Option<i64> {
        match self {
            Boxed::Byte(value) => Some(value.into()),
            Boxed::Short(value) => Some(value.into()),
            Boxed::Integer(value) => Some(value.into()),
            Boxed::Long(value) => Some(value),
            Boxed::Boolean(_) | Boxed::Character(_) | Boxed::Double(_) | Boxed::Float(_) => None,
        }
    }

    /// The number by which `valueOf` finds a box that all share; `None` where each is an object of its own.
    ///
    /// Source: Java Language Specification 5.1.7, and `valueOf` of the classes.
    pub(crate) fn cached(self) -> Option<i8> {
        match self {
            Boxed::Boolean(value) => Some(value.into()),
            Boxed::Byte(value) => Some(value),
            Boxed::Character(value) => i8::try_from(value).ok(),
            Boxed::Integer(value) => i8::try_from(value).ok(),
            Boxed::Long(value) => i8::try_from(value).ok(),
            Boxed::Short(value) => i8::try_from(value).ok(),
            Boxed::Double(_) | Boxed::Float(_) => None,
        }
    }

    /// The box that these bytes begin with, if it is one in full, and how many bytes it takes.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Boxed, usize)> {
        // The name's first letter and its length tell the classes apart.
        let name = bytes.strip_prefix(b"\x73\x72\0")?;
        let kind = match (name.first()?, name.get(11)?) {
            (0x11, b'I') => BoxKind::Integer,
            (0x0e, b'L') => BoxKind::Long,
            (0x11, b'B') => BoxKind::Boolean,
            (0x10, b'D') => BoxKind::Double,
            (0x0f, b'F') => BoxKind::Float,
            (0x0f, b'S') => BoxKind::Short,
            (0x0e, b'B') => BoxKind::Byte,
            (0x13, b'C') => BoxKind::Character,
            _ => return None,
        };
        let rest = bytes.get(1..)?.strip_prefix(kind.descriptor())?;
        let rest = rest.strip_prefix(if kind.is_number() { NUMBER } else { b"\x70" })?;
        let value = kind.value(rest.get(..kind.width())?)?;
        Some((value, bytes.len() - rest.len() + kind.width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_box_is_read_as_it_is_written() {
        for (index, kind) in BOX_KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            let mut bytes = Vec::from([0x73]);
            bytes.extend_from_slice(kind.descriptor());
            bytes.extend_from_slice(if kind.is_number() { NUMBER } else { b"\x70" });
            assert_eq!(Boxed::read(&bytes), None);
            bytes.extend((0..kind.width()).map(|byte| byte as u8 + 1));
            let (value, len) = Boxed::read(&bytes).expect("a box");
            assert_eq!((value.kind(), len), (kind, bytes.len()));
            let mut tail = Vec::new();
            value.write_value(&mut tail);
            assert!(bytes.ends_with(&tail), "{value:?}");
        }
    }

    /// Found by fuzzing.
    #[test]
    fn a_boolean_of_another_byte_than_java_writes_is_true_and_comes_out_as_it_came_in() {
        let mut body = crate::Value::boolean(true).to_bytes().into_owned();
        let (last, _) = body.split_last_mut().expect("a box has bytes");
        *last = 0x5a;
        let value = crate::Value::from_bytes(&body, &crate::Limits::default()).expect("a Boolean");
        assert_eq!(value.to_serde::<bool>(), Ok(true));
        assert_eq!(value.view(), crate::JavaView::Boolean(true));
        let mut output = crate::ObjectOutput::new();
        output.write_value(&value);
        let bytes = output.finish();
        let mut input = crate::ObjectInput::new(&bytes, crate::Limits::default()).expect("a stream");
        assert_eq!(input.read_object(), Ok(crate::Read::Value(value)));
    }
}
