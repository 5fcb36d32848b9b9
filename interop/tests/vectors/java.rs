//! Java object streams: the messages themselves, and the streams that they carry as byte arrays.

use std::collections::BTreeMap;

use bytes::Bytes;
use outlive_serial::{Limits, Stream};
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::scenario::{Scenario, scenarios};

/// How each Java object stream begins.
const HEADER: [u8; 4] = [0xac, 0xed, 0, 5];
/// How Java writes the first `byte[]` of a stream, up to its length: the description of its class.
const BYTE_ARRAY: &[u8] =
    &[0x75, 0x72, 0, 2, b'[', b'B', 0xac, 0xf3, 0x17, 0xf8, 0x06, 0x08, 0x54, 0xe0, 0x02, 0, 0, 0x78, 0x70];

/// Each message that is a Java object, with its place. The others are the probes of the failure detector and the two texts of static
/// members.
fn streams() -> Vec<(String, Bytes)> {
    let mut streams = Vec::new();
    for message in scenarios().iter().flat_map(Scenario::messages) {
        let bytes = message.data.message;
        if bytes.starts_with(&HEADER) {
            streams.push((message.place, bytes));
        } else {
            let is_probe = message.data.options == SendOptions::BYTE_MESSAGE;
            assert!(is_probe || bytes.starts_with(b"Local StaticMember "), "{}: {bytes:?}", message.place);
        }
    }
    streams
}

/// The stream inside of a message: the `byte[]` field of a session message.
fn inner(message: &Bytes) -> Option<Bytes> {
    let start = message.windows(BYTE_ARRAY.len()).position(|window| window == BYTE_ARRAY)? + BYTE_ARRAY.len();
    let length = u32::from_be_bytes(message[start..start + 4].try_into().unwrap());
    let inner = message.slice(start + 4..start + 4 + length as usize);
    inner.starts_with(&HEADER).then_some(inner)
}

fn check(place: &str, bytes: &[u8]) -> Stream {
    let stream = Stream::decode(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(stream.encode(), bytes, "{place}");
    stream
}

#[test]
fn messages_encode_to_the_same_bytes() {
    let streams = streams();
    for (place, bytes) in &streams {
        check(place, bytes);
    }
    assert_eq!(streams.len(), 326);
}

#[test]
fn payloads_encode_to_the_same_bytes() {
    let mut seen = 0;
    for (place, bytes) in streams() {
        if let Some(inner) = inner(&bytes) {
            check(&format!("{place}, payload"), &inner);
            seen += 1;
        }
    }
    assert_eq!(seen, 203);
}

/// A stream that ends early is an error that says where, at whichever byte it ends; and so is one that goes on.
#[test]
fn a_cut_stream_is_an_error() {
    let mut kinds: BTreeMap<usize, (String, Bytes)> = BTreeMap::new();
    for (place, bytes) in streams() {
        // One of each length is one of each shape, more or less.
        for stream in inner(&bytes).into_iter().chain([bytes]).filter(|stream| stream.len() < 2048) {
            kinds.entry(stream.len()).or_insert_with(|| (place.clone(), stream));
        }
    }
    for (place, bytes) in kinds.values() {
        let whole = Stream::decode(bytes, &Limits::default()).unwrap().items().count();
        for end in 0..bytes.len() {
            match Stream::decode(&bytes[..end], &Limits::default()) {
                Err(error) => assert!(error.offset <= end, "{place}, cut at {end}: {error}"),
                // Block data and objects stand side by side: a cut between two of them leaves a whole stream.
                Ok(stream) => assert!(stream.items().count() < whole, "{place}, cut at {end}: nothing is missing"),
            }
        }
    }
    assert!(kinds.len() > 20, "{} kinds", kinds.len());
}
