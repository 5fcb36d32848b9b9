//! What messages say that no capture has.

use std::borrow::Cow;

use bytes::Bytes;
use expect_test::{Expect, expect};
use outlive_serial::{ObjectOutput, Value};
use outlive_session::{DeltaRequest, Principal, SessionEvent, SessionMessage, User};
use outlive_tribes_proto::rpc::{NoRpcChannelReply, RpcMessage};
use outlive_tribes_proto::time::UnixMillis;

use crate::support::{frame, lines, records};

/// Of one message, the body and the errors behind it.
fn check(message: &[u8], expected: Expect) {
    check_with(8, message, expected);
}

fn check_with(options: u32, message: &[u8], expected: Expect) {
    let text = lines(&records(&frame(1, options, message)));
    let body = text.split_once("\"body\":").map_or(text.as_str(), |(_, body)| body);
    expected.assert_eq(body);
}

fn message(event: SessionEvent, payload: Option<&[u8]>) -> Vec<u8> {
    let message = SessionMessage {
        event,
        timestamp: Some(UnixMillis(7)),
        context: Some("localhost#/app".into()),
        payload: payload.map(Cow::Borrowed),
        session_id: "AB.n1".into(),
        unique_id: "".into(),
    };
    message.encode().to_vec()
}

#[test]
fn messages_of_no_one_session() {
    let word = SessionMessage {
        timestamp: None,
        ..SessionMessage::of_context(SessionEvent::NoContextManager, "", UnixMillis(0))
    };
    check(
        &word.encode(),
        expect![[r#"
        {"type":"session","event":"no-context-manager","context":"","session":null,"time":null}}
    "#]],
    );
    // A null name means every context.
    let bytes = word.encode();
    let name = bytes.windows(4).position(|window| window == [0x74, 0, 0, 0x70]).unwrap();
    let bytes = [&bytes[..name], &[0x70], &bytes[name + 3..]].concat();
    check(
        &bytes,
        expect![[r#"
        {"type":"session","event":"no-context-manager","context":null,"session":null,"time":null}}
    "#]],
    );
}

#[test]
fn messages_of_a_session() {
    for (event, word) in [
        (SessionEvent::Created, "created"),
        (SessionEvent::Expired, "expired"),
        (SessionEvent::Accessed, "accessed"),
        (SessionEvent::Other(7), "event-7"),
    ] {
        let text = lines(&records(&frame(1, 8, &message(event, None))));
        let want = format!(
            r#""body":{{"type":"session","event":"{word}","context":"localhost#/app","session":"AB.n1","time":7}}"#
        );
        assert!(text.contains(&want), "{text}");
    }
}

/// A delta's actions as they are written: type, verb, name, value.
fn delta(actions: &[(i32, i32, &str, Option<Value>)]) -> Vec<u8> {
    let mut output = ObjectOutput::new();
    output.write_utf("AB.n1").unwrap();
    output.write_bool(false);
    output.write_i32(actions.len() as i32);
    for (kind, verb, name, value) in actions {
        output.write_i32(*kind);
        output.write_i32(*verb);
        output.write_utf(name).unwrap();
        output.write_bool(value.is_some());
        value.iter().for_each(|value| output.write_value(value));
    }
    output.finish()
}

#[test]
fn actions_are_told_as_they_were_sent() {
    let bob = Principal::new(User::new("bob", ["user", "admin"]));
    let payload = delta(&[
        (0, 0, "k", Some(Value::double(2.5))),
        (0, 1, "k", None),
        (0, 0, "nothing", None),
        (1, 0, "__SET__PRINCIPAL__", Some(bob.value().clone())),
        (1, 0, "__SET__PRINCIPAL__", None),
        (1, 1, "__SET__PRINCIPAL__", None),
        (2, 0, "__SET__ISNEW__", Some(Value::boolean(true))),
        (3, 0, "__SET__MAXINTERVAL__", Some(Value::integer(-1))),
        (4, 0, "__SET__AUTHTYPE__", Some(Value::string("FORM"))),
        (4, 1, "__SET__AUTHTYPE__", None),
        (5, 1, "__SET__LISTENER__", Some(Value::string("listener"))),
        (6, 0, "note", Some(Value::bytes(&[1, 255]))),
        (7, 2, "later", Some(Value::date(9))),
    ]);
    let text = lines(&records(&frame(1, 8, &message(SessionEvent::Delta, Some(&payload)))));
    let actions = text.split_once("\"actions\":[").unwrap().1.replace("},{", "},\n{");
    expect![[r#"
        {"type":"attribute","action":"set","name":"k","value":2.5},
        {"type":"attribute","action":"remove","name":"k","value":null},
        {"type":"attribute","action":"set","name":"nothing","value":null},
        {"type":"principal","action":"set","name":"__SET__PRINCIPAL__","value":{"user":"bob","roles":["admin","user"]}},
        {"type":"principal","action":"set","name":"__SET__PRINCIPAL__","value":null},
        {"type":"principal","action":"remove","name":"__SET__PRINCIPAL__","value":null},
        {"type":"new","action":"set","name":"__SET__ISNEW__","value":true},
        {"type":"max-inactive","action":"set","name":"__SET__MAXINTERVAL__","value":-1},
        {"type":"auth-type","action":"set","name":"__SET__AUTHTYPE__","value":"FORM"},
        {"type":"auth-type","action":"remove","name":"__SET__AUTHTYPE__","value":null},
        {"type":"listener","action":"remove","name":"__SET__LISTENER__","value":"listener"},
        {"type":"note","action":"set","name":"note","value":"01ff"},
        {"type":"type-7","action":"action-2","name":"later","value":9}]}}
    "#]]
    .assert_eq(&actions);
}

#[test]
fn a_delta_that_breaks_off_keeps_its_first_actions() {
    let payload = delta(&[(0, 0, "a", Some(Value::integer(1))), (0, 0, "b", Some(Value::integer(2)))]);
    let request = DeltaRequest::decode(&payload, &outlive_serial::Limits::default()).unwrap();
    assert_eq!(request.actions.len(), 2);
    check(
        &message(SessionEvent::Delta, Some(&payload[..payload.len() - 1])),
        expect![[r#"
            {"type":"session","event":"delta","context":"localhost#/app","session":"AB.n1","time":7,"actions":[{"type":"attribute","action":"set","name":"a","value":1}]}}
            {"kind":"error","offset":0,"length":612,"error":"in the delta, at byte 130: the attribute \"b\" breaks off: expected the primitive fields of an object, found the end of the bytes"}
        "#]],
    );
}

#[test]
fn requests_and_replies() {
    let rpc = RpcMessage {
        reply: false,
        uuid: Bytes::from_static(&[2; 16]),
        rpc_id: Bytes::from_static(b"map"),
        body: RpcMessage::NULL_BODY,
    };
    check(
        &rpc.encode(),
        expect![[r#"
        {"type":"rpc","rpcId":"6d6170","uuid":"02020202020202020202020202020202","reply":false,"body":null}}
    "#]],
    );
    let nobody = NoRpcChannelReply { uuid: rpc.uuid.clone(), rpc_id: rpc.rpc_id.clone() };
    check(
        &nobody.encode(),
        expect![[r#"
        {"type":"rpc","rpcId":"6d6170","uuid":"02020202020202020202020202020202","reply":true,"body":{"type":"object","class":"org.apache.catalina.tribes.group.RpcMessage$NoRpcChannelReply","value":null}}}
    "#]],
    );
    let text = RpcMessage { body: Bytes::from_static(b"\x74\0\x02yo\x78"), reply: true, ..rpc };
    check(
        &text.encode(),
        expect![[r#"
        {"type":"rpc","rpcId":"6d6170","uuid":"02020202020202020202020202020202","reply":true,"body":{"type":"object","class":"java.lang.String","value":"yo"}}}
    "#]],
    );
}

#[test]
fn other_objects_and_bytes() {
    check(
        b"\xac\xed\0\x05\x70",
        expect![[r#"
        {"type":"object","class":"null","value":null}}
    "#]],
    );
    check_with(
        9,
        &[0xff, 0],
        expect![[r#"
        {"type":"bytes","hex":"ff00"}}
    "#]],
    );
    check_with(
        9,
        b"",
        expect![[r#"
        {"type":"bytes","hex":""}}
    "#]],
    );
    // What should be an object and is none is never bytes without a word: here as if a layer were left.
    check(
        b"\x1f\x8b\x08\0left over",
        expect![[r#"
            {"type":"bytes","hex":"1f8b08006c656674206f766572"}}
            {"kind":"error","offset":0,"length":148,"error":"expected a Java object, found 1f8b08006c656674…"}
        "#]],
    );
    check(
        b"\xac\xed\0\x05\x74\0\x09short",
        expect![[r#"
            {"type":"bytes","hex":"aced000574000973686f7274"}}
            {"kind":"error","offset":0,"length":147,"error":"in the message, at byte 12: expected a string, found the end of the bytes"}
        "#]],
    );
}
