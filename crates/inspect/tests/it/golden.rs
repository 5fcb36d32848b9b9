//! What is printed of captures of real Tomcats, to the letter.

use std::collections::BTreeSet;

use expect_test::expect_file;
use serde_json::Value as Json;

use crate::support::{captures, in_pieces, settings_of};

#[test]
fn captures_are_printed_as_they_were() {
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let records = in_pieces(&bytes, usize::MAX, settings_of(&name));
        let text: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
        assert!(!text.contains("\"kind\":\"error\""), "{name}: {text}");
        expect_file![path.with_extension("jsonl")].assert_eq(&text);
    }
}

#[test]
fn how_the_bytes_come_in_does_not_matter() {
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let whole = in_pieces(&bytes, usize::MAX, settings_of(&name));
        for size in [1, 7, 100] {
            assert!(in_pieces(&bytes, size, settings_of(&name)) == whole, "{name} in pieces of {size}");
        }
    }
}

/// Each byte of a capture belongs to one line; but the parts of a fragmented message are told by the last of them.
#[test]
fn records_follow_each_other_without_a_gap() {
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("fragment") || name.ends_with(".ser") {
            continue;
        }
        let mut end = 0;
        for record in in_pieces(&bytes, usize::MAX, settings_of(&name)) {
            assert_eq!(record.offset, end, "{name}");
            end += record.length;
        }
        assert_eq!(end, bytes.len() as u64, "{name}");
    }
}

#[test]
fn an_encrypted_message_without_its_key_is_bytes() {
    let (_, bytes) = captures().into_iter().find(|(path, _)| path.ends_with("encrypt-6-04-a-to-b.c2s.bin")).unwrap();
    let records = in_pieces(&bytes, usize::MAX, outlive_inspect::Settings::default());
    assert_eq!(records.len(), 6);
    for record in records {
        let json = serde_json::to_value(record).unwrap();
        assert_eq!(json["layers"], serde_json::json!(["encrypt"]));
        assert_eq!(json["body"]["type"], "bytes");
    }
}

fn keys(json: &Json, path: &str, seen: &mut BTreeSet<String>) {
    let Some(object) = json.as_object() else { return };
    for (key, value) in object {
        seen.insert(format!("{path}{key}"));
        if matches!(key.as_str(), "from" | "body" | "primary") {
            keys(value, &format!("{key}."), seen);
        }
    }
}

/// The keys that users rely on, by the table of `outlive inspect`.
#[test]
fn the_keys_are_those_of_the_contract() {
    let mut seen = BTreeSet::new();
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for record in in_pieces(&bytes, usize::MAX, settings_of(&name)) {
            let kind = record.kind();
            keys(&serde_json::to_value(record).unwrap(), &format!("{kind}: "), &mut seen);
        }
    }
    let member = "host port securePort udpPort domain uniqueId alive command payload";
    let session = "id created lastAccessed thisAccessed maxInactive new valid version user roles authType attributes";
    let mut want = BTreeSet::new();
    for (path, names) in [
        ("ack: ", "kind offset length"),
        ("member: ", &format!("kind offset length {member}")),
        ("session: ", &format!("kind offset length {session}")),
        ("message: ", "kind offset length options timestamp uniqueId from layers body"),
        ("from.", member),
        ("primary.", member),
        ("body.", "type event context session time actions sessions newId"),
        ("body.", "rpcId uuid reply body map message key value nodes primary"),
    ] {
        want.extend(names.split(' ').map(|name| format!("{path}{name}")));
    }
    // A byte message is in the captures of `interop/vectors` and in `messages`.
    assert_eq!(seen, want);
}
