//! Whole connections and datagrams of real Tomcats: all must decode, and encode to the same bytes.

use std::path::Path;
use std::prelude::v1::*;

use bytes::{Bytes, BytesMut};

use super::channel_data::ChannelData;
use super::datagram::Datagram;
use super::frame::{ACK, FAIL_ACK, Frame, FrameReader};
use super::member::Member;

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
