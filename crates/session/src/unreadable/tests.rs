use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use outlive_serial::{Limits, ObjectOutput, Value};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use super::*;
use crate::{Action, DeltaRequest, Origin, SessionCell, SessionId, SessionState, StateReader, StateWriter, Writer};

const NOW: Now = Now { monotonic: Monotonic(Duration::from_secs(100)), wall: UnixMillis(1_700_000_000_000) };
const TOMCAT: Origin = Origin { writer: Writer(7), stated: 1_700_000_000_000, hybrid: false };

fn id() -> SessionId {
    SessionId::generate([1; 16], "tomcat")
}

fn block(data: &[u8]) -> Vec<u8> {
    [&[0x77, u8::try_from(data.len()).unwrap()], data].concat()
}

fn utf(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
}

/// A delta as a Tomcat writes it, whatever its values are: nothing resets handles.
fn delta_of(values: &[(&str, &[u8])]) -> Vec<u8> {
    let count = u32::try_from(values.len()).unwrap();
    let head = [&utf(id().as_str())[..], &[0], &count.to_be_bytes()].concat();
    let mut payload = [b"\xac\xed\0\x05", &block(&head)[..]].concat();
    for (name, value) in values {
        payload.extend(block(&[&[0; 8], &utf(name)[..], &[1]].concat()));
        payload.extend_from_slice(value);
    }
    payload
}

/// The first object of a stream: its descriptor gets the first handle.
fn integer(value: i32) -> Vec<u8> {
    let mut out = ObjectOutput::new();
    out.write_integer_object(value);
    out.finish().split_off(4)
}

/// Another one, which shares the descriptor.
fn next_integer(value: i32) -> Vec<u8> {
    [&b"\x73\x71\0\x7e\0\0"[..], &value.to_be_bytes()].concat()
}

const TEXT: &[u8] = b"\x74\0\x01x";

/// Object arrays inside each other, one more than the limits allow.
fn deep() -> Vec<u8> {
    let descriptor =
        [&b"\x72"[..], &utf("[Ljava.lang.Object;"), b"\x90\xce\x58\x9f\x10\x73\x29\x6c\x02\0\0\x78\x70"].concat();
    // Behind the descriptors of Integer and Number and one Integer.
    let again = b"\x75\x71\0\x7e\0\x03\0\0\0\x01";
    let levels = Limits::default().depth + 1;
    [&[0x75], &descriptor[..], &[0, 0, 0, 1], &again.repeat(levels), &[0x70]].concat()
}

fn read(payload: &[u8]) -> Vec<(String, Result<Value, Why>)> {
    let delta = DeltaRequest::decode_tolerantly(payload, &Limits::default()).unwrap();
    let read = |action| match action {
        Action::SetAttribute(name, value) => (name.to_string(), Ok(value)),
        Action::Unreadable(Unreadable { name, why, .. }) => (name, Err(why)),
        other => panic!("{other:?}"),
    };
    delta.actions.into_iter().map(read).collect()
}

fn ok(name: &str, value: Value) -> (String, Result<Value, Why>) {
    (name.to_string(), Ok(value))
}

#[test]
fn a_value_that_is_no_object_costs_its_attribute_alone() {
    let head_of_another = [&b"\x73\x72"[..], &utf("no.end"), &[0; 8], b"\x02\0\x09"].concat();
    for broken in [&b"\xff\xff\xff\xff"[..], b"", b"\x73", &head_of_another, b"\x74\xff\xff", b"\x77\x77\x77"] {
        let payload = delta_of(&[
            ("a", &integer(5)),
            ("b", broken),
            ("c", &next_integer(7)),
            ("d", TEXT),
            ("e", &next_integer(8)),
        ]);
        assert!(DeltaRequest::decode(&payload, &Limits::default()).is_err(), "{broken:x?}");
        let mut read = read(&payload);
        let (name, why) = read.remove(1);
        assert!(name == "b" && matches!(why, Err(Why::Broken(_))), "{broken:x?}: {why:?}");
        let rest = [
            ok("a", Value::integer(5)),
            ok("c", Value::integer(7)),
            ok("d", Value::string("x")),
            ok("e", Value::integer(8)),
        ];
        assert_eq!(read, rest, "{broken:x?}");
    }
}

#[test]
fn the_last_value_may_be_the_broken_one() {
    let read = read(&delta_of(&[("a", &integer(5)), ("b", b"\xff")]));
    assert_eq!(read[0], ok("a", Value::integer(5)));
    assert!(matches!(&read[1], (name, Err(Why::Broken(_))) if name == "b"));
}

/// The broken value has assigned nobody knows how many handles: what refers behind it must not be guessed.
#[test]
fn nothing_is_read_that_refers_behind_a_broken_value() {
    let read = read(&delta_of(&[("a", &integer(5)), ("b", b"\xff"), ("c", TEXT), ("d", b"\x71\0\x7e\0\x03")]));
    assert_eq!(read[0], ok("a", Value::integer(5)));
    assert!(matches!(read[1].1, Err(Why::Broken(_))));
    // A reference to nothing is an object of which the end is known, so it alone is refused.
    assert_eq!(read[2], ok("c", Value::string("x")));
    assert!(matches!(&read[3], (name, Err(Why::Refused(_))) if name == "d"), "{read:?}");
}

#[test]
fn what_follows_is_lost_where_no_place_to_go_on_is_found() {
    let mut payload = delta_of(&[("a", &integer(5)), ("b", b"\xff"), ("c", TEXT), ("d", TEXT)]);
    payload.truncate(payload.len() - 1);
    let read = read(&payload);
    assert_eq!(read[0], ok("a", Value::integer(5)));
    assert!(matches!(read[1].1, Err(Why::Broken(_))));
    assert_eq!(read[2..], [(String::new(), Err(Why::Behind)), (String::new(), Err(Why::Behind))]);
}

/// Each place could begin an action, and none does: the search gives up in time that follows the length.
#[test]
fn a_search_is_bounded() {
    let mut payload = delta_of(&[("a", b"\xff"), ("b", TEXT)]);
    let head = block(&[&[0; 8], &utf("x")[..], &[1]].concat());
    payload.extend(head.repeat((4 << 20) / head.len()));
    assert!(matches!(read(&payload)[1].1, Err(Why::Behind)));
}

#[test]
fn an_object_that_is_too_deep_or_refers_to_nothing_is_refused_and_named() {
    let nowhere = [
        &b"\x75\x72"[..],
        &utf("[Ljava.lang.Object;"),
        b"\x90\xce\x58\x9f\x10\x73\x29\x6c\x02\0\0\x78\x70\0\0\0\x01\x71\0\x7e\x99\x99",
    ]
    .concat();
    for hostile in [deep(), nowhere] {
        let read = read(&delta_of(&[("a", &integer(5)), ("b", &hostile), ("c", &next_integer(7))]));
        assert_eq!((&read[0], &read[2]), (&ok("a", Value::integer(5)), &ok("c", Value::integer(7))));
        let (name, Err(Why::Refused(refused))) = &read[1] else { panic!("{:?}", read[1]) };
        assert_eq!((name.as_str(), refused.class.as_deref()), ("b", Some("[Ljava.lang.Object;")));
        assert_eq!(refused.bytes, hostile);
    }
}

fn cell() -> SessionCell {
    SessionCell::created_elsewhere(NOW, id(), NOW.wall, 1800)
}

fn apply(cell: &mut SessionCell, payload: &[u8]) -> crate::Applied {
    cell.apply(NOW, DeltaRequest::decode_tolerantly(payload, &Limits::default()).unwrap(), TOMCAT)
}

#[test]
fn a_refused_value_is_kept_and_never_forwarded() {
    let mut cell = cell();
    apply(&mut cell, &delta_of(&[("b", &integer(1))]));
    let applied = apply(&mut cell, &delta_of(&[("a", &integer(5)), ("b", &deep())]));
    assert_eq!(applied.unreadable.iter().map(|unreadable| unreadable.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(cell.attribute("a"), Some(&Value::integer(5)));
    assert_eq!(cell.attribute("b"), None, "what it was is out of date");
    let kept: Vec<_> = cell.quarantined().iter().map(|(name, refused)| (name.as_str(), refused.bytes.len())).collect();
    assert_eq!(kept, [("b", deep().len())]);

    let state = cell.to_state(NOW, true);
    assert_eq!(state.attributes, [("a".to_string(), Value::integer(5))]);
    let rested = cell.pack().unwrap().unpack().unwrap();
    assert_eq!(rested.quarantined(), cell.quarantined(), "also while it rests");
    cell.set_attribute("a", Value::integer(6)).unwrap();
    let outgoing = cell.complete(NOW, "c", Writer(1), true);
    assert!(outgoing.iter().all(|sent| !sent.body.windows(19).any(|bytes| bytes == b"[Ljava.lang.Object;")));

    apply(&mut cell, &delta_of(&[("b", &integer(2))]));
    assert_eq!(
        (cell.attribute("b"), cell.quarantined().len()),
        (Some(&Value::integer(2)), 0),
        "a good value replaces it"
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let mut cell = cell();
    let names: Vec<String> = (0..QUARANTINE_MAX + 5).map(|number| number.to_string()).collect();
    for name in &names {
        apply(&mut cell, &delta_of(&[("a", &integer(5)), (name, &deep())]));
    }
    assert_eq!(cell.quarantined().len(), QUARANTINE_MAX);
}

fn state(number: u8) -> SessionState {
    let attribute = |name: &str| (name.to_string(), Value::string(&std::format!("value-{name}-{number}")));
    let id = SessionId::generate([number; 16], "tomcat");
    SessionState {
        id: id.as_str().into(),
        attributes: vec![attribute("a"), attribute("b"), attribute("c")],
        ..cell().to_state(NOW, true)
    }
}

/// A whole state of three sessions, in which the value of `b` in the second one is replaced.
fn states_with(value: &[u8]) -> Vec<u8> {
    let mut writer = StateWriter::new(3);
    (1..=3).for_each(|number| writer.push(&state(number)));
    let payload = writer.finish();
    let good = b"\x74\0\x09value-b-2";
    let at = payload.windows(good.len()).position(|bytes| bytes == good).unwrap();
    [&payload[..at], value, &payload[at + good.len()..]].concat()
}

#[test]
fn a_broken_or_hostile_value_costs_its_attribute_of_a_whole_state() {
    let descriptor =
        [&b"\x72"[..], &utf("[Ljava.lang.Object;"), b"\x90\xce\x58\x9f\x10\x73\x29\x6c\x02\0\0\x78\x70"].concat();
    let level = [&[0x75], &descriptor[..], &[0, 0, 0, 1]].concat();
    let hostile = [&level.repeat(Limits::default().depth + 1)[..], &[0x70]].concat();
    for (value, class) in
        [(&b"\xff\xff"[..], None), (b"\x73\x72\0\x02ab", None), (&hostile, Some("[Ljava.lang.Object;"))]
    {
        let payload = states_with(value);
        let mut reader = StateReader::new(&payload, &Limits::default()).unwrap().tolerant();
        let states: Vec<SessionState> = reader.by_ref().map(Result::unwrap).collect();
        assert_eq!(reader.lost(), 0);
        assert_eq!((&states[0], &states[2]), (&state(1), &state(3)));
        let mut wanted = state(2).attributes;
        wanted.remove(1);
        assert_eq!(states[1].attributes, wanted);
        let [unreadable] = &states[1].unreadable[..] else { panic!("{:?}", states[1].unreadable) };
        assert_eq!((unreadable.name.as_str(), unreadable.class()), ("b", class));

        let mut taken = cell();
        taken.merge(NOW, states[1].clone(), None, TOMCAT, Duration::ZERO);
        assert_eq!(taken.quarantined().len(), usize::from(class.is_some()));
        assert_eq!(taken.to_state(NOW, true).attributes, wanted, "and none of it goes out again");
    }
}

#[test]
fn sessions_behind_what_cannot_be_passed_are_counted() {
    let mut payload = states_with(b"\xff");
    payload.truncate(payload.len() - 40);
    let mut reader = StateReader::new(&payload, &Limits::default()).unwrap().tolerant();
    let states: Vec<SessionState> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!((states.len(), reader.lost()), (2, 1));
    assert_eq!(states[1].attributes[..], state(2).attributes[..1], "what was read before is kept");
}
