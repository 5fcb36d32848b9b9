use super::super::testing::{at, message, sender, why};
use super::*;
use crate::wire::captured::{captured, frames};
use crate::wire::channel_data::ChannelData;
use crate::wire::frame::Frame;
use std::prelude::v1::*;

const LIMIT: usize = 64 << 20;

fn receive(message: Message, limit: usize) -> Result<Message, PeerFault> {
    match Gzip::default().receive(at(0), &sender(), message, limit)? {
        Verdict::Pass(message) => Ok(message),
        end => panic!("{end:?}"),
    }
}

fn marked(body: &[u8]) -> Message {
    Message { options: COMPRESSED, ..message(body) }
}

/// A gzip member around any deflate data, which says what it likes of its content.
fn member(deflated: &[u8], crc: u32, length: usize) -> Message {
    let trailer = [crc.to_le_bytes(), (length as u32).to_le_bytes()].concat();
    marked(&[&HEADER[..], deflated, &trailer].concat())
}

/// Source: `tribes-wire`, the bytes that a Tomcat makes of 48 times the letter a.
#[test]
fn a_tomcats_bytes_inflate() {
    let bytes =
        [31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 0x4b, 0x4c, 0x24, 0x0d, 0, 0, 0x56, 0x2b, 0x38, 0xa0, 0x30, 0, 0, 0];
    let inflated = receive(marked(&bytes), LIMIT).unwrap();
    assert_eq!((inflated.body, inflated.options), (Bytes::from("a".repeat(48)), SendOptions::NONE));
    let mut seen = 0;
    for frame in frames(&captured("gzip.tcp.bin")[0].1) {
        let Frame::Message(body) = frame else { continue };
        let message = Message::from(ChannelData::decode(&body).unwrap());
        if message.options.contains(COMPRESSED) {
            assert_eq!(receive(message, LIMIT).unwrap().body[..2], [0xac, 0xed]);
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn what_is_sent_comes_back_as_it_was() {
    for body in [&b"x"[..], &[0; 100_000], &(0..5000_u32).flat_map(|i| (i * i).to_le_bytes()).collect::<Vec<_>>()] {
        let sent = Gzip::default().send(at(0), message(body));
        assert!(sent.options.contains(COMPRESSED) && sent.body[..10] == HEADER);
        assert_eq!(receive(sent, LIMIT), Ok(message(body)));
    }
    assert_eq!(Gzip::default().send(at(0), message(b"")), message(b""));
    let gzip = Gzip { compression_min_size: 3 };
    assert_eq!(gzip.send(at(0), marked(b"abc")), message(b"abc"), "a configured option marks nothing");
    assert!(gzip.send(at(0), message(b"abcd")).options.contains(COMPRESSED));
    assert_eq!(receive(message(b"not marked"), LIMIT), Ok(message(b"not marked")));
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let zeros = compress(&[0; 8 << 20]);
    assert!(zeros.len() < 10_000);
    assert_eq!(why(receive(marked(&zeros), LIMIT)), "gzip data that inflates to more than is taken");
    let free = compress(&[0; INFLATED_FREE]);
    assert_eq!(receive(marked(&free), LIMIT).unwrap().body.len(), INFLATED_FREE);
    assert_eq!(why(receive(marked(&free), INFLATED_FREE - 1)), "gzip data that inflates to more than is taken");
    // The same with a trailer that says that it is small.
    let deflated = &zeros[HEADER.len()..zeros.len() - TRAILER_LENGTH];
    for claimed in [0, 1, 1000, INFLATED_FREE] {
        assert_eq!(why(receive(member(deflated, 0, claimed), LIMIT)), "gzip data that inflates to more than it says");
    }
    // And one that says that it is large.
    let small = compress_to_vec(b"small", LEVEL);
    assert_eq!(why(receive(member(&small, 0, INFLATED_FREE), LIMIT)), "gzip data of another length than it says");
}

#[test]
fn damaged_data_is_refused() {
    let good = compress(b"some text, some text, some text");
    for length in 0..good.len() {
        assert!(receive(marked(&good[..length]), LIMIT).is_err(), "cut after {length}");
    }
    for at in 0..good.len() {
        let mut bad = good.to_vec();
        bad[at] ^= 0x55;
        // What stands between the flags and the data is the sender's business.
        assert_eq!(receive(marked(&bad), LIMIT).is_ok(), (4..10).contains(&at), "changed at {at}");
    }
    let twice = [&good[..], &good].concat();
    assert!(receive(marked(&twice), LIMIT).is_err(), "two members");
    assert_eq!(why(receive(marked(b"\xac\xed\x00\x05"), LIMIT)), "no gzip data, although marked as compressed");
}
