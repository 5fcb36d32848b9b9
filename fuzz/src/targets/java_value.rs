//! One Java object on its own: an attribute of a session.
//!
//! - Bytes that are taken are the bytes of the value, and of its graph.
//! - It can be shown, as JSON that a JSON parser takes; and asked for as any Rust type, where an error is an answer too.
//! - What it says as JSON becomes a Java object that says the same.
//! - In a stream, behind and before others, it is read as the same value.

use std::collections::BTreeMap;

use outlive_serial::{JavaView, Limits, ObjectInput, ObjectOutput, Read, Value};
use serde::de::IgnoredAny;

use crate::memory::{SHARED_OBJECTS, bounded};
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    let value = bounded(data.len(), 0, || Value::from_bytes(data, &Limits::default()));
    let Ok(value) = value else { return };
    assert_eq!(value.to_bytes(), data);
    assert_eq!(value.byte_len(), data.len());
    assert_eq!(value.graph().encode()[4..], *data, "its graph is written as the same bytes");
    show(&bounded(data.len(), SHARED_OBJECTS, || value.view()));
    check_serde(&value);
    check_in_stream(&value);
}

/// Shows a view in all ways.
pub(crate) fn show(view: &JavaView) {
    let json = serde_json::to_string(view).expect("a view is JSON");
    serde_json::from_str::<IgnoredAny>(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let _ = view.words();
}

fn check_serde(value: &Value) {
    let _ = value.to_serde::<IgnoredAny>();
    let _ = value.to_serde::<Vec<Option<String>>>();
    let _ = value.to_serde::<BTreeMap<String, Vec<i64>>>();
    let _ = value.to_serde::<(i8, f64, char, bool)>();
    let _ = value.to_serde::<serde_bytes::ByteBuf>();
    let _ = value.to_serde::<Result<u8, String>>();
    if let Ok(json) = value.to_serde::<serde_json::Value>()
        && let Ok(again) = Value::from_serde(&json)
    {
        assert_eq!(again.to_serde::<serde_json::Value>().as_ref(), Ok(&json), "as a Java object it says the same");
    }
}

/// Between two strings and behind itself: handles count up, and a value with references must not mean the wrong ones.
fn check_in_stream(value: &Value) {
    let text = Value::string("between");
    let written = [&text, value, &text, value];
    let mut output = ObjectOutput::new();
    written.iter().for_each(|value| output.write_value(value));
    let bytes = output.finish();
    let mut input = ObjectInput::new(&bytes, Limits::default()).expect("it begins as a stream");
    for value in written {
        assert_eq!(input.read_object(), Ok(Read::Value(value.clone())), "read from a stream it is the same");
    }
    assert!(input.at_end());
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    let bytes = vectors.values().into_iter().map(|value| value.to_bytes().into_owned());
    bytes.filter(|bytes| bytes.len() < 4 << 10).collect()
}
