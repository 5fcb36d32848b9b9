use alloc::vec;
use std::println;

use super::*;
use crate::principal::{Principal, User};
use crate::unreadable::Why;
use outlive_serial::modified_utf8;

/// What stands between a session's id and the number of its attributes.
fn file(between: &[Value]) -> Vec<u8> {
    let mut out = ObjectOutput::new();
    out.write_long_object(1_700_000_000_000);
    out.write_long_object(1_700_000_000_001);
    out.write_integer_object(77);
    out.write_boolean_object(false);
    out.write_boolean_object(true);
    out.write_long_object(1_700_000_000_002);
    out.write_string_object("AB.n1");
    between.iter().for_each(|value| out.write_value(value));
    out.write_integer_object(1);
    out.write_string_object("k");
    out.write_value(&Value::string("v"));
    out.finish()
}

fn read(file: &[u8]) -> StoredSession {
    let mut reader = StoredReader::session(file, &Limits::default()).unwrap();
    let session = reader.next().unwrap().unwrap();
    assert!(reader.at_end() && reader.next().is_none());
    assert_eq!(session.state.attributes, [(String::from("k"), Value::string("v"))]);
    assert_eq!((session.state.id.as_str(), session.state.max_inactive), ("AB.n1", 77));
    session
}

#[test]
fn what_older_tomcats_leave_out_may_be_missing() {
    let null = Value::null;
    assert_eq!(read(&file(&[])).auth_type, None);
    assert_eq!(read(&file(&[null(), null()])).auth_type, None);
    assert_eq!(read(&file(&[null(), null(), null(), null()])).auth_type, None);
}

#[test]
fn a_user_is_kept_with_persist_authentication() {
    let alice = Principal::new(User::new("alice", ["user"]));
    let file = file(&[Value::string("FORM"), alice.value().clone(), Value::string("AB.n1"), Value::string("request")]);
    let session = read(&file);
    assert_eq!(session.auth_type, Some(Value::string("FORM")));
    assert_eq!(session.state.principal.as_ref(), Some(alice.value()));
    assert_eq!(session.state.note_session_id, Some(Value::string("AB.n1")));
    assert_eq!(session.state.note_request, Some(Value::string("request")));
}

#[test]
fn a_file_that_breaks_off_keeps_what_came_before() {
    let one = file(&[]);
    let mut out = ObjectOutput::new();
    out.write_integer_object(2);
    let mut both = out.finish();
    both.push(0x79); // handles begin again
    both.extend_from_slice(&one[4..]);
    let cut = both.len();
    both.push(0x79);
    both.extend_from_slice(&one[4..one.len() - 1]);
    let mut reader = StoredReader::sessions(&both, &Limits::default()).unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.offset() <= cut && !reader.at_end());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

/// A file that a Tomcat wrote; see `testdata/README.md`.
macro_rules! written_by_tomcat {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../testdata/stored/", $name)).as_slice())
    };
}

#[test]
fn what_tomcat_wrote_is_written_again_to_the_last_byte() {
    for (name, file) in [
        written_by_tomcat!("types.session"),
        written_by_tomcat!("counter.session"),
        written_by_tomcat!("idle-time.session"),
        written_by_tomcat!("user.session"),
        written_by_tomcat!("auth-user.session"),
        written_by_tomcat!("auth-nobody.session"),
        written_by_tomcat!("java.session"),
    ] {
        println!("{name}");
        let session = StoredSession::decode(file, &Limits::default()).unwrap();
        assert_eq!(session.encode(), file);
        let head = StoredHead::decode(&file[..StoredHead::BYTES_MAX.min(file.len())], &Limits::default()).unwrap();
        assert_eq!((head.id, head.max_inactive), (session.state.id, session.state.max_inactive));
    }
}

fn written_again(file: &[u8]) -> Vec<u8> {
    let sessions: Vec<_> = StoredReader::sessions(file, &Limits::default()).unwrap().collect::<Result<_, _>>().unwrap();
    let mut writer = StoredWriter::sessions(sessions.len());
    sessions.iter().for_each(|session| writer.push(session));
    writer.finish()
}

#[test]
fn a_file_of_all_sessions_is_written_again_to_the_last_byte() {
    let (_, file) = written_by_tomcat!("three.ser");
    assert_eq!(written_again(file), file);
}

/// In the Tomcat that wrote it, both users had the one `String` that its realm has for the role. Nothing in what was read tells
/// that, so it is written twice, and what follows has the next handles.
#[test]
fn users_of_one_file_share_all_that_is_known_to_be_one() {
    let (_, file) = written_by_tomcat!("auth-two.ser");
    let at = file.windows(5).position(|bytes| bytes == b"\x71\0\x7e\0\x17").unwrap();
    let mut wanted = [&file[..at], b"\x74\0\x04user", &file[at + 5..]].concat();
    *wanted.last_mut().unwrap() += 1;
    assert_eq!(written_again(file), wanted);
    assert_eq!(written_again(&wanted), wanted);
}

/// A list of numbers, an enum's constant and an array of texts.
fn shared_values() -> Vec<(String, Value)> {
    let numbers = Value::array_list([Value::integer(1000), Value::double(2.0)]);
    let mut constant = b"\x7e\x72\0\x02no\0\0\0\0\0\0\0\0\x12\0\0\x78\x72\0\x0ejava.lang.Enum".to_vec();
    constant.extend_from_slice(b"\0\0\0\0\0\0\0\0\x12\0\0\x78\x70\x74\0\x01X");
    let constant = Value::from_bytes(&constant, &Limits::default()).unwrap();
    let values = [numbers.clone(), constant.clone(), Value::double(1.0), numbers, constant];
    values.into_iter().enumerate().map(|(at, value)| (alloc::format!("value {at}"), value)).collect()
}

#[test]
fn classes_and_constants_are_written_once() {
    let mut session = read(&file(&[]));
    session.state.attributes = shared_values();
    let bytes = session.encode();
    for class in ["java.lang.Double", "java.util.ArrayList", "java.lang.Enum", "java.lang.Number"] {
        let class = modified_utf8::encode(class);
        assert_eq!(bytes.windows(class.len()).filter(|bytes| **bytes == *class).count(), 1);
    }
    assert_eq!(StoredSession::decode(&bytes, &Limits::default()).unwrap(), session);
    // 12 handles up to the number of attributes, 6 of the list and its name, one name, two classes: then comes the constant.
    assert!(bytes.ends_with(b"\x74\0\x07value 4\x71\0\x7e\0\x15"), "a reference to the constant");
}

#[test]
fn a_session_without_its_user_has_four_nulls() {
    let (_, with) = written_by_tomcat!("auth-user.session");
    let session = StoredSession::decode(with, &Limits::default()).unwrap().without_authentication();
    let bytes = session.encode();
    assert!(!bytes.windows(3).any(|bytes| bytes == b"bob"));
    assert_eq!(StoredSession::decode(&bytes, &Limits::default()).unwrap(), session);
}

#[test]
fn a_value_that_breaks_off_costs_its_attribute() {
    let mut session = read(&file(&[]));
    session.state.attributes =
        vec![("a".into(), Value::string("1")), ("b".into(), Value::string("22")), ("c".into(), Value::string("3"))];
    let whole = session.encode();
    let at = whole.windows(5).position(|bytes| bytes == b"\x74\0\x0222").unwrap();
    let broken = [&whole[..at], b"\x73\x72\0\x04", &whole[at + 5..]].concat();
    let read = StoredSession::decode(&broken, &Limits::default()).unwrap();
    assert_eq!(read.state.attributes, [session.state.attributes[0].clone(), session.state.attributes[2].clone()]);
    assert!(matches!(&read.state.unreadable[..], [only] if only.name == "b" && matches!(only.why, Why::Broken(_))));
    assert!(StoredReader::session(&broken, &Limits::default()).unwrap().next().unwrap().is_err(), "unless asked for");
    // The session as it is now can be written.
    assert_eq!(StoredSession::decode(&read.encode(), &Limits::default()).unwrap().state.unreadable, []);
}

#[test]
fn what_stands_behind_a_session_is_no_part_of_one() {
    let mut more = file(&[]);
    more.push(0x70);
    assert!(StoredSession::decode(&more, &Limits::default()).is_err());
    for len in 0..more.len() {
        let cut = StoredSession::decode(&more[..len], &Limits::default());
        assert_eq!(cut.is_ok(), len == more.len() - 1, "{len} bytes");
    }
}
