//! Values as JSON.

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
        "RED"
        "GREEN"
        "RED"
        ["GREEN","NEW"]
        ["RED"]
    "#]],
    );
    check(
        "cycles",
        expect![[r#"
        ["head",null]
        {"class":"Cases$Bean","fields":{"number":1,"paid":false,"total":8.75,"name":"ring","next":{"class":"Cases$Bean","fields":{"number":2,"paid":false,"total":8.75,"name":"back","next":null}}}}
        {"class":"Cases$Bean","fields":{"number":2,"paid":false,"total":8.75,"name":"back","next":{"class":"Cases$Bean","fields":{"number":1,"paid":false,"total":8.75,"name":"ring","next":null}}}}
        {"self":null,"list":["head",null]}
        [null,"array"]
        ["head",null]
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
        [1,-2,3]
        [1099511627776]
        [true,false]
        ["a","é"]
        [0.5]
        [-0.5]
        [-300]
        ["s",null]
        []
        [1,"x",null,[9]]
        [[1],[],null]
        ["RED"]
        ["01"]
    "#]],
    );
}
