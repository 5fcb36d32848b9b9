use std::prelude::v1::*;

use super::*;
use crate::rpc::Rpc;

/// What a Tomcat 10.1.60's classes write for the member 10.77.0.2:4000 of the domain `shop`, whose record stands in it.
fn written(kind: &str) -> Bytes {
    let path = format!("{}/testdata/member-message-{kind}.bin", env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(path).unwrap())
}

fn record_in(message: &Bytes) -> Bytes {
    let start = message.windows(8).position(|bytes| bytes == b"TRIBES-B").unwrap();
    let end = message.windows(8).position(|bytes| bytes == b"TRIBES-E").unwrap();
    message.slice(start..end + 10)
}

fn rpc(message: &Bytes) -> RpcMessage {
    let Ok(Some(Rpc::Message(rpc))) = Rpc::decode(message) else { panic!("no RPC message") };
    rpc
}

const ID: &[u8] = b"Catalina-Channel-StaticMembership";

#[test]
fn tomcats_messages_are_read_and_written_byte_for_byte() {
    for (kind, reply) in [("request", false), ("reply", true)] {
        let message = written(kind);
        let rpc = rpc(&message);
        let ping = MemberMessage::decode_body(&rpc).unwrap();
        assert_eq!((ping.word, &ping.membership_id[..], ping.class), (Word::Ping, ID, MemberClass::default()));
        assert_eq!(rpc.rpc_id, ID);
        assert_eq!(ping.in_rpc(reply, rpc.uuid, &record_in(&message)).encode(), message, "{kind}");
    }
    let message = written("stop");
    let stop = MemberMessage::decode_alone(&message).unwrap();
    assert_eq!((stop.word, &stop.membership_id[..]), (Word::Stop, ID));
    assert_eq!(stop.alone(&record_in(&message)), message);
}

#[test]
fn an_older_tomcats_class_is_remembered() {
    let message = written("stop");
    let (new, old) = (0x8476_f37b_3295_3667_u64.to_be_bytes(), 0x5355_28fd_0496_59fe_u64.to_be_bytes());
    let at = message.windows(8).position(|bytes| bytes == new).unwrap();
    let older = Bytes::from([&message[..at], &old, &message[at + 8..]].concat());
    let stop = MemberMessage::decode_alone(&older).unwrap();
    assert_ne!(stop.class, MemberClass::default());
    assert_eq!(stop.alone(&record_in(&older)), older, "it is answered as it speaks");
}

#[test]
fn whatever_is_changed_is_an_error_or_a_message() {
    let message = written("stop");
    for end in 0..message.len() {
        assert!(MemberMessage::decode_alone(&message.slice(..end)).is_err(), "{end} bytes");
    }
    for at in 0..message.len() {
        for value in [0, 1, 0x70, 0x7f, 0xff] {
            let mut changed = message.to_vec();
            changed[at] = value;
            // No panic, and no memory that the message does not have.
            let _ = MemberMessage::decode_alone(&changed.into());
        }
    }
    let error = MemberMessage::decode_body(&rpc(&crate::rpc::RpcMessage {
        body: RpcMessage::NULL_BODY,
        ..rpc(&written("reply"))
    }
    .encode()));
    assert_eq!(error.unwrap_err().expected, "a MemberMessage");
}
