//! The few words of Java object streams that Tribes' own messages are made of.
//!
//! Source: Java Object Serialization Specification, "Object Serialization Stream Protocol".

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::DecodeError;
use crate::wire::reader::Reader;

pub(crate) const STREAM_HEADER: &[u8] = &[0xac, 0xed, 0, 5];
pub(crate) const NULL: u8 = 0x70;
pub(crate) const CLASS: u8 = 0x72;
pub(crate) const OBJECT: u8 = 0x73;
pub(crate) const STRING: u8 = 0x74;
pub(crate) const ARRAY: u8 = 0x75;
pub(crate) const BLOCK: u8 = 0x77;
pub(crate) const END_BLOCK: u8 = 0x78;
pub(crate) const BLOCK_LONG: u8 = 0x7a;
/// Serializable, as its fields.
pub(crate) const SERIALIZABLE: u8 = 0x02;
/// Externalizable, in block data.
const EXTERNALIZABLE: u8 = 0x0c;
/// Java cuts block data into pieces of this many bytes.
const BLOCK_LIMIT: usize = 1024;

pub(crate) fn class_name(reader: &mut Reader<'_>) -> Result<Bytes, DecodeError> {
    let length = reader.u16("a class name")?;
    reader.slice(length.into(), "a class name")
}

/// What follows the name of a class that is Externalizable and has no fields. Any serialVersionUID will do; gives it.
pub(crate) fn external_class(reader: &mut Reader<'_>) -> Result<i64, DecodeError> {
    let uid = reader.i64("a serialVersionUID")?;
    reader.constant(&[EXTERNALIZABLE, 0, 0, END_BLOCK], "an Externalizable class without fields")?;
    Ok(uid)
}

/// The block data from here on, joined.
pub(crate) fn block_data(reader: &mut Reader<'_>) -> Result<Bytes, DecodeError> {
    let mut joined = BytesMut::new();
    let mut first = Bytes::new();
    loop {
        let piece = if reader.constant(&[BLOCK], "").is_ok() {
            let length = reader.u8("a block's length")?;
            reader.slice(length.into(), "a block that fits into the stream")?
        } else if reader.constant(&[BLOCK_LONG], "").is_ok() {
            reader.sized("a block that fits into the stream")?
        } else if joined.is_empty() {
            return Ok(first);
        } else {
            return Ok(joined.freeze());
        };
        if first.is_empty() {
            first = piece;
        } else {
            if joined.is_empty() {
                joined.put_slice(&first);
            }
            joined.put_slice(&piece);
        }
    }
}

pub(crate) fn put_external_class(stream: &mut BytesMut, name: &[u8], uid: i64) {
    stream.put_u16(name.len() as u16);
    stream.put_slice(name);
    stream.put_i64(uid);
    stream.put_slice(&[EXTERNALIZABLE, 0, 0, END_BLOCK]);
}

pub(crate) fn put_block_data(stream: &mut BytesMut, content: &[u8]) {
    for piece in content.chunks(BLOCK_LIMIT) {
        match u8::try_from(piece.len()) {
            Ok(length) => stream.put_slice(&[BLOCK, length]),
            Err(_) => {
                stream.put_u8(BLOCK_LONG);
                stream.put_i32(piece.len() as i32);
            }
        }
        stream.put_slice(piece);
    }
}
