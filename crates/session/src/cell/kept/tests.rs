use outlive_serial::Value;
use outlive_tribes_proto::time::Monotonic;

use super::*;
use crate::principal::User;

const NAME: &str = "localhost#/app";

fn at(seconds: i64) -> Now {
    Now {
        monotonic: Monotonic(Duration::from_secs(1_000_000 + seconds.unsigned_abs())),
        wall: UnixMillis(seconds * 1000),
    }
}

fn made() -> SessionCell {
    let mut cell = SessionCell::create(at(10), SessionId::parse("AB.n1").unwrap(), 1800);
    cell.set_attribute("a", Value::string("1")).unwrap();
    cell.set_attribute("b", Value::string("1")).unwrap();
    cell.set_attribute("gone", Value::string("1")).unwrap();
    cell.set_user(Some(User::new("alice", ["user"]))).unwrap();
    cell.complete(at(10), NAME, Writer(1), false);
    cell
}

fn text(cell: &SessionCell) -> alloc::string::String {
    use core::fmt::Write as _;
    let mut out = alloc::string::String::new();
    for (name, value) in cell.attributes() {
        write!(out, "{name}={} ", value.to_serde::<alloc::string::String>().unwrap()).unwrap();
    }
    write!(out, "{:?}", cell.user().map(|user| &user.name)).unwrap();
    out
}

#[test]
fn a_session_comes_back_as_it_was_with_its_user() {
    let stored = made().stored(at(12));
    assert_eq!((stored.state.last_accessed, stored.state.this_accessed), (UnixMillis(10_000), UnixMillis(10_000)));
    let id = SessionId::parse("AB.n1").unwrap();
    let back = SessionCell::from_stored(at(60), id, stored.clone(), Duration::from_secs(50));
    assert_eq!(text(&back), text(&made()));
    assert_eq!((back.idle(at(60)), back.role(), back.is_new()), (Duration::from_secs(50), Role::Primary, false));
    assert_eq!(back.stored(at(60)).state.attributes, stored.state.attributes);
    assert_eq!(back.stored(at(60)).auth_type, stored.auth_type);
}

/// Two nodes over one store: each wins for what it has written itself since they last met there.
#[test]
fn what_was_written_here_since_the_last_save_wins_and_all_else_is_the_stores() {
    let mut here = made();
    let saved = here.clock();
    let id = SessionId::parse("AB.n1").unwrap();
    let mut there = SessionCell::from_stored(at(20), id, here.stored(at(20)), Duration::from_secs(10));
    here.set_attribute("a", Value::string("here")).unwrap();
    here.complete(at(21), NAME, Writer(1), false);
    there.set_attribute("a", Value::string("there")).unwrap();
    there.set_attribute("b", Value::string("there")).unwrap();
    there.set_attribute("new", Value::string("there")).unwrap();
    there.remove_attribute("gone").unwrap();
    there.set_user(None).unwrap();
    there.complete(at(22), NAME, Writer(2), false);
    let known = Origin { writer: Writer(u64::MAX), stated: saved, hybrid: true };
    here.merge_stored(at(23), there.stored(at(23)), known, Duration::from_secs(1));
    assert_eq!(text(&here), "a=here b=there new=there None");
}
