use super::*;
use crate::wire::captured::{captured, frames};
use crate::wire::channel_data::ChannelData;
use crate::wire::frame::Frame;
use crate::wire::java::{BLOCK, BLOCK_LONG};
use std::prelude::v1::*;

fn stream(name: &str) -> Bytes {
    captured(name).remove(0).1
}

fn encode(rpc: &Rpc) -> Bytes {
    match rpc {
        Rpc::Message(message) => message.encode(),
        Rpc::NoChannel(reply) => reply.encode(),
    }
}

fn uuid() -> Bytes {
    (0x30..0x40).collect()
}

#[test]
fn what_tomcat_wrote_encodes_to_the_same_bytes() {
    for (name, bytes) in captured(".ser") {
        let rpc = Rpc::decode(&bytes).unwrap().unwrap();
        assert_eq!(matches!(rpc, Rpc::NoChannel(_)), name.contains("no-channel"));
        assert_eq!(encode(&rpc), bytes, "{name}");
    }
}

#[test]
fn fields_of_a_request() {
    let expected = RpcMessage {
        reply: false,
        uuid: uuid(),
        rpc_id: Bytes::from_static(b"rpc"),
        body: Bytes::from_static(b"t\x00\x02yox"),
    };
    assert_eq!(Rpc::decode(&stream("rpc-request.ser")), Ok(Some(Rpc::Message(expected.clone()))));
    let no_channel = NoRpcChannelReply { uuid: uuid(), rpc_id: Bytes::from_static(b"rpc") };
    assert_eq!(expected.no_channel(), no_channel);
    assert_eq!(no_channel.encode(), stream("rpc-no-channel.ser"));
    let null = RpcMessage { reply: true, body: RpcMessage::NULL_BODY, ..expected };
    assert_eq!(null.encode(), stream("rpc-null-reply.ser"));
}

#[test]
fn cuts_of_block_data_do_not_matter() {
    let content = content(Some(false), &uuid(), b"rpc");
    let whole = stream("rpc-request.ser");
    let at = whole.len() - 6 - content.len() - 2;
    assert_eq!(whole[at..at + 2], [BLOCK, 28]);
    for cut in 0..=content.len() {
        let (left, right) = content.split_at(cut);
        let cut_up =
            [&whole[..at], &[BLOCK, cut as u8], left, &[BLOCK_LONG, 0, 0, 0, 28 - cut as u8], right, b"t\x00\x02yox"];
        assert_eq!(Rpc::decode(&Bytes::from(cut_up.concat())), Rpc::decode(&whole), "cut at {cut}");
    }
}

#[test]
fn rpc_is_found_among_a_maps_messages() {
    let (mut requests, mut replies, mut others) = (0, 0, 0);
    for frame in frames(&stream("backup-map.tcp.bin")) {
        let Frame::Message(body) = frame else { panic!("an ack") };
        let message = ChannelData::decode(&body).unwrap().message;
        match Rpc::decode(&message).unwrap() {
            Some(rpc) => {
                assert_eq!(encode(&rpc), message);
                let Rpc::Message(rpc) = rpc else { panic!("a NoRpcChannelReply") };
                assert_eq!((&rpc.rpc_id[..], rpc.uuid.len()), (&b"localhost#/app-map"[..], 16));
                *if rpc.reply { &mut replies } else { &mut requests } += 1;
            }
            None => others += 1,
        }
    }
    assert_eq!((requests, replies, others), (5, 2, 0));
}

#[test]
fn other_messages_are_left_alone() {
    for bytes in [
        &b""[..],
        b"\xac\xed\x00\x05",
        b"\xac\xed\x00\x05t\x00\x02yo",
        b"raw bytes",
        b"\xac\xed\x00\x05sr\x00\x01ABCDEFGH",
    ] {
        assert_eq!(Rpc::decode(&Bytes::copy_from_slice(bytes)), Ok(None));
    }
}

#[test]
fn truncated_at_every_byte_is_no_rpc_or_an_error() {
    for (name, bytes) in captured(".ser") {
        let body = match Rpc::decode(&bytes).unwrap().unwrap() {
            Rpc::Message(message) => message.body.len(),
            Rpc::NoChannel(_) => 0,
        };
        for length in 6..bytes.len().min(400) {
            let result = Rpc::decode(&bytes.slice(..length));
            let inside_the_object = bytes.len() - length < body;
            assert_eq!(result.is_ok(), inside_the_object, "{name} cut at {length}: {result:?}");
        }
    }
}

#[test]
fn broken_lengths_are_errors() {
    let whole = stream("rpc-request.ser");
    let block = whole.len() - 6 - 28 - 2;
    for at in [block + 3, block + 23] {
        for wrong in [i32::MAX, -1, i32::MIN, 1000] {
            let mut bytes = whole.to_vec();
            bytes[at..at + 4].copy_from_slice(&wrong.to_be_bytes());
            assert!(Rpc::decode(&Bytes::from(bytes)).is_err(), "{wrong} at {at}");
        }
    }
    let giant = [&whole[..block], &[BLOCK_LONG, 0x7f, 0xff, 0xff, 0xff], b"rest"].concat();
    assert_eq!(Rpc::decode(&Bytes::from(giant)).unwrap_err().expected, "a block that fits into the stream");
    let none = [&whole[..block], b"t\x00\x02yox"].concat();
    assert_eq!(Rpc::decode(&Bytes::from(none)).unwrap_err().expected, "the reply flag");
}
