//! Values that no node takes: each costs itself, and is told by its name.

use expect_test::{Expect, expect};
use outlive_inspect::{Format, Record, Settings};
use outlive_serial::{Limits, Value};
use outlive_session::{
    DeltaRequest, SessionEvent, SessionMessage, SessionState, StateWriter, StoredSession, StoredWriter,
};
use outlive_tribes_proto::time::UnixMillis;

use crate::support::{frame, in_pieces, records};

/// Where a value stands that becomes another.
const PLACE: &[u8] = b"\x74\0\x05place";

fn state(id: &str, attributes: &[(&str, &str)]) -> SessionState {
    SessionState {
        created: UnixMillis(1),
        last_accessed: UnixMillis(2),
        max_inactive: 60,
        is_new: false,
        is_valid: true,
        this_accessed: UnixMillis(3),
        version: 0,
        principal: None,
        id: id.into(),
        note_session_id: None,
        note_request: None,
        attributes: attributes.iter().map(|(name, value)| ((*name).into(), Value::string(value))).collect(),
        listeners: Vec::new(),
        unreadable: Vec::new(),
    }
}

/// Three sessions, in the middle one of which something is to be replaced.
fn states() -> [SessionState; 3] {
    let middle = [("a", "first"), ("b", "place"), ("c", "last")];
    [state("ONE", &[("a", "1")]), state("TWO", &middle), state("THREE", &[("a", "3")])]
}

/// Object arrays inside each other, one more than a node takes; each has its descriptor anew, as behind a reset.
fn deep() -> Vec<u8> {
    let level = b"\x75\x72\0\x13[Ljava.lang.Object;\x90\xce\x58\x9f\x10\x73\x29\x6c\x02\0\0\x78\x70\0\0\0\x01";
    [&level.repeat(Limits::default().depth + 1)[..], &[0x70]].concat()
}

fn replaced(bytes: &[u8], value: &[u8]) -> Vec<u8> {
    let at = bytes.windows(PLACE.len()).position(|window| window == PLACE).unwrap();
    [&bytes[..at], value, &bytes[at + PLACE.len()..]].concat()
}

fn message(event: SessionEvent, payload: Vec<u8>) -> Vec<Record> {
    let message = SessionMessage::of_context(event, "/app", UnixMillis(1)).with_payload(payload);
    records(&frame(1, 6, &message.encode()))
}

/// Ids and attributes of what is shown, and the errors.
fn check(records: &[Record], expected: Expect) {
    let mut text = String::new();
    for record in records {
        let json = serde_json::to_value(record).unwrap();
        let alone = vec![json.clone()];
        let sessions = json["body"]["sessions"].as_array().unwrap_or(&alone);
        for session in sessions.iter().filter(|session| session["id"].is_string()) {
            text += &format!("{} {}\n", session["id"], session["attributes"]);
        }
        for action in json["body"]["actions"].as_array().into_iter().flatten() {
            text += &format!("{action}\n");
        }
        if record.is_error() {
            text += &format!("{}\n", json["error"].as_str().unwrap());
        }
    }
    expected.assert_eq(&text);
}

fn transfer(value: &[u8]) -> Vec<Record> {
    let mut writer = StateWriter::new(3);
    states().iter().for_each(|state| writer.push(state));
    message(SessionEvent::AllData, replaced(&writer.finish(), value))
}

#[test]
fn of_a_state_it_costs_its_attribute() {
    check(
        &transfer(&deep()),
        expect![[r#"
        "ONE" {"a":"1"}
        "TWO" {"a":"first","c":"last"}
        "THREE" {"a":"3"}
        in the session "TWO", at byte 10574: the attribute "b" is left out ([Ljava.lang.Object;): more than 256 objects inside each other
    "#]],
    );
    check(
        &transfer(b"\xff\xff"),
        expect![[r#"
        "ONE" {"a":"1"}
        "TWO" {"a":"first","c":"last"}
        "THREE" {"a":"3"}
        in the session "TWO", at byte 340: the attribute "b" breaks off: expected an object, string, array, class, enum constant, null or reference, found no tag of the protocol (0xff)
    "#]],
    );
}

#[test]
fn of_a_delta_it_costs_its_action() {
    let delta = |value: &[u8]| {
        let action = |(name, text): (&'static str, &str)| {
            outlive_session::Action::SetAttribute(name.into(), Value::string(text))
        };
        let mut actions: Vec<_> = [("a", "first"), ("b", "place"), ("c", "last")].map(action).into();
        actions.push(outlive_session::Action::MaxInactive(7));
        let delta = DeltaRequest { session_id: "TWO".into(), record_all_actions: false, actions };
        message(SessionEvent::Delta, replaced(&delta.encode().unwrap(), value))
    };
    check(
        &delta(&deep()),
        expect![[r#"
        {"action":"set","name":"a","type":"attribute","value":"first"}
        {"action":"set","name":"b","type":"attribute","value":null}
        {"action":"set","name":"c","type":"attribute","value":"last"}
        {"action":"set","name":"__SET__MAXINTERVAL__","type":"max-inactive","value":7}
        in the delta, at byte 10284: the attribute "b" is left out ([Ljava.lang.Object;): more than 256 objects inside each other
    "#]],
    );
    check(
        &delta(b"\xff\xff"),
        expect![[r#"
        {"action":"set","name":"a","type":"attribute","value":"first"}
        {"action":"set","name":"c","type":"attribute","value":"last"}
        {"action":"set","name":"__SET__MAXINTERVAL__","type":"max-inactive","value":7}
        in the delta, at byte 50: the attribute "b" breaks off: expected an object, string, array, class, enum constant, null or reference, found no tag of the protocol (0xff)
    "#]],
    );
}

#[test]
fn of_a_file_it_costs_its_attribute() {
    let stored = |state: SessionState| StoredSession { state, auth_type: None };
    let [_, two, _] = states();
    let one = replaced(&stored(two).encode(), &deep());
    check(
        &in_pieces(&one, usize::MAX, Settings::default()),
        expect![[r#"
        "TWO" {"a":"first","c":"last"}
        in the session "TWO", at byte 10480: the attribute "b" is left out ([Ljava.lang.Object;): more than 256 objects inside each other
    "#]],
    );

    for value in [&deep()[..], b"\xff\xff"] {
        let mut writer = StoredWriter::sessions(3);
        states().into_iter().for_each(|state| writer.push(&stored(state)));
        let file = replaced(&writer.finish(), value);
        let settings = Settings { format: Some(Format::Sessions), ..Settings::default() };
        let records = in_pieces(&file, usize::MAX, settings);
        let ids: Vec<_> = records.iter().map(|record| serde_json::to_value(record).unwrap()["id"].clone()).collect();
        assert_eq!(ids[..], ["ONE".into(), "TWO".into(), serde_json::Value::Null, "THREE".into()], "{records:?}");
        // The error has the place of its session, and the next one begins where that ends.
        assert_eq!((records[2].offset, records[2].length), (records[1].offset, records[1].length));
        assert_eq!(records[3].offset, records[1].offset + records[1].length);
        assert_eq!(records[3].offset + records[3].length, file.len() as u64);
    }
}

/// One reference to nothing for each few bytes: what is told stays in proportion.
#[test]
fn many_of_them_are_counted() {
    let mut output = outlive_serial::ObjectOutput::new();
    output.write_utf("AB").unwrap();
    output.write_bool(false);
    output.write_i32(5000);
    let mut payload = output.finish();
    for _ in 0..5000 {
        payload.extend_from_slice(b"\x77\x0c\0\0\0\0\0\0\0\0\0\x01k\x01\x71\0\x7e\x09\x09");
    }
    let errors: Vec<_> = message(SessionEvent::Delta, payload).into_iter().filter(Record::is_error).collect();
    assert_eq!(errors.len(), 257);
    assert!(format!("{:?}", errors[256]).contains("found 4744 more"), "{:?}", errors[256]);
}
