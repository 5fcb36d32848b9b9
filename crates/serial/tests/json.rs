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
