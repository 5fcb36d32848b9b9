//! Values as JSON.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Thing, cases, read_as};
use expect_test::{Expect, expect};

fn check(name: &str, expected: Expect) {
    let case = cases().into_iter().find(|case| case.name == name).unwrap();
    let mut json = String::new();
    for (thing, _) in read_as(&case.bytes, &case.text).unwrap() {
        if let Thing::Value(value) = thing {
            json += &serde_json::to_string(&value.view()).unwrap();
            json.push('\n');
        }
    }
    expected.assert_eq(&json);
}

#[test]
fn objects_that_json_does_not_know_are_their_fields() {
    check(
        "record",
        expect![[r#"
        {"class":"Cases$Point","fields":{"x":1,"label":"p"}}
        {"class":"Cases$Point","fields":{"x":2,"label":null}}
    "#]],
    );
    check(
        "enums",
        expect![[r#"
            {"class":"Cases$Colour","fields":{"name":"RED"}}
            {"class":"Cases$Colour","fields":{"name":"GREEN"}}
            {"class":"Cases$Colour","fields":{"name":"RED"}}
            [{"class":"Cases$Colour","fields":{"name":"GREEN"}},{"class":"java.lang.Thread$State","fields":{"name":"NEW"}}]
            [{"class":"Cases$Colour","fields":{"name":"RED"}}]
        "#]],
    );
    check(
        "cycles",
        expect![[r#"
            ["head",null]
            {"class":"Cases$Bean","fields":{"number":1,"paid":false,"total":8.75,"name":"ring","next":{"class":"Cases$Bean","fields":{"number":2,"paid":false,"total":8.75,"name":"back","next":null}}}}
            {"class":"Cases$Bean","fields":{"number":2,"paid":false,"total":8.75,"name":"back","next":{"class":"Cases$Bean","fields":{"number":1,"paid":false,"total":8.75,"name":"ring","next":null}}}}
            {"self":null,"list":["head",null]}
            {"class":"[Ljava.lang.Object;","elements":[null,"array"]}
            ["head",null]
        "#]],
    );
}

/// `class Base { int x; int y; }`, `class Sub extends Base { int x; }`.
#[test]
fn a_field_that_another_hides_has_its_class_in_front() {
    let bytes = b"\xac\xed\0\x05\x73\x72\0\x05t.Sub\0\0\0\0\0\0\0\x01\x02\0\x01I\0\x01x\x78\
        \x72\0\x06t.Base\0\0\0\0\0\0\0\x01\x02\0\x02I\0\x01xI\0\x01y\x78\x70\
        \0\0\0\x01\0\0\0\x02\0\0\0\x03";
    let json = |bytes: &[u8]| {
        let stream = outlive_serial::Stream::decode(bytes, &outlive_serial::Limits::default()).unwrap();
        serde_json::to_string(&stream.root().unwrap().view()).unwrap()
    };
    assert_eq!(json(bytes), r#"{"class":"t.Sub","fields":{"t.Base.x":1,"y":2,"x":3}}"#);
    let value = outlive_serial::Value::from_bytes(&bytes[4..], &outlive_serial::Limits::default()).unwrap();
    #[derive(serde::Deserialize)]
    struct Sub {
        x: i32,
        y: i32,
    }
    let Sub { x, y } = value.to_serde().unwrap();
    assert_eq!((x, y), (3, 2), "a Rust type has one field, that of the most derived class");
}

#[test]
fn floats_have_the_digits_that_java_writes() {
    let json = |value: f32| serde_json::to_string(&outlive_serial::JavaView::Float(value)).unwrap();
    for (value, text) in [
        (f32::from_bits(1), "1.4e-45"),
        (-f32::from_bits(2), "-2.8e-45"),
        (f32::from_bits(7), "9.8e-45"),
        (f32::MIN_POSITIVE, "1.1754944e-38"),
        (f32::MAX, "3.4028235e+38"),
        (0.1, "0.1"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (3.0, "3.0"),
        (-1e30, "-1e+30"),
        (f32::NAN, "null"),
    ] {
        assert_eq!(json(value), text);
    }
    // Each is the same float again, also for who reads it as a double.
    for bits in (0..0x7f80_0000_u32).step_by(99_991).chain(0..1000) {
        let text = json(f32::from_bits(bits));
        assert_eq!(text.parse::<f32>().unwrap().to_bits(), bits, "{text}");
        assert_eq!((text.parse::<f64>().unwrap() as f32).to_bits(), bits, "{text}");
    }
}

#[test]
fn sets_and_texts_have_a_class() {
    check(
        "sets",
        expect![[r#"
            {"class":"java.util.HashSet","elements":["red","green"]}
            {"class":"java.util.LinkedHashSet","elements":[3,1,2]}
            {"class":"java.util.TreeSet","elements":["a","b"]}
            {"class":"java.util.TreeSet","elements":[]}
            {"class":"java.util.CollSer","elements":[]}
            {"class":"java.util.CollSer","elements":[1]}
            {"class":"java.util.EnumSet$SerializationProxy","elements":[{"class":"Cases$Colour","fields":{"name":"RED"}},{"class":"Cases$Colour","fields":{"name":"GREEN"}}]}
            {"class":"java.util.EnumSet$SerializationProxy","elements":[]}
            {"class":"java.util.Collections$SetFromMap","elements":["k","a"]}
        "#]],
    );
    check(
        "identifiers",
        expect![[r#"
            {"class":"java.util.UUID","fields":{"text":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}}
            {"class":"java.util.UUID","fields":{"text":"00000000-0000-0000-ffff-ffffffffffff"}}
            {"class":"java.util.Locale","fields":{"text":"de_DE"}}
            {"class":"java.util.Locale","fields":{"text":"en"}}
            {"class":"java.util.Locale","fields":{"text":""}}
            {"class":"java.util.Currency","fields":{"text":"EUR"}}
            {"class":"java.net.URI","fields":{"text":"https://example.org/a?b=c#d"}}
            {"class":"java.net.URL","fields":{"text":"http://user@example.org:8080/a/b?c=d#e"}}
        "#]],
    );
}

#[test]
fn keys_are_texts() {
    check(
        "maps",
        expect![[r#"
        {}
        {"k":"v"}
        {"1":"one","two":2,"null":null}
        {"x":1,"y":2}
        {"b":2,"a":1}
        {"h":1}
        {"key":"value"}
        {"GREEN":7}
        {"i":1}
        {}
        {"k":1}
    "#]],
    );
}

#[test]
fn bytes_are_hex_and_dates_are_numbers() {
    check(
        "dates",
        expect![[r#"
        0
        1700000000123
        -1
        1700000000123
        86400000
        3600000
    "#]],
    );
    check(
        "arrays",
        expect![[r#"
            "0001027f80ff"
            ""
            {"class":"[I","elements":[1,-2,3]}
            {"class":"[J","elements":[1099511627776]}
            {"class":"[Z","elements":[true,false]}
            {"class":"[C","elements":["a","é"]}
            {"class":"[D","elements":[0.5]}
            {"class":"[F","elements":[-0.5]}
            {"class":"[S","elements":[-300]}
            {"class":"[Ljava.lang.String;","elements":["s",null]}
            {"class":"[Ljava.lang.Object;","elements":[]}
            {"class":"[Ljava.lang.Object;","elements":[1,"x",null,{"class":"[I","elements":[9]}]}
            {"class":"[[I","elements":[{"class":"[I","elements":[1]},{"class":"[I","elements":[]},null]}
            {"class":"[LCases$Colour;","elements":[{"class":"Cases$Colour","fields":{"name":"RED"}}]}
            {"class":"[[B","elements":["01"]}
        "#]],
    );
}
