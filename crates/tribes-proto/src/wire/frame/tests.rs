use super::*;
use alloc::vec::Vec;
use std::prelude::v1::*;

fn frame(body: &[u8]) -> Vec<u8> {
    [&HEADER[..], &(body.len() as i32).to_be_bytes(), body, TAIL].concat()
}

fn read_all(bytes: &[u8]) -> (Vec<Frame>, Result<(), FrameFault>) {
    let (mut reader, mut received, mut frames) = (FrameReader::new(), BytesMut::from(bytes), Vec::new());
    loop {
        match reader.next(&mut received) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, Ok(())),
            Err(fault) => {
                assert_eq!(reader.next(&mut received), Err(fault), "a fault stays");
                return (frames, Err(fault));
            }
        }
    }
}

fn message(body: &'static [u8]) -> Frame {
    Frame::Message(Bytes::from_static(body))
}

#[test]
fn acks_are_told_from_messages() {
    let bytes = [&ACK[..], &FAIL_ACK, &frame(b"\x06\x02\x04"), &frame(b"hi")].concat();
    let expected = vec![Frame::Ack, Frame::FailAck, message(b"\x06\x02\x04"), message(b"hi")];
    assert_eq!(read_all(&bytes), (expected, Ok(())));
    assert_eq!((&frame(b"\x06\x02\x03")[..], &frame(b"\x0b\x00\x05")[..]), (&ACK[..], &FAIL_ACK[..]));
}

#[test]
fn any_cut_gives_the_same_frames() {
    let bytes = [&frame(b"one")[..], &ACK, &frame(b"two!")].concat();
    for cut in 0..=bytes.len() {
        let (mut reader, mut received, mut frames) = (FrameReader::new(), BytesMut::new(), Vec::new());
        for part in [&bytes[..cut], &bytes[cut..]] {
            received.extend_from_slice(part);
            while let Some(frame) = reader.next(&mut received).unwrap() {
                frames.push(frame);
            }
        }
        assert_eq!(frames, [message(b"one"), Frame::Ack, message(b"two!")], "cut at {cut}");
        assert!(received.is_empty());
    }
}

#[test]
fn truncated_at_every_byte_waits() {
    let bytes = frame(b"hello");
    for length in 0..bytes.len() {
        assert_eq!(read_all(&bytes[..length]), (vec![], Ok(())));
    }
}

#[test]
fn the_first_wrong_byte_of_a_header_is_a_fault() {
    for wrong in 0..HEADER.len() {
        let mut bytes = frame(b"hello");
        bytes[wrong] ^= 1;
        bytes.truncate(wrong + 1);
        let fault = FrameFault { offset: wrong as u64, expected: "the frame header FLT2002" };
        assert_eq!(read_all(&bytes), (vec![], Err(fault)));
    }
    let after_a_frame = [&ACK[..], b"GET / HTTP/1.1"].concat();
    let (frames, end) = read_all(&after_a_frame);
    assert_eq!((frames.len(), end.unwrap_err().offset), (1, 21));
}

#[test]
fn lengths_are_judged_before_any_body_has_come() {
    for (length, expected) in [
        (0, "a frame length above 0"),
        (-5, "a frame length above 0"),
        (i32::MIN, "a frame length above 0"),
        (i32::MAX, "a frame length within the limit"),
        (LIMIT_DEFAULT as i32 + 1, "a frame length within the limit"),
    ] {
        let head = [&HEADER[..], &length.to_be_bytes()].concat();
        assert_eq!(read_all(&head), (vec![], Err(FrameFault { offset: 7, expected })), "length {length}");
    }
    let head = [&HEADER[..], &(LIMIT_DEFAULT as i32).to_be_bytes()].concat();
    assert_eq!(read_all(&head), (vec![], Ok(())));
}

#[test]
fn the_limit_can_be_moved() {
    let mut reader = FrameReader::new();
    reader.set_limit(4);
    let mut received = BytesMut::from(&frame(b"hello")[..]);
    assert!(reader.next(&mut received).is_err());
    reader.set_limit(5);
    assert_eq!(reader.next(&mut received), Ok(Some(message(b"hello"))));
}

#[test]
fn a_wrong_trailer_is_a_fault_at_its_first_wrong_byte() {
    for wrong in 0..TAIL.len() {
        let mut bytes = [&ACK[..], &frame(b"hello")].concat();
        bytes[21 + 16 + wrong] ^= 0x80;
        bytes.truncate(21 + 16 + wrong + 1);
        let fault = FrameFault { offset: 21 + 16 + wrong as u64, expected: "the frame trailer TLF2003" };
        assert_eq!(read_all(&bytes), (vec![Frame::Ack], Err(fault)));
    }
}

#[test]
fn a_message_shares_memory_with_what_was_received() {
    let mut received = BytesMut::from(&frame(b"hello")[..]);
    let start = received.as_ptr() as usize;
    let Ok(Some(Frame::Message(body))) = FrameReader::new().next(&mut received) else { panic!("no message") };
    assert_eq!(body.as_ptr() as usize, start + HEAD_LENGTH);
}
