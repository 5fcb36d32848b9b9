//! The numbers of the protocol.
//!
//! Source: Java Object Serialization Specification, chapter 6; `java.io.ObjectStreamConstants`.

/// The first four bytes of every stream: magic and version 5 (which the specification calls protocol version 2).
pub(crate) const HEADER: [u8; 4] = [0xac, 0xed, 0x00, 0x05];
/// The handle that the first object of a stream gets.
pub(crate) const FIRST_HANDLE: u32 = 0x7e_0000;
/// Java's writer cuts block data here.
pub(crate) const BLOCK_MAX: usize = 1024;

pub(crate) const NULL: u8 = 0x70;
pub(crate) const REFERENCE: u8 = 0x71;
pub(crate) const DESCRIPTOR: u8 = 0x72;
pub(crate) const OBJECT: u8 = 0x73;
pub(crate) const STRING: u8 = 0x74;
pub(crate) const ARRAY: u8 = 0x75;
pub(crate) const CLASS: u8 = 0x76;
pub(crate) const BLOCK: u8 = 0x77;
pub(crate) const END_BLOCK: u8 = 0x78;
pub(crate) const RESET: u8 = 0x79;
pub(crate) const LONG_BLOCK: u8 = 0x7a;
pub(crate) const EXCEPTION: u8 = 0x7b;
pub(crate) const LONG_STRING: u8 = 0x7c;
pub(crate) const PROXY: u8 = 0x7d;
pub(crate) const ENUM: u8 = 0x7e;

/// Descriptor flag: the class has a `writeObject` method, so annotation items follow its fields.
pub(crate) const WRITE_METHOD: u8 = 0x01;
/// Descriptor flag: `java.io.Serializable`.
pub(crate) const SERIALIZABLE: u8 = 0x02;
/// Descriptor flag: `java.io.Externalizable`.
pub(crate) const EXTERNALIZABLE: u8 = 0x04;
/// Descriptor flag: the external form is in blocks, so that it can be skipped.
pub(crate) const BLOCK_DATA: u8 = 0x08;
/// Descriptor flag: an enum.
pub(crate) const ENUM_CLASS: u8 = 0x10;

/// What a tag is called in errors.
pub(crate) fn tag_name(tag: u8) -> &'static str {
    match tag {
        NULL => "null",
        REFERENCE => "a reference",
        DESCRIPTOR => "a class descriptor",
        OBJECT => "an object",
        STRING => "a string",
        ARRAY => "an array",
        CLASS => "a class",
        BLOCK | LONG_BLOCK => "block data",
        END_BLOCK => "the end of block data",
        RESET => "a reset",
        EXCEPTION => "an exception",
        LONG_STRING => "a long string",
        PROXY => "a proxy descriptor",
        ENUM => "an enum constant",
        _ => "no tag of the protocol",
    }
}

/// How many bytes a primitive field or array element takes; `None` for objects and arrays (and for what is no type at all).
pub(crate) fn primitive_width(kind: u8) -> Option<u32> {
    match kind {
        b'B' | b'Z' => Some(1),
        b'C' | b'S' => Some(2),
        b'F' | b'I' => Some(4),
        b'D' | b'J' => Some(8),
        _ => None,
    }
}
