//! Streams that a JVM wrote: decoded they are what Java says they are, encoded they are the same bytes.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Thing, cases, read_as, testdata};
use outlive_serial::{DecodeErrorKind, Item, Limits, Stream, Value};

#[test]
fn a_stream_encodes_to_the_bytes_that_it_was_decoded_from() {
    for case in cases() {
        let stream = Stream::decode(&case.bytes, &Limits::default());
        let stream = stream.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert!(stream.encode() == case.bytes, "{}", case.name);
    }
}

/// Source: Tomcat `FileStore.save`, `StandardManager.doUnload`.
#[test]
fn a_session_that_tomcat_stored_encodes_to_the_same_bytes() {
    for entry in std::fs::read_dir(testdata().join("tomcat-10.1.60")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let stream = Stream::decode(&bytes, &Limits::default()).unwrap();
        assert!(stream.encode() == bytes, "{path:?}");
        assert!(stream.items().count() > 10);
    }
}

#[test]
fn objects_are_what_java_says_they_are() {
    for case in cases() {
        let things = read_as(&case.bytes, &case.text).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let text: String = things.iter().map(|(_, line)| format!("{line}\n")).collect();
        if case.name == "unordered" {
            // These sets give their elements in another order to the writer than to everybody else.
            assert_eq!(sorted(&text), sorted(&case.text));
        } else {
            assert_eq!(text, case.text, "{}", case.name);
        }
    }
}

fn sorted(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters
}

#[test]
fn a_value_stands_on_its_own() {
    for case in cases() {
        for (thing, line) in read_as(&case.bytes, &case.text).unwrap() {
            let Thing::Value(value) = thing else { continue };
            let bytes = value.to_bytes().into_owned();
            let again = Value::from_bytes(&bytes, &Limits::default()).unwrap();
            assert_eq!(again, value, "{line}");
            assert_eq!(again.graph().encode()[4..], *value.to_bytes(), "{line}");
            if let Some(root) = value.graph().root() {
                assert_eq!(root.to_value(), value, "{line}");
            }
        }
    }
}

#[test]
fn the_first_object_can_be_cut_off_from_what_follows() {
    for case in cases().iter().filter(|case| case.text.starts_with("object")) {
        let (stream, length) = Stream::decode_prefix(&case.bytes, &Limits::default()).unwrap();
        assert_eq!(stream.items().count(), 1);
        assert_eq!(stream.encode(), case.bytes[..length], "{}", case.name);
    }
}

#[test]
fn what_was_lost_tells_why() {
    let case = cases().into_iter().find(|case| case.name == "exceptions").unwrap();
    let stream = Stream::decode(&case.bytes, &Limits::default()).unwrap();
    let reasons: Vec<String> = stream
        .items()
        .filter_map(|item| match item {
            Item::Exception(throwable) => {
                let throwable = throwable.unwrap();
                let reason = throwable.field("java.lang.Throwable", "detailMessage").unwrap();
                Some(format!("{}: {}", throwable.class_name().unwrap(), reason.text().unwrap()))
            }
            _ => None,
        })
        .collect();
    let object = "java.io.NotSerializableException: java.lang.Object";
    assert_eq!(reasons, [object, object, object, "java.io.NotSerializableException: on purpose", object]);
}

/// Source: `java.io.ObjectStreamConstants.PROTOCOL_VERSION_1`.
#[test]
fn protocol_version_1_is_refused_by_name() {
    let bytes = std::fs::read(testdata().join("jdk-17/protocol-1.bin")).unwrap();
    let error = Stream::decode(&bytes, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::ExternalWithoutBlocks(name) if name == "Cases$External"));
    assert_eq!(
        error.to_string(),
        "at byte 30: Cases$External cannot be read without its class: \
         its external form has no end mark (stream protocol version 1)"
    );
}

#[test]
fn times_always_have_seconds() {
    let case = cases().into_iter().find(|case| case.name == "time-without-seconds").unwrap();
    let shown: Vec<String> = read_as(&case.bytes, &case.text)
        .unwrap()
        .into_iter()
        .filter_map(|(thing, _)| match thing {
            Thing::Value(value) => Some(value.view().words().into_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(shown, ["12:00:00", "12:30:00", "2026-07-30T12:00:00"]);
}
