//! Rust values in Java's words: whatever a program sets, it gets back.
//!
//! The bytes are taken for a value of a type that has everything serde knows. It becomes a Java object and is read again; the
//! object passes through bytes, as it would on its way through a cluster.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use outlive_serial::{Limits, Value};
use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::vectors::Vectors;

/// One of each thing.
#[derive(Debug, Arbitrary, Serialize, Deserialize)]
struct Everything {
    flag: bool,
    signed: (i8, i16, i32, i64),
    unsigned: (u8, u16, u32),
    real: [f64; 2],
    single: f32,
    letter: char,
    text: String,
    octets: Vec<u8>,
    units: Vec<u16>,
    maybe: Option<Box<Choice>>,
    list: Vec<Choice>,
    by_name: BTreeMap<String, Vec<Choice>>,
    by_number: BTreeMap<i64, Inner>,
    by_letter: BTreeMap<char, ()>,
    nothing: Nothing,
}

#[derive(Debug, Arbitrary, Serialize, Deserialize)]
struct Nothing;

#[derive(Debug, Arbitrary, Serialize, Deserialize)]
struct Wrapped(i16);

#[derive(Debug, Arbitrary, Serialize, Deserialize)]
struct Inner {
    wrapped: Wrapped,
    lists: Vec<Vec<bool>>,
    maybe: Vec<Option<i32>>,
}

#[derive(Debug, Arbitrary, Serialize, Deserialize)]
enum Choice {
    Unit,
    Newtype(String),
    Optional(Option<i8>),
    Tuple(i32, Wrapped),
    Struct { inner: Inner, small: f32 },
}

/// The target.
pub fn run(data: &[u8]) {
    let Ok(thing) = Everything::arbitrary(&mut Unstructured::new(data)) else { return };
    let value = Value::from_serde(&thing).expect("nothing of it is too large for Java");
    let value = Value::from_bytes(&value.to_bytes(), &Limits::default()).expect("what is written is read");
    let again: Everything = value.to_serde().unwrap_or_else(|error| panic!("{error}: {thing:?}"));
    // As text, in which a number that is none is equal to itself.
    assert_eq!(format!("{again:?}"), format!("{thing:?}"));
    serde_json::to_string(&value.view()).expect("a view is JSON");
}

pub(crate) fn seeds(_: &Vectors) -> Vec<Vec<u8>> {
    let mut random = Random::of(b"java_serde");
    (1..=64).map(|number| random.bytes(number * 16)).collect()
}
