//! Bytes that no honest peer sends: errors, never a panic, and no more memory than the bytes are worth.

#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{cases, read_as};
use outlive_serial::{DecodeErrorKind, Limits, ObjectInput, Read, Stream, Value};
use proptest::prelude::*;
use serde::de::IgnoredAny;

/// Decodes in every way, and looks at all that comes out.
fn poke(bytes: &[u8]) {
    if let Ok(stream) = Stream::decode(bytes, &Limits::default()) {
        assert!(stream.encode() == bytes, "what is taken comes out again");
        for item in stream.items().take(100) {
            if let outlive_serial::Item::Object(Some(node)) = item {
                node.view();
            }
        }
    }
    let Ok(mut input) = ObjectInput::new(bytes, Limits::default()) else { return };
    let mut seen = 0;
    while !input.at_end() {
        let value = match input.read_object() {
            Ok(Read::Value(value)) => value,
            Ok(Read::Exception) => continue,
            Err(_) if input.read_u8().is_ok() => continue,
            Err(_) => break,
        };
        // One object in many places is one value, which need not be looked at a million times.
        seen += value.byte_len();
        if seen > 16 << 20 {
            continue;
        }
        Value::from_bytes(&value.to_bytes(), &Limits::default()).unwrap();
        value.view();
        let _ = value.to_serde::<IgnoredAny>();
        let _ = value.to_serde::<Vec<Vec<String>>>();
        let _ = value.to_serde::<serde_json::Value>();
    }
}

/// Every byte of a short stream, and some of a long one.
fn step(bytes: &[u8]) -> usize {
    1 + bytes.len() * bytes.len() / 1_500_000
}

#[test]
fn every_beginning_of_a_stream_is_an_error_or_a_stream() {
    for case in cases() {
        let step = step(&case.bytes);
        for length in (0..case.bytes.len()).step_by(step) {
            poke(&case.bytes[..length]);
        }
        let cut = Stream::decode_prefix(&case.bytes[..case.bytes.len().min(5)], &Limits::default());
        assert!(cut.is_err() || case.bytes[4] == 0x70, "{}", case.name);
    }
}

#[test]
fn every_single_change_of_a_stream_is_an_error_or_a_stream() {
    for case in cases() {
        let mut bytes = case.bytes.clone();
        let step = step(&bytes);
        for at in (0..bytes.len()).step_by(step) {
            for change in [0x80 >> (at % 8), 0xff] {
                bytes[at] ^= change;
                poke(&bytes);
                bytes[at] ^= change;
            }
        }
    }
}

#[test]
fn limits_are_kept() {
    let deep = cases().into_iter().find(|case| case.name == "deep").unwrap();
    let limits = Limits { depth: 50, ..Limits::default() };
    let error = Stream::decode(&deep.bytes, &limits).unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::Limit { limit: 50, .. }), "{error}");
    let limits = Limits { nodes: 100, ..Limits::default() };
    let error = Stream::decode(&deep.bytes, &limits).unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::Limit { limit: 100, .. }), "{error}");
    let limits = Limits { string_bytes: 3, ..Limits::default() };
    assert!(Value::from_bytes(&Value::string("abc").to_bytes(), &limits).is_ok());
    let error = Value::from_bytes(&Value::string("abcd").to_bytes(), &limits).unwrap_err();
    assert_eq!(error.to_string(), "at byte 3: more than 3 bytes in a string");
}

/// Shared objects may lie at a small depth each, and too deep once each is written into the other.
#[test]
fn what_is_cut_out_keeps_the_limits_too() {
    let mut bytes = vec![0xac, 0xed, 0, 5];
    let array = |bytes: &mut Vec<u8>, inside: Option<u32>| {
        bytes.push(0x75);
        match inside {
            None => bytes.extend(b"\x72\0\x13[Ljava.lang.Object;\0\0\0\0\0\0\0\0\x02\0\0\x78\x70"),
            Some(_) => bytes.extend(b"\x71\0\x7e\0\0"),
        }
        bytes.extend(1_u32.to_be_bytes());
    };
    array(&mut bytes, None);
    bytes.push(0x70);
    for handle in 1..300_u32 {
        array(&mut bytes, Some(handle));
        bytes.push(0x71);
        bytes.extend((0x7e_0000 + handle).to_be_bytes());
    }
    let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
    let results: Vec<_> = (0..300).map(|_| input.read_object()).collect();
    assert!(results[..250].iter().all(Result::is_ok));
    let error = results[299].clone().unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::Limit { limit: 256, .. }), "{error}");
}

/// Half an array is left in the graph when its element is no object; a reference to it would give a value that cannot be read.
#[test]
fn nothing_refers_to_an_object_that_broke_off() {
    let array = b"\xac\xed\0\x05\x75\x72\0\x13[Ljava.lang.Object;\0\0\0\0\0\0\0\0\x02\0\0\x78\x70\0\0\0\x01";
    let bytes = [&array[..], b"\0", b"\x71\0\x7e\0\x01"].concat();
    let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
    assert_eq!(input.read_object().unwrap_err().offset, array.len());
    let error = input.read_object().unwrap_err();
    assert!(error.to_string().contains("expected the handle of something before"), "{error}");
}

/// Bytes that claim far more than they hold, each with what it is.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    const HEADER: &[u8] = &[0xac, 0xed, 0, 5];
    const OBJECTS: &[u8] = b"\x75\x72\0\x13[Ljava.lang.Object;\0\0\0\0\0\0\0\0\x02\0\0\x78\x70";
    const MORE_OBJECTS: &[u8] = b"\x75\x71\0\x7e\0\0";
    const LIST: &[u8] =
        b"\x73\x72\0\x13java.util.ArrayList\x78\x81\xd2\x1d\x99\xc7\x61\x9d\x03\0\x01I\0\x04size\x78\x70";
    let bomb = |parts: &[&[u8]]| [HEADER, &parts.concat()].concat();
    let one = 1_u32.to_be_bytes();
    let most = 0x7fff_ffff_u32.to_be_bytes();
    let deep = [OBJECTS, &one, &[MORE_OBJECTS, &one].concat().repeat(1_000_000)].concat();

    // Each list holds the one before it sixteen times.
    let mut multiplied = [OBJECTS, &[0, 0, 0, 0]].concat();
    for handle in 1..9_u32 {
        multiplied.extend([MORE_OBJECTS, &[0, 0, 0, 16]].concat());
        for _ in 0..16 {
            multiplied.push(0x71);
            multiplied.extend((0x7e_0000 + handle).to_be_bytes());
        }
    }
    // A long text, and a great many references to it.
    let shared = |count: usize, text: usize| {
        let text = [&b"\x7c"[..], &(text as u64).to_be_bytes(), &vec![b'x'; text]].concat();
        [text, b"\x71\0\x7e\0\0".repeat(count)].concat()
    };
    // One list, with a great many references to a text.
    let listed = |count: u32, text: u64| {
        let size = count + 1;
        let head = [OBJECTS, &size.to_be_bytes(), b"\x7c", &text.to_be_bytes()].concat();
        [head, vec![b'x'; text as usize], b"\x71\0\x7e\0\x02".repeat(count as usize)].concat()
    };
    // Classes, each below the one before it.
    let mut classes = b"\x76\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x78\x70".to_vec();
    for index in 0..100_000_u32 {
        classes.extend(b"\x76\x72\0\x01B\0\0\0\0\0\0\0\0\x02\0\0\x78\x71");
        classes.extend((0x7e_0000 + 2 * index).to_be_bytes());
    }
    vec![
        ("a long array of objects", bomb(&[OBJECTS, &most])),
        ("a long array of long arrays", bomb(&[OBJECTS, &most, &[MORE_OBJECTS, &most].concat().repeat(100)])),
        ("a long array of bytes", bomb(&[b"\x75\x72\0\x02[B\0\0\0\0\0\0\0\0\x02\0\0\x78\x70", &most])),
        ("a long array of longs", bomb(&[b"\x75\x72\0\x02[J\0\0\0\0\0\0\0\0\x02\0\0\x78\x70", &most])),
        ("a negative array", bomb(&[OBJECTS, &[0xff; 4]])),
        ("a long string", bomb(&[b"\x7c\0\0\0\0\x7f\xff\xff\xff"])),
        ("a longer string", bomb(&[b"\x7c\x7f\xff\xff\xff\xff\xff\xff\xff"])),
        ("a negative string", bomb(&[b"\x7c\xff\xff\xff\xff\xff\xff\xff\xff"])),
        ("a long block", bomb(&[b"\x7a", &most])),
        ("a negative block", bomb(&[b"\x7a\xff\xff\xff\xff"])),
        ("many interfaces", bomb(&[b"\x76\x7d", &most])),
        ("many fields", bomb(&[b"\x76\x72\0\x01A\0\0\0\0\0\0\0\0\x02\xff\xff"])),
        ("a list that claims to be long", bomb(&[LIST, &most, b"\x77\x04", &most, b"\x78"])),
        ("arrays in arrays", bomb(&[&deep])),
        ("a class above itself", bomb(&[b"\x73\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x78\x71\0\x7e\0\0"])),
        ("a class of its own annotation", bomb(&[b"\x73\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x73\x71\0\x7e\0\0"])),
        ("a long row of superclasses", bomb(&[&classes])),
        ("lists of lists, multiplied", bomb(&[&multiplied])),
        ("a text for everybody", bomb(&[&shared(100_000, 1_000_000)])),
        ("a text for everybody in a list", bomb(&[&listed(100_000, 1_000_000)])),
        ("an exception in an exception", bomb(&[&[0x7b; 1000]])),
        ("nothing but nulls", bomb(&[&[0x70; 1 << 20]])),
        ("an array of nulls", bomb(&[OBJECTS, &(1_u32 << 20).to_be_bytes(), &[0x70; 1 << 20]])),
        ("empty blocks", bomb(&[&[0x77, 0].repeat(1 << 20)])),
    ]
}

const CHILD: &str = "OUTLIVE_SERIAL_BOMBS";

/// Runs this very test again, in a process that may not have much memory, so that an allocation by a claimed length fails.
#[test]
fn bombs_do_not_go_off() {
    if std::env::var_os(CHILD).is_some() {
        for (name, bomb) in bombs() {
            println!("{name}");
            poke(&bomb);
        }
        return;
    }
    if !cfg!(target_os = "linux") {
        bombs().iter().for_each(|(_, bomb)| poke(bomb));
        return;
    }
    let test = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 700000; exec \"$0\" --exact bombs_do_not_go_off --nocapture"])
        .arg(test)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("empty blocks"), "{said}");
}

#[test]
fn kinds_of_primitives_do_not_matter_to_memory() {
    let bytes = [0xac, 0xed, 0, 5, 0x77, 2, 0xff, 0xff];
    let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
    assert!(input.read_utf().is_err());
    let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
    assert!(input.read_bytes(usize::MAX).is_err());
    assert!(read_as(&bytes, "short x\n").is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_a_stream(tail in proptest::collection::vec(prop_oneof![0x70_u8..0x80, any::<u8>()], 0..200)) {
        poke(&[&[0xac, 0xed, 0, 5], &tail[..]].concat());
    }

    #[test]
    fn any_text_survives(text in ".*", lone: u16) {
        let bytes = outlive_serial::modified_utf8::encode(&text);
        prop_assert_eq!(outlive_serial::modified_utf8::decode(&bytes), Some((&*text).into()));
        prop_assert_eq!(bytes.len(), outlive_serial::modified_utf8::encoded_len(&text));
        prop_assert_eq!(Value::string(&text).to_serde::<String>().unwrap(), text);
        let _ = outlive_serial::modified_utf8::decode(&lone.to_be_bytes());
    }
}
