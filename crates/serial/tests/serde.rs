//! Rust values in Java's words, and the reverse.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use common::{Thing, cases, read_as, show};
use expect_test::{Expect, expect};
use outlive_serial::{FromJavaError, ToJavaError, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The class and the content that a Rust value gets.
fn to_java<T: Serialize>(value: T, expected: Expect) {
    let value = Value::from_serde(&value).unwrap();
    expected.assert_eq(&format!("{} | {}", value.class_name(), show(&value.view())));
}

fn round<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    assert_eq!(Value::from_serde(&value).unwrap().to_serde::<T>().unwrap(), value);
}

/// The objects of a case of `testdata`.
fn objects(name: &str) -> Vec<Value> {
    let case = cases().into_iter().find(|case| case.name == name).unwrap();
    let things = read_as(&case.bytes, &case.text).unwrap();
    let values = things.into_iter().filter_map(|(thing, _)| match thing {
        Thing::Value(value) => Some(value),
        _ => None,
    });
    values.collect()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Paid(i64),
    Sent { by: String },
    Lost(u8, u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    id: u32,
    owner: Option<String>,
    gift: Option<Vec<u8>>,
    by_number: BTreeMap<i16, Meters>,
    states: Vec<State>,
    raw: serde_bytes::ByteBuf,
    marker: Marker,
    point: (i8, char),
}

#[test]
fn the_type_decides_alone() {
    to_java(true, expect!["java.lang.Boolean | Boolean true"]);
    to_java(1_i8, expect!["java.lang.Byte | Byte 1"]);
    to_java(1_i16, expect!["java.lang.Short | Short 1"]);
    to_java(1_u8, expect!["java.lang.Short | Short 1"]);
    to_java(1_i32, expect!["java.lang.Integer | Integer 1"]);
    to_java(1_u16, expect!["java.lang.Integer | Integer 1"]);
    to_java(1_i64, expect!["java.lang.Long | Long 1"]);
    to_java(1_u32, expect!["java.lang.Long | Long 1"]);
    to_java(1_u64, expect!["java.lang.Long | Long 1"]);
    to_java(1_usize, expect!["java.lang.Long | Long 1"]);
    to_java(0.5_f32, expect!["java.lang.Float | Float 0.5"]);
    to_java(0.5_f64, expect!["java.lang.Double | Double 0.5"]);
    to_java('x', expect![[r#"java.lang.String | "x""#]]);
    to_java("x", expect![[r#"java.lang.String | "x""#]]);
    to_java((), expect!["null | null"]);
    to_java(None::<i32>, expect!["null | null"]);
    to_java(Some(1), expect!["java.lang.Integer | Integer 1"]);
    to_java(Meters(1.5), expect!["java.lang.Double | Double 1.5"]);
}

#[test]
fn only_octets_make_bytes() {
    to_java(vec![1_u8, 2], expect!["[B | bytes 0102"]);
    to_java([1_u8; 3], expect!["[B | bytes 010101"]);
    to_java(serde_bytes::Bytes::new(&[]), expect!["[B | bytes "]);
    to_java(Vec::<u8>::new(), expect!["java.util.ArrayList | []"]);
    to_java(vec![1_i8], expect!["java.util.ArrayList | [Byte 1, ]"]);
    to_java(vec![Some(1_u8)], expect!["java.util.ArrayList | [Short 1, ]"]);
    to_java((1_u8, 2_u8, 3_u16), expect!["java.util.ArrayList | [Short 1, Short 2, Integer 3, ]"]);
    to_java((1_u16, 2_u8), expect!["java.util.ArrayList | [Integer 1, Short 2, ]"]);
    to_java(vec![vec![1_u8], vec![]], expect!["java.util.ArrayList | [bytes 01, [], ]"]);
}

#[test]
fn enums_are_names_or_maps_of_one_entry() {
    to_java(State::Open, expect![[r#"java.lang.String | "Open""#]]);
    to_java(State::Paid(1), expect![[r#"java.util.LinkedHashMap | {"Paid": Long 1, }"#]]);
    to_java(State::Lost(1, 2), expect![[r#"java.util.LinkedHashMap | {"Lost": [Short 1, Short 2, ], }"#]]);
    to_java(State::Sent { by: "post".into() }, expect![[r#"java.util.LinkedHashMap | {"Sent": {"by": "post", }, }"#]]);
}

#[test]
fn keys_keep_their_type() {
    to_java(
        BTreeMap::from([(1_i32, "a"), (2, "b")]),
        expect![[r#"java.util.LinkedHashMap | {Integer 1: "a", Integer 2: "b", }"#]],
    );
    to_java(BTreeMap::from([((1_i8, 'x'), ())]), expect![[r#"java.util.LinkedHashMap | {[Byte 1, "x", ]: null, }"#]]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let too_large = Value::from_serde(&(i64::MAX as u64 + 1)).unwrap_err();
    assert_eq!(too_large.to_string(), "9223372036854775808 does not fit into a java.lang.Long");
    assert!(Value::from_serde(&vec![u64::MAX]).is_err());
    assert!(matches!(Value::from_serde(&1_i128), Err(ToJavaError::IntegerTooLarge(_))));
    assert!(matches!(Value::from_serde(&1_u128), Err(ToJavaError::IntegerTooLarge(_))));
}

#[test]
fn a_rust_value_survives_java() {
    round(Cart {
        id: u32::MAX,
        owner: Some("é\0😀".into()),
        gift: None,
        by_number: BTreeMap::from([(-1, Meters(0.5)), (300, Meters(-1e300))]),
        states: vec![State::Open, State::Paid(i64::MIN), State::Sent { by: String::new() }, State::Lost(0, 255)],
        raw: serde_bytes::ByteBuf::from([0, 127, 128, 255]),
        marker: Marker,
        point: (-128, '😀'),
    });
    round(vec![0_u8, 127, 128, 255]);
    round(Vec::<u8>::new());
    round([i64::MIN, i64::MAX]);
    round((1_u8, 2_u16, "x".to_owned()));
    round(vec![Some(1.5_f32), None]);
    round(HashMap::from([(true, vec!['a']), (false, vec![])]));
    round("x".repeat(100_000));
    round(i64::MAX as u64);
}

/// Something that nests as deep as one likes.
#[derive(Serialize, Deserialize)]
struct Nest(Vec<Nest>);

fn nest(depth: usize) -> Nest {
    let mut nest = Nest(vec![]);
    for _ in 1..depth {
        nest = Nest(vec![nest]);
    }
    nest
}

#[test]
fn depth_ends_in_an_error() {
    let deep = Value::from_serde(&nest(240)).unwrap();
    assert!(deep.to_serde::<Nest>().is_ok());
    assert!(Value::from_bytes(&deep.to_bytes(), &Default::default()).is_ok());
    assert_eq!(Value::from_serde(&nest(241)), Err(ToJavaError::TooDeep));
    let mut list = Value::null();
    for _ in 0..300 {
        list = Value::array_list([list]);
    }
    assert!(matches!(list.to_serde::<Nest>(), Err(FromJavaError::TooDeep)));
}

#[test]
fn an_integer_is_read_as_any_in_which_it_fits() {
    assert_eq!(Value::integer(200).to_serde::<u8>(), Ok(200));
    assert_eq!(Value::long(-5).to_serde::<i8>(), Ok(-5));
    assert_eq!(Value::integer(7).to_serde::<i128>(), Ok(7));
    assert_eq!(Value::integer(7).to_serde::<f64>(), Ok(7.0));
    assert_eq!(Value::long(300).to_serde::<u8>().unwrap_err().to_string(), "is integer `300`, wanted u8");
    let big = &objects("math")[2];
    assert_eq!(big.to_serde::<u128>(), Ok(1 << 100));
    assert_eq!(big.to_serde::<String>().as_deref(), Ok("1267650600228229401496703205376"));
}

#[test]
fn what_cannot_be_read_says_what_it_is_and_what_was_wanted() {
    fn error<T: DeserializeOwned + std::fmt::Debug>(value: &Value) -> String {
        value.to_serde::<T>().unwrap_err().to_string()
    }
    assert_eq!(error::<i32>(&Value::string("x")), "is a java.lang.String, wanted i32");
    assert_eq!(error::<String>(&Value::date(0)), "is a java.util.Date, wanted a string");
    assert_eq!(error::<bool>(&Value::null()), "is null, wanted a boolean");
    assert_eq!(error::<Vec<i32>>(&Value::string("x")), "is a java.lang.String, wanted a sequence");
    assert_eq!(error::<Vec<i32>>(&Value::array_list([Value::null()])), "is null, wanted i32");
    assert_eq!(error::<Cart>(&Value::bytes(&[])), "is a byte[], wanted struct Cart");
    assert_eq!(error::<State>(&Value::integer(1)), "is a java.lang.Integer, wanted enum State");
    assert_eq!(error::<f32>(&Value::date(0)), "is a java.util.Date, wanted f32");
}

#[test]
fn java_collections_are_sequences_and_maps() {
    for name in ["lists", "sets"] {
        for value in objects(name) {
            value.to_serde::<Vec<serde::de::IgnoredAny>>().unwrap();
        }
    }
    for value in objects("maps") {
        value.to_serde::<HashMap<Option<Key>, serde::de::IgnoredAny>>().unwrap();
    }
    assert_eq!(objects("lists")[1].to_serde::<(u8, i64, u16, f32)>(), Ok((5, 5, 1000, 1000.0)));
    assert_eq!(objects("sets")[0].to_serde::<BTreeSet<String>>().unwrap().len(), 2);
    assert_eq!(objects("wrappers")[6].to_serde::<[i32; 2]>(), Ok([1, 2]));
    assert_eq!(objects("arrays")[0].to_serde::<Vec<i8>>(), Ok(vec![0, 1, 2, 127, -128, -1]));
    assert_eq!(objects("arrays")[0].to_serde::<Vec<u8>>(), Ok(vec![0, 1, 2, 127, 128, 255]));
    assert_eq!(objects("arrays")[0].to_serde::<serde_bytes::ByteBuf>().unwrap()[3..], [127, 128, 255]);
    assert_eq!(objects("arrays")[2].to_serde::<Vec<i32>>(), Ok(vec![1, -2, 3]));
    assert_eq!(objects("arrays")[12].to_serde::<Vec<Option<Vec<i32>>>>(), Ok(vec![Some(vec![1]), Some(vec![]), None]));
    assert_eq!(objects("concurrent")[1].to_serde::<BTreeMap<String, i32>>(), Ok(BTreeMap::from([("k".into(), 1)])));
    assert_eq!(objects("concurrent")[10].to_serde::<i32>(), Ok(5));
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

#[test]
fn a_java_object_is_a_struct_of_its_fields() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Bean {
        number: i32,
        total: f64,
        paid: bool,
        name: String,
        next: Option<Box<Bean>>,
    }
    let bean = objects("bean")[0].to_serde::<Bean>().unwrap();
    assert_eq!((bean.number, bean.total, bean.paid, &*bean.name), (7, 8.75, false, "customer"));
    assert_eq!(bean.next.unwrap().number, 8);

    // Those of the superclass too; of two with the same name, that of the class itself.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Derived {
        number: u8,
        name: String,
        list: (i32, String),
    }
    let derived = objects("bean")[3].to_serde::<Derived>().unwrap();
    assert_eq!(derived, Derived { number: 9, name: "hides the name above".into(), list: (1, "x".into()) });
    assert!(matches!(objects("cycles")[1].to_serde::<Bean>(), Err(FromJavaError::TooDeep)));
}

#[test]
fn a_java_enum_is_a_unit_variant() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum Colour {
        Red,
        Green,
    }
    let colours: Vec<Colour> = objects("enums")[..2].iter().map(|value| value.to_serde().unwrap()).collect();
    assert_eq!(colours, [Colour::Red, Colour::Green]);
    assert_eq!(objects("enums")[0].to_serde::<String>().as_deref(), Ok("RED"));
}

#[test]
fn times_are_milliseconds_or_iso_8601() {
    assert_eq!(objects("dates")[1].to_serde::<i64>(), Ok(1_700_000_000_123));
    assert_eq!(objects("dates")[3].to_serde::<u64>(), Ok(1_700_000_000_123));
    assert_eq!(objects("time")[4].to_serde::<String>().as_deref(), Ok("2023-11-14T22:13:20.123Z"));
    assert_eq!(objects("identifiers")[0].to_serde::<String>().as_deref(), Ok("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
}

#[test]
fn half_a_character_is_no_rust_string() {
    let half = &objects("strings")[3];
    let error = half.to_serde::<String>().unwrap_err().to_string();
    assert_eq!(error, "is a java.lang.String with half a character (a lone surrogate), wanted a string");
    assert_eq!(half.view().words(), "half \u{fffd} only");
}

/// Equal small boxes are one object, as Java's `valueOf` makes them; so the value stays small.
#[test]
fn boxes_are_shared() {
    assert_eq!(Value::from_serde(&vec![5_i32; 3]).unwrap().byte_len(), 141);
    assert_eq!(Value::from_serde(&vec![1000_i32; 3]).unwrap().byte_len(), 151);
}
