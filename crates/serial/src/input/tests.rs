//! The quick way gives what the slow way gives: the same values, down to their handles, the same errors, the same places.

extern crate std;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::ObjectOutput;
use crate::boxes::BoxKind;

const QUICK: Ask = Ask { refuses: false, copies: false, slow: false };
const SLOW: Ask = Ask { slow: true, ..QUICK };

/// What came out, so that two of it can be compared.
#[derive(Debug, PartialEq)]
enum Outcome {
    Value { bytes: Vec<u8>, handles: u32, references: bool },
    Exception,
    Refused(Refused),
    Fault(DecodeError),
}

fn outcome(read: Result<Result<Raw<'_>, Refused>, DecodeError>) -> Outcome {
    let value = match read.map(|read| read.map(Raw::into_read)) {
        Ok(Ok(Read::Value(value))) => value,
        Ok(Ok(Read::Exception)) => return Outcome::Exception,
        Ok(Err(refused)) => return Outcome::Refused(refused),
        Err(fault) => return Outcome::Fault(fault),
    };
    Outcome::Value { bytes: value.to_bytes().into_owned(), handles: value.handles(), references: value.references() }
}

/// What a reader does behind an error.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Behind {
    /// Reads a byte of a block, as if nothing were wrong.
    Byte,
    /// Goes on one byte later.
    Resume,
}

/// Reads a stream in both ways, step by step, also behind errors; gives how many objects were read.
fn compare(bytes: &[u8], limits: Limits) -> usize {
    typed(bytes, limits);
    compare_by(bytes, limits, true, Behind::Resume);
    compare_by(bytes, limits, false, Behind::Resume);
    compare_by(bytes, limits, true, Behind::Byte);
    compare_by(bytes, limits, false, Behind::Byte)
}

fn compare_by(bytes: &[u8], limits: Limits, refuses: bool, behind: Behind) -> usize {
    let inputs = (ObjectInput::new(bytes, limits), ObjectInput::new(bytes, limits));
    let (Ok(mut quick), Ok(mut slow)) = inputs else { return 0 };
    let (mut objects, mut seen) = (0, 0);
    while !slow.at_end() && seen < 1 << 20 {
        let outcomes = (outcome(quick.read(Ask { refuses, ..QUICK })), outcome(slow.read(Ask { refuses, ..SLOW })));
        assert_eq!(outcomes.0, outcomes.1, "object {objects} of {bytes:02x?}, {refuses} {behind:?}");
        assert_eq!((quick.offset(), quick.inlined), (slow.offset(), slow.inlined));
        match (outcomes.1, behind) {
            (Outcome::Value { bytes, .. }, _) => seen += bytes.len(),
            (Outcome::Exception | Outcome::Refused(_), _) => {}
            (Outcome::Fault(_), Behind::Byte) => {
                let bytes = (quick.read_u8(), slow.read_u8());
                assert_eq!(bytes.0, bytes.1);
                if bytes.1.is_err() {
                    break;
                }
                continue;
            }
            (Outcome::Fault(_), Behind::Resume) => {
                let place = slow.offset() + 1;
                if place > bytes.len() {
                    break;
                }
                assert_eq!((quick.resume(place), slow.resume(place)), (true, true), "{bytes:02x?}");
                continue;
            }
        }
        objects += 1;
    }
    assert_eq!(quick.at_end(), slow.at_end());
    objects
}

/// Reads a stream's objects as Rust values, directly and by a `Value`.
fn typed(bytes: &[u8], limits: Limits) {
    fn check<'a, T: DeserializeOwned + PartialEq + core::fmt::Debug>(
        bytes: &'a [u8],
        limits: Limits,
        read: impl Fn(&mut ObjectInput<'a>) -> Result<Option<T>, DecodeError>,
    ) {
        let inputs = (ObjectInput::new(bytes, limits), ObjectInput::new(bytes, limits));
        let (Ok(mut direct), Ok(mut plain)) = inputs else { return };
        for _ in 0..200 {
            let there = plain.take(SLOW).map(Raw::into_serde);
            assert_eq!(read(&mut direct), there, "{bytes:02x?}");
            if there.is_err() {
                let bytes = (direct.read_u8(), plain.read_u8());
                assert_eq!(bytes.0, bytes.1);
                if bytes.1.is_err() {
                    break;
                }
            }
        }
    }
    check(bytes, limits, ObjectInput::read_integer_object);
    check(bytes, limits, ObjectInput::read_boolean_object);
    check(bytes, limits, ObjectInput::read_string_object);
}

fn files(folder: &str, found: &mut Vec<Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        found.push(std::fs::read(entry.unwrap().path()).unwrap_or_default());
    }
}

#[test]
fn streams_of_java_are_read_alike() {
    let mut streams = Vec::new();
    files("testdata/jdk-17", &mut streams);
    files("testdata/tomcat-10.1.60", &mut streams);
    let objects: usize = streams.iter().map(|stream| compare(stream, Limits::default())).sum();
    assert!(objects > 300, "{objects} objects in {} streams", streams.len());
}

/// What a stream may hold; the handles are often those of something.
#[derive(Debug, Clone)]
enum Item {
    Object(u8, i8),
    Long(i64),
    Text(String),
    LongText(u8),
    Whole(Vec<u8>),
    Primitives(Vec<u8>),
    Reference(u8),
    /// An object of whatever class the handle names, and its bytes.
    Instance(u8, Vec<u8>),
    Reset,
}

fn item() -> impl Strategy<Value = Item> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..9);
    prop_oneof![
        6 => (0..8_u8, -3..3_i8).prop_map(|(kind, number)| Item::Object(kind, number)),
        2 => any::<i64>().prop_map(Item::Long),
        3 => ".{0,12}".prop_map(Item::Text),
        1 => (110..140_u8).prop_map(Item::LongText),
        1 => (0..6_usize).prop_map(|which| Item::Whole(wholes(which))),
        1 => bytes.clone().prop_map(Item::Primitives),
        4 => (0..24_u8).prop_map(Item::Reference),
        4 => (0..12_u8, bytes).prop_map(|(handle, bytes)| Item::Instance(handle, bytes)),
        1 => Just(Item::Reset),
    ]
}

/// Boxes in full and what is nearly one.
fn wholes(which: usize) -> Vec<u8> {
    let mut body = Value::long(7).to_bytes().into_owned();
    match which {
        0 => {}
        // A Boolean that Java would not write.
        1 => {
            body = Value::boolean(true).to_bytes().into_owned();
            *body.last_mut().unwrap() = 7;
        }
        // Another serialVersionUID; another superclass; something in the annotation.
        2 => body[20] ^= 1,
        3 => {
            let end = body.len() - 8;
            body.splice(end - 1..end, *b"\x72\0\x01A\0\0\0\0\0\0\0\0\x02\0\0\x78\x70");
        }
        4 => {
            let end = 1 + BoxKind::Long.descriptor().len();
            body.splice(end - 1..end - 1, *b"\x77\x01x");
        }
        _ => body = Value::array_list([Value::long(1), Value::string("x"), Value::long(1)]).to_bytes().into_owned(),
    }
    body
}

fn stream(items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::from(HEADER);
    // What the crate writes shares its descriptors; what follows by hand refers to them.
    let mut output = ObjectOutput::new();
    let mut hand = Vec::new();
    for item in items {
        let handle = |number: u8| (FIRST_HANDLE + u32::from(number)).to_be_bytes();
        match item {
            Item::Object(kind, number) => output.write_value(&match kind {
                0 => Value::boolean(*number > 0),
                1 => Value::from_serde(number).unwrap(),
                2 => Value::from_serde(&i16::from(*number)).unwrap(),
                3 => Value::integer((*number).into()),
                4 => Value::double((*number).into()),
                5 => Value::from_serde(&f32::from(*number)).unwrap(),
                6 => Value::null(),
                _ => Value::long((*number).into()),
            }),
            Item::Long(number) => output.write_long_object(*number),
            Item::Text(text) => output.write_string_object(text),
            Item::LongText(len) => output.write_string_object(&"x".repeat((*len).into())),
            Item::Whole(body) => hand.extend_from_slice(body),
            Item::Primitives(bytes) => hand.extend([&[BLOCK, bytes.len() as u8], &bytes[..]].concat()),
            Item::Reference(number) => hand.extend([&[REFERENCE], &handle(*number)[..]].concat()),
            Item::Instance(number, bytes) => hand.extend([&[OBJECT, REFERENCE], &handle(*number)[..], bytes].concat()),
            Item::Reset => output.reset(),
        }
    }
    bytes.extend_from_slice(&output.finish()[HEADER.len()..]);
    bytes.extend_from_slice(&hand);
    bytes
}

/// The items one after the other as they come, so that references stand between what they mean.
fn interleaved(items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::from(HEADER);
    for part in items.chunks(3) {
        bytes.extend_from_slice(&stream(part)[HEADER.len()..]);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn streams_of_all_kinds_are_read_alike(items in proptest::collection::vec(item(), 1..24), changes in proptest::collection::vec(any::<(u16, u8)>(), 0..3)) {
        for mut bytes in [stream(&items), interleaved(&items)] {
            compare(&bytes, Limits::default());
            // Names of classes are read in full also where a string of that length is not.
            for depth in [1, 2, 3] {
                compare(&bytes, Limits { depth, string_bytes: 24, ..Limits::default() });
            }
            for (at, byte) in &changes {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *byte;
                compare(&bytes, Limits::default());
                compare(&bytes[..at], Limits::default());
            }
        }
    }
}

/// The bound on what is inlined is met at the same object, with the same words.
#[test]
fn too_many_boxes_are_refused_alike() {
    let boxes = 400_000_u32;
    let mut bytes = Vec::from(HEADER);
    bytes.extend_from_slice(&Value::boolean(true).to_bytes());
    bytes.extend((0..boxes).flat_map(|_| *b"\x71\0\x7e\0\x01"));
    let results = [QUICK, SLOW].map(|ask| {
        let mut input = ObjectInput::new(&bytes, Limits::default()).unwrap();
        input.inlined_max = 1 << 20;
        let fault = (0..=boxes).find_map(|_| input.take(ask).err());
        (fault.map(|fault| format!("{fault}")), input.offset())
    });
    let [quick, slow] = &results;
    assert!(slow.0.as_ref().is_some_and(|fault| fault.contains("bytes in objects that share others")), "{slow:?}");
    assert_eq!(quick, slow);
}

/// A text that many refer to is one value for all of them; as a `String` each has a copy, which counts.
#[test]
fn copies_of_a_long_text_are_bounded() {
    let (text, references) = ("x".repeat(60_000), 1_000);
    let mut bytes = Vec::from(HEADER);
    bytes.extend_from_slice(&Value::string(&text).to_bytes());
    bytes.extend((0..references).flat_map(|_| *b"\x71\0\x7e\0\0"));
    let mut shared = ObjectInput::new(&bytes, Limits::default()).unwrap();
    for _ in 0..=references {
        assert_eq!(shared.read_object().unwrap(), Read::Value(Value::string(&text)));
    }
    let mut copied = ObjectInput::new(&bytes, Limits::default()).unwrap();
    let copies = (0..=references).take_while(|_| copied.read_string_object().is_ok_and(|read| read.is_some())).count();
    // The first stands there in full; each of the others has three bytes more than its text.
    assert_eq!(copies, 1 + copied.inlined_max / (text.len() + 3));
}
