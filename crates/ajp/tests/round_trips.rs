//! What is written is read as the same, whatever it is; and no bytes make a reader fail but with an error.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use bytes::{Bytes, BytesMut};
use outlive_ajp::answer::Answer;
use outlive_ajp::{Attribute, Connection, Event, ForwardRequest, Limits, PacketSize};
use proptest::collection::vec;
use proptest::prelude::*;

const LARGEST: usize = PacketSize::MAX;

fn text() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn header_name() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,20}".prop_map(Bytes::from),
        proptest::sample::select(vec!["accept", "content-type", "cookie2", "host", "user-agent"]).prop_map(Bytes::from),
    ]
}

fn method() -> impl Strategy<Value = Bytes> {
    proptest::sample::select(vec!["GET", "HEAD", "PUT", "PATCH", "MKACTIVITY", "QUERY"]).prop_map(Bytes::from)
}

fn attribute() -> impl Strategy<Value = Attribute> {
    (0..12_u8, text(), text(), any::<u16>()).prop_map(|(kind, text, name, bits)| match kind {
        0 => Attribute::Context(text),
        1 => Attribute::ServletPath(text),
        2 => Attribute::RemoteUser(text),
        3 => Attribute::AuthType(text),
        4 => Attribute::QueryString(text),
        5 => Attribute::Route(text),
        6 => Attribute::SslCertificate(text),
        7 => Attribute::SslCipher(text),
        8 => Attribute::SslSession(text),
        9 => Attribute::Named { name, value: text },
        10 => Attribute::SslKeySize(bits),
        _ => Attribute::Secret(text),
    })
}

prop_compose! {
    fn request()(
        method in method(),
        protocol in text(),
        uri in text(),
        remote_address in proptest::option::of(text()),
        remote_host in proptest::option::of(text()),
        server_name in proptest::option::of(text()),
        server_port in any::<u16>(),
        is_ssl in any::<bool>(),
        headers in vec((header_name(), text()), 0..20),
        attributes in vec(attribute(), 0..12),
    ) -> ForwardRequest {
        ForwardRequest {
            method, protocol, uri, remote_address, remote_host, server_name, server_port, is_ssl, headers, attributes,
        }
    }
}

proptest! {
    #[test]
    fn requests(request in request()) {
        let packet = request.encode(PacketSize::new(LARGEST).unwrap()).unwrap();
        let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        prop_assert_eq!(length + 4, packet.len());
        prop_assert!(ForwardRequest::decode(packet.slice(4..), 100) == Ok(request));
    }

    #[test]
    fn a_request_that_breaks_off_is_refused(request in request(), cut in any::<prop::sample::Index>()) {
        let packet = request.encode(PacketSize::new(LARGEST).unwrap()).unwrap();
        let payload = packet.slice(4..);
        prop_assert!(ForwardRequest::decode(payload.slice(..cut.index(payload.len())), 100).is_err());
    }

    #[test]
    fn answers(
        status in 200..600_u16,
        headers in vec(("[A-Z][a-z-]{0,20}", "[ -~]{0,60}"), 0..20),
        parts in vec(vec(any::<u8>(), 0..40_000), 0..3),
        size in PacketSize::MIN..=LARGEST,
    ) {
        let limits = Limits { packet_size: PacketSize::new(size).unwrap(), ..Limits::default() };
        let mut connection = Connection::new(limits, None);
        let get = ForwardRequest {
            method: "GET".into(), protocol: "HTTP/1.1".into(), uri: "/".into(), remote_address: None, remote_host: None,
            server_name: None, server_port: 80, is_ssl: false, headers: vec![], attributes: vec![],
        };
        let mut received = BytesMut::from(&get.encode(limits.packet_size).unwrap()[..]);
        prop_assert!(matches!(connection.poll(&mut received), Ok(Event::Request(..))));
        let pairs = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let body = connection.send_head(status, "reason", pairs).unwrap();
        for part in parts.iter().filter(|_| body) {
            connection.send_body(part).unwrap();
        }
        connection.finish().unwrap();

        let mut output = connection.take_output();
        let Some(Answer::Head { status: read, headers: read_headers, .. }) = Answer::decode(&mut output).unwrap() else {
            panic!("no head");
        };
        prop_assert_eq!(read, status);
        prop_assert_eq!(read_headers.len(), headers.len());
        for ((name, value), (read_name, read_value)) in headers.iter().zip(&read_headers) {
            prop_assert!(read_name.eq_ignore_ascii_case(name.as_bytes()));
            prop_assert_eq!(read_value, value);
        }
        let mut read = Vec::new();
        loop {
            let before = output.len();
            match Answer::decode(&mut output).unwrap().unwrap() {
                Answer::Body(part) => {
                    prop_assert!(!part.is_empty() && before - output.len() <= size);
                    read.extend_from_slice(&part);
                }
                Answer::End { reuse } => break prop_assert!(reuse && output.is_empty()),
                other => panic!("{other:?}"),
            }
        }
        prop_assert_eq!(read, if body { parts.concat() } else { Vec::new() });
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        let _ = ForwardRequest::decode(bytes.clone().into(), 100);
        let _ = Answer::decode(&mut BytesMut::from(&bytes[..]));
        let mut connection = Connection::new(Limits::default(), None);
        let mut received = BytesMut::from(&[&b"\x12\x34\x00\x10"[..], &bytes].concat()[..]);
        while !matches!(connection.poll(&mut received), Ok(Event::Nothing) | Err(_)) {}
    }
}
