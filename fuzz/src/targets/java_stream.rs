//! Java object streams, whole.
//!
//! - A stream that is read is written as the same bytes, also its first element alone.
//! - Read piece by piece it gives values that stand on their own: checked again they are the same, and so is their graph.
//! - Everything can be shown, as JSON too.

use outlive_serial::{Item, Limits, ObjectInput, Read, Stream, Value};

use super::java_value::show;
use crate::memory::{SHARED_OBJECTS, bounded};
use crate::vectors::Vectors;

/// Bytes of values that are looked at closely: one long object in many places need not be seen a million times.
const VALUES_MAX: usize = 1 << 20;

/// The target.
pub fn run(data: &[u8]) {
    check(data, |bytes| Stream::decode(bytes, &Limits::default()).ok().map(|stream| stream.encode()));
    check_first(data);
    check_values(data);
}

/// Whether what `rewrite` reads and writes stays the same bytes.
pub fn check(data: &[u8], rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    if let Some(again) = bounded(data.len(), 0, || rewrite(data)) {
        assert_eq!(again, data, "a stream is written as it was read");
    }
}

fn check_first(data: &[u8]) {
    let Ok((stream, length)) = Stream::decode_prefix(data, &Limits::default()) else { return };
    assert_eq!(stream.encode(), data[..length], "one element is written as it was read");
    assert_eq!(stream.items().count(), 1);
    for item in stream.items() {
        match item {
            Item::Object(Some(node)) | Item::Exception(Some(node)) => show(&node.view()),
            _ => {}
        }
    }
}

fn check_values(data: &[u8]) {
    for value in bounded(data.len(), SHARED_OBJECTS, || values(data)) {
        let again = Value::from_bytes(&value.to_bytes(), &Limits::default());
        assert_eq!(again.as_ref(), Ok(&value), "a value stands on its own");
        let graph = value.graph();
        assert_eq!(graph.encode()[4..], *value.to_bytes(), "its graph is written as the same bytes");
        if let Some(root) = graph.root() {
            assert_eq!(root.to_value(), value, "its graph is the value");
        }
    }
}

/// The objects in the stream. Where none stands, a byte of a block is skipped.
fn values(data: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let Ok(mut input) = ObjectInput::new(data, Limits::default()) else { return values };
    let mut left = VALUES_MAX;
    while !input.at_end() {
        let before = input.offset();
        match input.read_object() {
            Ok(Read::Value(value)) => {
                let Some(less) = left.checked_sub(value.byte_len()) else { break };
                left = less;
                values.push(value);
            }
            Ok(Read::Exception) => {}
            Err(_) if input.read_u8().is_ok() => {}
            Err(_) => break,
        }
        assert!(input.offset() > before, "what is read is behind");
    }
    values
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    let all = [&vectors.java, &vectors.messages, &vectors.rpc].into_iter().flatten().cloned();
    all.chain(vectors.payloads(None)).filter(|bytes| bytes.len() < 8 << 10).collect()
}
