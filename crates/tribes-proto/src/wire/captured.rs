//! Whole connections and datagrams of real Tomcats: all must decode, and encode to the same bytes.

use std::path::Path;
use std::prelude::v1::*;

use bytes::{Bytes, BytesMut};

use super::channel_data::ChannelData;
use super::datagram::Datagram;
use super::frame::{ACK, FAIL_ACK, Frame, FrameReader, HEAD_LENGTH};
use super::member::Member;
use crate::message_ids::MessageIds;
use crate::rpc::Rpc;
use crate::unique_id::UniqueId;

/// Every captured file whose name ends so, by name.
pub(crate) fn captured(suffix: &str) -> Vec<(String, Bytes)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.ends_with(suffix))
        .map(|(name, path)| (name, Bytes::from(std::fs::read(path).unwrap())))
        .collect();
    files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    assert!(!files.is_empty(), "no file *{suffix}");
    files
}

/// All frames of one direction of a connection.
pub(crate) fn frames(bytes: &Bytes) -> Vec<Frame> {
    let (mut reader, mut rest, mut frames) = (FrameReader::new(), BytesMut::from(&bytes[..]), Vec::new());
    while let Some(frame) = reader.next(&mut rest).unwrap() {
        frames.push(frame);
    }
    assert!(rest.is_empty());
    frames
}

#[test]
fn connections_encode_to_the_same_bytes() {
    for (name, bytes) in captured(".tcp.bin") {
        let mut again = Vec::new();
        for frame in frames(&bytes) {
            match frame {
                Frame::Ack => again.extend_from_slice(&ACK),
                Frame::FailAck => again.extend_from_slice(&FAIL_ACK),
                Frame::Message(body) => {
                    let data = ChannelData::decode(&body).unwrap();
                    let source = data.source().unwrap();
                    again.extend_from_slice(&ChannelData { source_record: source.encode(), ..data }.encode().unwrap());
                }
            }
        }
        assert!(again == bytes, "{name}");
    }
}

#[test]
fn heartbeats_encode_to_the_same_bytes() {
    for (name, bytes) in captured(".multicast.bin") {
        let (mut rest, mut again, mut last) = (bytes.clone(), Vec::new(), None);
        while !rest.is_empty() {
            let (member, length) = Member::decode_prefix(&rest).unwrap();
            assert_eq!(Datagram::decode(&rest.split_to(length)), Ok(Datagram::Heartbeat(member.clone())));
            assert_eq!(member.encoded_length(), length);
            again.extend_from_slice(&member.encode());
            last = Some(member);
        }
        assert!(again == bytes, "{name}");
        assert!(last.unwrap().is_shutting_down(), "{name} ends with the node leaving");
    }
}

/// Every frame and datagram with a few bytes changed, cut or doubled: an error or something that encodes, never a panic.
#[test]
fn damaged_bytes_are_refused_or_make_sense() {
    let mut dice = MessageIds::new(UniqueId([1; 16]));
    let (mut refused, mut accepted) = (0, 0);
    for (_, bytes) in [captured(".tcp.bin"), captured(".multicast.bin")].concat() {
        for _ in 0..2_000 {
            let UniqueId([count, a, b, c, d, e, f, ..]) = dice.next();
            let start = usize::from(u16::from_be_bytes([e, f])) % bytes.len();
            let mut damaged = bytes[if count & 1 == 0 { 0 } else { start }..].to_vec();
            let at = usize::from(u16::from_be_bytes([a, b])) % damaged.len();
            match count % 5 {
                0 => damaged[at] = c,
                1 => damaged[at..].iter_mut().zip([0x7f, 0xff, 0xff, c]).for_each(|(old, new)| *old = new),
                2 => damaged[at..].iter_mut().zip([0x80, 0, 0, d]).for_each(|(old, new)| *old = new),
                3 => damaged.truncate(at),
                _ => _ = damaged.splice(at..at, [c, d]),
            }
            let damaged = Bytes::from(damaged);
            let datagram = Datagram::decode(&damaged);
            let (mut reader, mut rest) = (FrameReader::new(), BytesMut::from(&damaged[..]));
            let mut bodies = Vec::new();
            while let Ok(Some(frame)) = reader.next(&mut rest) {
                bodies.extend(if let Frame::Message(body) = frame { Some(body) } else { None });
            }
            if let Ok(Datagram::Heartbeat(member)) = &datagram {
                assert_eq!(Member::decode(&member.encode()).as_ref(), Ok(member));
                accepted += 1;
            }
            refused += usize::from(datagram.is_err() && bodies.is_empty());
            for body in bodies {
                let Ok(data) = ChannelData::decode(&body) else {
                    continue;
                };
                assert_eq!(data.encode().unwrap()[HEAD_LENGTH..][..body.len()], body);
                match Rpc::decode(&data.message) {
                    Ok(Some(Rpc::Message(rpc))) => {
                        assert_eq!(Rpc::decode(&rpc.encode()), Ok(Some(Rpc::Message(rpc))))
                    }
                    Ok(Some(Rpc::NoChannel(rpc))) => {
                        assert_eq!(Rpc::decode(&rpc.encode()), Ok(Some(Rpc::NoChannel(rpc))));
                    }
                    Ok(None) | Err(_) => {}
                }
                accepted += usize::from(data.source().is_ok());
            }
        }
    }
    assert!(refused > 1_000 && accepted > 1_000, "{refused} refused, {accepted} accepted");
}
