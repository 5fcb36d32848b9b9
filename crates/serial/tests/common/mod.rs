//! The streams in `testdata`, and values as text, as `Cases.java` writes it.

#![allow(dead_code, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use outlive_serial::{DecodeError, JavaView, Limits, ObjectInput, Read, Value};

/// A stream and its text.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
}

pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// All cases that a JVM wrote, but the one that is to be refused.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(testdata().join("jdk-17")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "bin") && !path.ends_with("protocol-1.bin") {
            cases.push(Case {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                bytes: std::fs::read(&path).unwrap(),
                text: std::fs::read_to_string(path.with_extension("txt")).unwrap(),
            });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() > 30, "where are the cases?");
    cases
}

/// Something that was read from a stream.
pub(crate) enum Thing {
    Primitive(Vec<u8>),
    Value(Value),
    Exception,
}

/// Reads a stream of the kinds that a text tells, and gives what it found with the text of that.
pub(crate) fn read_as(bytes: &[u8], text: &str) -> Result<Vec<(Thing, String)>, DecodeError> {
    let mut input = ObjectInput::new(bytes, Limits::default())?;
    let mut things = Vec::new();
    for line in text.lines() {
        let kind = line.split(' ').next().unwrap();
        let before = input.offset();
        let (thing, shown) = match kind {
            "boolean" => primitive(JavaView::Boolean(input.read_bool()?)),
            "byte" => primitive(JavaView::Byte(input.read_u8()? as i8)),
            "short" => primitive(JavaView::Short(input.read_i16()?)),
            "int" => primitive(JavaView::Integer(input.read_i32()?)),
            "long" => primitive(JavaView::Long(input.read_i64()?)),
            "float" => primitive(JavaView::Float(input.read_f32()?)),
            "double" => primitive(JavaView::Double(input.read_f64()?)),
            "utf" => primitive(JavaView::String(input.read_utf()?)),
            "bytes" => primitive(JavaView::Bytes(input.read_bytes((line.len() - "bytes bytes ".len()) / 2)?)),
            "object" | "opaque" | "exception" => match input.read_object()? {
                Read::Exception => (Thing::Exception, String::new()),
                Read::Value(value) if kind == "opaque" => {
                    let shown = line.strip_prefix("opaque ").unwrap().to_owned();
                    (Thing::Value(value), shown)
                }
                Read::Value(value) => {
                    let shown = show(&value.view());
                    (Thing::Value(value), shown)
                }
            },
            other => panic!("no kind: {other}"),
        };
        assert!(input.offset() > before);
        let line = match thing {
            Thing::Exception => "exception".to_owned(),
            _ => format!("{kind} {shown}"),
        };
        things.push((thing, line));
    }
    assert!(input.at_end(), "more than the text says");
    Ok(things)
}

fn primitive(view: JavaView) -> (Thing, String) {
    let bytes = match &view {
        JavaView::Boolean(value) => vec![u8::from(*value)],
        JavaView::Byte(value) => value.to_be_bytes().to_vec(),
        JavaView::Short(value) => value.to_be_bytes().to_vec(),
        JavaView::Integer(value) => value.to_be_bytes().to_vec(),
        JavaView::Long(value) => value.to_be_bytes().to_vec(),
        JavaView::Float(value) => value.to_be_bytes().to_vec(),
        JavaView::Double(value) => value.to_be_bytes().to_vec(),
        JavaView::Bytes(bytes) => bytes.clone(),
        JavaView::String(text) => {
            let bytes = outlive_serial::modified_utf8::encode(text);
            [&(bytes.len() as u16).to_be_bytes(), &bytes[..]].concat()
        }
        other => panic!("no primitive: {other:?}"),
    };
    let shown = show(&view);
    (Thing::Primitive(bytes), shown)
}

/// The text of a value, as `Cases.java` has it.
pub(crate) fn show(view: &JavaView) -> String {
    let mut out = String::new();
    write_view(view, &mut out);
    out
}

fn write_view(view: &JavaView, out: &mut String) {
    match view {
        JavaView::Null => out.push_str("null"),
        JavaView::Cut => out.push('…'),
        JavaView::Boolean(value) => write!(out, "Boolean {value}").unwrap(),
        JavaView::Byte(value) => write!(out, "Byte {value}").unwrap(),
        JavaView::Short(value) => write!(out, "Short {value}").unwrap(),
        JavaView::Integer(value) => write!(out, "Integer {value}").unwrap(),
        JavaView::Long(value) => write!(out, "Long {value}").unwrap(),
        JavaView::Float(value) => write!(out, "Float {value:?}").unwrap(),
        JavaView::Double(value) => write!(out, "Double {value:?}").unwrap(),
        JavaView::Char(value) => write!(out, "Character {value}").unwrap(),
        JavaView::String(text) => quote(text, out),
        JavaView::Text { class, text } => {
            write!(out, "{class} ").unwrap();
            quote(text, out);
        }
        JavaView::Bytes(bytes) => {
            out.push_str("bytes ");
            bytes.iter().for_each(|byte| write!(out, "{byte:02x}").unwrap());
        }
        JavaView::Date(ms) => write!(out, "Date {ms}").unwrap(),
        JavaView::Array { class, elements } => {
            out.push_str(class);
            all(elements, ['[', ']'], out);
        }
        JavaView::List(elements) => all(elements, ['[', ']'], out),
        JavaView::Set(set) => all(&set.elements, ['<', '>'], out),
        JavaView::Map(pairs) => {
            out.push('{');
            for (key, value) in pairs {
                write_view(key, out);
                out.push_str(": ");
                write_view(value, out);
                out.push_str(", ");
            }
            out.push('}');
        }
        JavaView::Enum { class, name } => write!(out, "{class}.{name}").unwrap(),
        JavaView::Class(name) => write!(out, "class {name}").unwrap(),
        JavaView::Object { class, fields } => {
            write!(out, "{class}(").unwrap();
            // The texts have each name once: where its first field stands, and with what the last one holds.
            let bare = |name: &'_ str| name.rsplit('.').next().unwrap_or_default().to_owned();
            for (at, (name, _)) in fields.iter().enumerate() {
                let name = bare(name);
                if fields[..at].iter().any(|(before, _)| bare(before) == name) {
                    continue;
                }
                let (_, value) = fields.iter().rfind(|(last, _)| bare(last) == name).unwrap();
                write!(out, "{name}: ").unwrap();
                write_view(value, out);
                out.push_str(", ");
            }
            out.push(')');
        }
        other => panic!("no text for {other:?}"),
    }
}

fn all(elements: &[JavaView], [open, close]: [char; 2], out: &mut String) {
    out.push(open);
    for element in elements {
        write_view(element, out);
        out.push_str(", ");
    }
    out.push(close);
}

fn quote(text: &str, out: &mut String) {
    let units: Vec<u16> = text.encode_utf16().collect();
    if units.len() > 2000 {
        let hash = units.iter().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add((*unit).into()));
        write!(out, "{} units with hash {hash}", units.len()).unwrap();
        return;
    }
    out.push('"');
    for unit in units {
        match unit {
            0x20..=0x7e if unit != 0x22 && unit != 0x5c => out.push(unit as u8 as char),
            _ => write!(out, "\\u{unit:04x}").unwrap(),
        }
    }
    out.push('"');
}
