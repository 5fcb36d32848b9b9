//! The bytes of whole packets, both ways: a request with most kinds of fields, and its answer.
//!
//! The request was accepted by a Tomcat 10.1.59; the answer is what one sends for it, byte for byte.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use bytes::{Bytes, BytesMut};
use outlive_ajp::answer::Answer;
use outlive_ajp::connection::BodyLength;
use outlive_ajp::{Attribute, Connection, Event, ForwardRequest, Limits, PacketSize, Secret};

const REQUEST: &str = "
    12 34 00 9a 02 04
    00 08 48 54 54 50 2f 31 2e 31 00
    00 08 2f 61 70 70 2f 73 65 74 00
    00 08 31 30 2e 30 2e 30 2e 39 00
    ff ff
    00 05 6e 6f 64 65 31 00
    00 50 00
    00 04
    a0 0b 00 0b 77 77 77 2e 65 78 61 6d 70 6c 65 00
    a0 08 00 01 37 00
    a0 09 00 12 4a 53 45 53 53 49 4f 4e 49 44 3d 30 41 46 46 2e 6e 31 00
    00 04 78 2d 69 64 00 00 01 37 00
    05 00 06 6e 61 6d 65 3d 61 00
    0a 00 0f 41 4a 50 5f 52 45 4d 4f 54 45 5f 50 4f 52 54 00 00 05 35 31 30 30 30 00
    0c 00 06 73 33 63 72 65 74 00
    ff";

const BODY: &str = "12 34 00 09 00 07 76 61 6c 75 65 3d 31";

const ANSWER: &str = "
    41 42 00 4c 04 00 c8 00 03 32 30 30 00 00 02
    a0 01 00 10 61 70 70 6c 69 63 61 74 69 6f 6e 2f 6a 73 6f 6e 00
    a0 07 00 27 4a 53 45 53 53 49 4f 4e 49 44 3d 30 41 46 46 2e 6e 32 3b 20
    50 61 74 68 3d 2f 61 70 70 3b 20 48 74 74 70 4f 6e 6c 79 00
    41 42 00 0b 03 00 07 7b 22 61 22 3a 31 7d 00
    41 42 00 02 05 01";

fn bytes(hex: &str) -> Bytes {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn request() -> ForwardRequest {
    let text = Bytes::from_static;
    ForwardRequest {
        method: text(b"POST"),
        protocol: text(b"HTTP/1.1"),
        uri: text(b"/app/set"),
        remote_address: Some(text(b"10.0.0.9")),
        remote_host: None,
        server_name: Some(text(b"node1")),
        server_port: 80,
        is_ssl: false,
        headers: vec![
            (text(b"host"), text(b"www.example")),
            (text(b"content-length"), text(b"7")),
            (text(b"cookie"), text(b"JSESSIONID=0AFF.n1")),
            (text(b"x-id"), text(b"7")),
        ],
        attributes: vec![
            Attribute::QueryString(text(b"name=a")),
            Attribute::Named { name: text(b"AJP_REMOTE_PORT"), value: text(b"51000") },
            Attribute::Secret(text(b"s3cret")),
        ],
    }
}

#[test]
fn a_request_is_read_and_written() {
    let packet = bytes(REQUEST);
    assert_eq!(packet.len(), 158);
    assert!(ForwardRequest::decode(packet.slice(4..), 100) == Ok(request()));
    assert_eq!(request().encode(PacketSize::default()).unwrap(), packet);
}

#[test]
fn a_request_with_a_body_is_answered() {
    let mut connection = Connection::new(Limits::default(), Secret::new("s3cret"));
    let mut received = BytesMut::from(&[bytes(REQUEST), bytes(BODY)].concat()[..]);
    match connection.poll(&mut received).unwrap() {
        Event::Request(said, BodyLength::Known(7)) => assert!(*said == request()),
        other => panic!("{other:?}"),
    }
    assert!(matches!(connection.poll(&mut received), Ok(Event::Body(part)) if part == "value=1"));
    assert!(connection.body_has_ended());
    let headers: [(&[u8], &[u8]); 2] =
        [(b"content-type", b"application/json"), (b"set-cookie", b"JSESSIONID=0AFF.n2; Path=/app; HttpOnly")];
    assert_eq!(connection.send_head(200, "200", headers.into_iter()), Ok(true));
    connection.send_body(b"{\"a\":1}").unwrap();
    connection.finish().unwrap();
    assert_eq!(connection.take_output(), bytes(ANSWER));
    assert!(connection.is_idle());
}

#[test]
fn an_answer_is_read() {
    let mut received = BytesMut::from(&bytes(ANSWER)[..]);
    let mut next = || Answer::decode(&mut received).unwrap();
    let Some(Answer::Head { status: 200, reason, headers }) = next() else { panic!("no head") };
    assert_eq!(
        (&reason[..], &headers[0].0[..], &headers[1].0[..]),
        (&b"200"[..], &b"Content-Type"[..], &b"Set-Cookie"[..])
    );
    assert_eq!(next(), Some(Answer::Body(Bytes::from_static(b"{\"a\":1}"))));
    assert_eq!(next(), Some(Answer::End { reuse: true }));
    assert_eq!(next(), None);
}

#[test]
fn the_small_packets_are_read() {
    for (hex, answer) in [
        ("41 42 00 01 09", Answer::Pong),
        ("41 42 00 03 06 1f fa", Answer::GetBody(8186)),
        ("41 42 00 04 03 00 00 00", Answer::Body(Bytes::new())),
        ("41 42 00 02 05 00", Answer::End { reuse: false }),
    ] {
        assert_eq!(Answer::decode(&mut BytesMut::from(&bytes(hex)[..])), Ok(Some(answer)));
    }
}
