//! A JVM reads what this crate writes.
//!
//! Runs where there are `java` and `javac`; elsewhere it says that it was skipped, unless `CI` is `true`: then it fails.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Thing, cases, read_as, show, testdata};
use outlive_serial::{ObjectOutput, Value};
use serde::Serialize;

/// Streams for the JVM, each with the text that it should print.
struct Streams {
    directory: PathBuf,
    count: usize,
}

impl Streams {
    fn add(&mut self, name: &str, bytes: &[u8], text: &str) {
        self.count += 1;
        let path = self.directory.join(format!("{name}.bin"));
        assert!(!path.exists(), "{name} twice");
        std::fs::write(&path, bytes).unwrap();
        std::fs::write(path.with_extension("txt"), text).unwrap();
    }

    fn add_value(&mut self, name: &str, value: &Value) {
        let stream = [&[0xac, 0xed, 0, 5], &*value.to_bytes()].concat();
        self.add(name, &stream, &format!("object {}\n", show(&value.view())));
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("-version").output().is_ok_and(|output| output.status.success())
}

fn run(program: &str, arguments: &[&Path]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn java_reads_what_we_write() {
    if !is_there("java") || !is_there("javac") {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs java and javac");
        eprintln!("SKIPPED: there is no java or no javac, so nothing checked that Java reads what we write");
        return;
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("jvm-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut streams = Streams { directory: directory.clone(), count: 0 };
    golden(&mut streams);
    rust_values(&mut streams);
    constructed(&mut streams);

    run("javac", &[Path::new("-d"), &directory, &testdata().join("Cases.java")]);
    run("java", &[Path::new("-cp"), &directory, Path::new("Cases"), Path::new("read"), &directory]);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "out") {
            seen += 1;
            let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap();
            let found = std::fs::read_to_string(&path).unwrap();
            if found != expected {
                wrong.push(format!("{}\n--- wanted\n{expected:.2000}\n--- found\n{found:.2000}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} streams are wrong\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(seen, streams.count);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// Each of Java's own streams again: taken apart, and put together in three ways.
fn golden(streams: &mut Streams) {
    for case in cases().iter().filter(|case| case.name != "unordered") {
        let mut output = ObjectOutput::new();
        let mut text = String::new();
        let mut list = Vec::new();
        for (index, (thing, line)) in read_as(&case.bytes, &case.text).unwrap().into_iter().enumerate() {
            match thing {
                Thing::Exception => continue,
                Thing::Primitive(bytes) => output.write_bytes(&bytes),
                Thing::Value(value) => {
                    output.write_value(&value);
                    let stream = [&[0xac, 0xed, 0, 5], &*value.to_bytes()].concat();
                    streams.add(&format!("{}-alone-{index}", case.name), &stream, &format!("{line}\n"));
                    list.extend(line.starts_with("object").then_some(value));
                }
            }
            text += &line;
            text.push('\n');
        }
        streams.add(&format!("{}-mixed", case.name), &output.finish(), &text);
        streams.add_value(&format!("{}-list", case.name), &Value::array_list(list));
    }
}

#[derive(Serialize)]
struct Cart {
    id: u64,
    owner: Option<String>,
    gift: Option<bool>,
    lines: Vec<Line>,
    prices: BTreeMap<i32, f64>,
    state: State,
    history: Vec<State>,
    unit: (),
}

#[derive(Serialize)]
struct Line {
    label: &'static str,
    count: u8,
    key: char,
    raw: Vec<u8>,
    empty: Vec<u8>,
    pair: (i8, f32),
}

#[derive(Serialize)]
enum State {
    Open,
    Paid(i64),
    Sent { by: String, parcels: u16 },
    Lost(u8, u32),
}

fn rust_values(streams: &mut Streams) {
    let line = |label| Line { label, count: 200, key: 'é', raw: vec![0, 255], empty: vec![], pair: (-1, 0.5) };
    let cart = Cart {
        id: 1 << 40,
        owner: Some("alice \0 😀".into()),
        gift: None,
        lines: vec![line("left"), line("right")],
        prices: BTreeMap::from([(1, 1.5), (-2, -0.25)]),
        state: State::Open,
        history: vec![
            State::Paid(1 << 33),
            State::Sent { by: "post".into(), parcels: 65535 },
            State::Lost(255, u32::MAX),
            State::Open,
        ],
        unit: (),
    };
    streams.add_value("rust-cart", &Value::from_serde(&cart).unwrap());
    streams.add_value("rust-integer", &Value::from_serde(&5_i32).unwrap());
    streams.add_value("rust-string", &Value::from_serde("x").unwrap());
    streams.add_value("rust-none", &Value::from_serde(&None::<i32>).unwrap());
    streams.add_value("rust-huge", &Value::from_serde(&"é".repeat(40_000)).unwrap());
    let many: BTreeMap<i32, String> = (0..1000).map(|n| (n, n.to_string())).collect();
    let value = Value::from_serde(&many).unwrap();
    streams.add_value("rust-many", &value);
    let mut deep = Value::from_serde(&cart).unwrap();
    for _ in 0..40 {
        deep = Value::array_list([deep, Value::integer(1)]);
    }
    streams.add_value("rust-deep", &deep);
}

fn constructed(streams: &mut Streams) {
    let values = [
        Value::null(),
        Value::boolean(true),
        Value::integer(7),
        Value::integer(1 << 20),
        Value::long(7),
        Value::double(0.5),
        Value::string("s"),
        Value::date(1_700_000_000_123),
        Value::bytes(&[1, 2, 3]),
        Value::hash_map([(Value::string("k"), Value::integer(7))]),
        Value::linked_hash_map([(Value::integer(2), Value::null()), (Value::integer(1), Value::boolean(true))]),
        Value::array_list([Value::integer(7), Value::integer(7), Value::date(0), Value::date(0)]),
    ];
    let mut output = ObjectOutput::new();
    let mut text = String::new();
    // Twice, so that all that can be shared is.
    for value in values.iter().chain(&values) {
        output.write_value(value);
        output.write_i32(5);
        output.write_long_object(9);
        output.write_integer_object(1 << 20);
        output.write_boolean_object(false);
        output.write_string_object("name");
        output.write_null();
        text += &format!("object {}\nint Integer 5\n", show(&value.view()));
        text += "object Long 9\nobject Integer 1048576\nobject Boolean false\nobject \"name\"\nobject null\n";
    }
    streams.add("constructed", &output.finish(), &text);
    for (index, value) in values.iter().enumerate() {
        streams.add_value(&format!("constructed-{index}"), value);
    }
    streams.add_value("constructed-list", &Value::array_list(values));
}
