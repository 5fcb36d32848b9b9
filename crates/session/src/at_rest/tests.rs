//! Packing and unpacking give the same session, whatever is in it.

use std::string::ToString;

use outlive_tribes_proto::time::Monotonic;
use proptest::prelude::*;

use super::*;
use crate::delta::{Action, DeltaRequest};
use crate::principal::User;
use crate::stamp::{Origin, Writer};

const CONTEXT: &str = "localhost#/app";

fn now(ms: u64) -> Now {
    Now { monotonic: Monotonic(Duration::from_millis(ms)), wall: UnixMillis(1_700_000_000_000 + ms as i64) }
}

fn settled(text: &str) -> SessionCell {
    let mut cell = SessionCell::create(now(5), SessionId::parse(text).unwrap(), 1800);
    cell.complete(now(6), CONTEXT, Writer(9), true);
    cell
}

fn comes_back(cell: &SessionCell) {
    let packed = cell.pack().unwrap();
    assert_eq!(packed.unpack().as_ref(), Some(cell));
    for seconds in [0, 1799, 1801, 3599, 3601] {
        assert_eq!(packed.expiry(now(seconds * 1000)), cell.expiry(now(seconds * 1000)));
    }
}

#[test]
fn a_session_is_the_same_before_and_after_its_rest() {
    for id in ["0123456789ABCDEF0123456789ABCDEF.node1", "0123456789ABCDEF0123456789ABCDEF", "other.a.b", "x"] {
        let mut cell = settled(id);
        comes_back(&cell);
        cell.access(now(10));
        cell.set_attribute("counter", Value::integer(1)).unwrap();
        cell.set_attribute("name", Value::string(&"x".repeat(100))).unwrap();
        cell.set_attribute("large", Value::bytes(&[7; 1000])).unwrap();
        cell.set_attribute("gone", Value::integer(1)).unwrap();
        cell.set_user(Some(User::new("alice", ["admin"]))).unwrap();
        cell.complete(now(11), CONTEXT, Writer(9), true);
        cell.remove_attribute("gone").unwrap();
        cell.complete(now(12), CONTEXT, Writer(9), true);
        let delta = DeltaRequest {
            session_id: id.into(),
            record_all_actions: false,
            actions: [
                Action::SetAttribute("theirs".into(), Value::date(5)),
                Action::Note { name: "note".into(), value: Some(Value::string("n")) },
            ]
            .into(),
        };
        cell.apply(now(13), delta, Origin { writer: Writer(77), stated: 3, hybrid: false });
        comes_back(&cell);
    }
}

#[test]
fn what_has_something_to_tell_does_not_rest() {
    let mut cell = SessionCell::create(now(5), SessionId::parse("a").unwrap(), 1800);
    assert!(cell.pack().is_none(), "nobody was told of it");
    cell.complete(now(6), CONTEXT, Writer(9), true);
    cell.set_attribute("a", Value::integer(1)).unwrap();
    assert!(cell.pack().is_none(), "a change is not sent yet");
    cell.complete(now(7), CONTEXT, Writer(9), true);
    assert!(cell.pack().is_some());
    cell.end_quietly();
    assert!(cell.pack().is_none(), "it has ended");
}

#[test]
fn a_usual_session_takes_few_bytes() {
    let mut cell = settled("0123456789ABCDEF0123456789ABCDEF.node1");
    cell.set_attribute("counter", Value::integer(1)).unwrap();
    cell.set_attribute("value", Value::string(&"x".repeat(100))).unwrap();
    cell.complete(now(7), CONTEXT, Writer(9), true);
    let packed = cell.pack().unwrap();
    // 100 of the value, 29 of names and the id, 9 of the writer; times, stamps and the counter.
    assert!(packed.packed.len() <= 210, "{} bytes", packed.packed.len());
    assert!(packed.beside.is_none());
}

proptest! {
    #[test]
    fn any_state_of_a_session_comes_back(
        names in prop::collection::vec(".{0,12}", 0..12),
        times in prop::collection::vec(any::<i32>(), 1..6),
        idle in any::<i32>(),
        stated in any::<i64>(),
        hybrid in any::<bool>(),
    ) {
        let mut cell = settled("0123456789ABCDEF0123456789ABCDEF.n");
        cell.set_max_inactive(idle).unwrap();
        for (at, name) in names.iter().enumerate() {
            let time = i64::from(times[at % times.len()]);
            let value = Value::string(&time.to_string());
            let action = if at % 3 == 2 {
                Action::RemoveAttribute(name.as_str().into())
            } else {
                Action::SetAttribute(name.as_str().into(), value)
            };
            let delta = DeltaRequest { session_id: "x".into(), record_all_actions: false, actions: [action].into() };
            let origin = Origin { writer: Writer(at as u64 % 4), stated: stated.saturating_add(time), hybrid };
            cell.apply(now(time.unsigned_abs()), delta, origin);
        }
        cell.complete(now(9), CONTEXT, Writer(9), true);
        prop_assert_eq!(cell.pack().and_then(|packed| packed.unpack()), Some(cell));
    }

    #[test]
    fn other_bytes_are_no_session(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // No panic, and no memory beyond what the bytes hold.
        let _ = AtRest { packed: bytes.into(), beside: None }.unpack();
    }
}
