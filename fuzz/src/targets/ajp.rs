//! What a front writes on an AJP connection, and what a server does with it.
//!
//! - A request that was read is written so that it is read as the same; so is an answer's packet cut out of any bytes.
//! - However the bytes of a connection are cut into pieces, the same requests and parts of bodies come out, and the same fault.
//! - No length that the bytes claim is believed.
//! - Whatever a front sends and an application calls, in any order, what is written are whole packets in the order of the protocol: one
//!   head and one end a request, no part of a body outside of them, one question at a time for a part of the request's body, and no end
//!   while such a part is under way; no CPONG within a request; nothing behind an end that closes.

use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use outlive_ajp::answer::Answer;
use outlive_ajp::{Attribute, Connection, Event, Fault, ForwardRequest, Limits, PacketSize, Refusal, Secret};

use crate::memory::bounded;
use crate::random::Random;
use crate::vectors::Vectors;

/// The most headers of a request here: few, so that the limit is met.
const HEADERS_MAX: usize = 8;
const SECRET: &str = "s3cret";
/// A case needs no more, and ends in time.
const OPERATIONS_MAX: usize = 100;

/// What can happen on a connection.
#[derive(Debug, Arbitrary)]
enum Operation {
    Bytes { bytes: Vec<u8> },
    Ping,
    Request { method: u8, length: Option<u8>, has_secret: bool },
    Part { length: u8, whole: bool },
    Ask,
    Head { status: u16, value: u16 },
    Body { length: u16 },
    Flush,
    Finish,
    Refuse { status: u16 },
    End,
}

/// The target: the bytes as payloads, as a connection's, and as operations.
pub fn run(data: &[u8]) {
    check_request(data, ForwardRequest::decode);
    check_answers(data);
    check_pieces(data);
    check_operations(data);
}

/// Requests, read by `decode`.
pub fn check_request(data: &[u8], decode: impl Fn(Bytes, usize) -> Result<ForwardRequest, Refusal>) {
    // Of a whole packet, and of bytes that libFuzzer has found without its four bytes in front.
    for payload in [data, data.get(4..).unwrap_or_default()] {
        let payload = Bytes::copy_from_slice(payload);
        let Ok(request) = bounded(payload.len(), 0, || decode(payload.clone(), HEADERS_MAX)) else { continue };
        assert!(request.headers.len() <= HEADERS_MAX);
        let shown = format!("{request:?}");
        assert!(shown.len() < 400 + 20 * request.attributes.len() + 4 * request.method.len(), "{shown}");
        let largest = PacketSize::new(PacketSize::MAX).expect("the largest is one");
        if let Some(packet) = request.encode(largest) {
            let again = ForwardRequest::decode(packet.slice(4..), HEADERS_MAX);
            assert!(again.as_ref() == Ok(&request), "a request is written so that it is read as the same");
            // What a front may write in two ways, it writes in the shorter one: null for an empty text is the one exception.
            assert!(packet.len() <= payload.len() + 4 + request.attributes.len() + request.headers.len() + 8);
        }
    }
}

fn check_answers(data: &[u8]) {
    let mut received = BytesMut::from(data);
    while let Ok(Some(_)) = bounded(data.len(), 0, || Answer::decode(&mut received)) {}
}

/// What came out of a connection.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<String>,
    fault: Option<Fault>,
}

fn check_pieces(data: &[u8]) {
    let whole = bounded(data.len(), 0, || seen([data].into_iter()));
    let mut random = Random::of(data);
    let (mut pieces, mut rest) = (Vec::new(), data);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((1 + random.below(16)).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    assert_eq!(seen(pieces.into_iter()), whole, "in pieces");
}

/// Each request is answered when its body has come, so that the next one is read.
fn seen<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Seen {
    let limits = Limits { headers: HEADERS_MAX, ..Limits::default() };
    let mut connection = Connection::new(limits, None);
    let (mut received, mut events) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        received.extend_from_slice(piece);
        loop {
            let event = match connection.poll(&mut received) {
                Ok(Event::Nothing) => break,
                Ok(event) => event,
                Err(fault) => return Seen { events, fault: Some(fault) },
            };
            events.push(match &event {
                Event::Request(request, length) => format!("{:?} {:?} {length:?}", request.method, request.uri),
                other => format!("{other:?}"),
            });
            if !connection.ask_body() && connection.body_has_ended() && !connection.is_idle() {
                let _ = connection.send_head(200, "", std::iter::empty()).and_then(|_| connection.finish());
            }
        }
    }
    Seen { events, fault: None }
}

fn check_operations(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let size = if input.arbitrary().unwrap_or_default() { PacketSize::MAX } else { PacketSize::MIN };
    let limits = Limits { packet_size: PacketSize::new(size).expect("a size"), headers: HEADERS_MAX };
    let secret = if input.arbitrary().unwrap_or_default() { Secret::new(SECRET) } else { None };
    let mut watched = Watched {
        connection: Connection::new(limits, secret),
        received: BytesMut::new(),
        limits,
        exchange: None,
        refused: false,
        closed: false,
    };
    for _ in 0..OPERATIONS_MAX {
        let Ok(operation) = Operation::arbitrary(&mut input) else { break };
        watched.perform(operation);
        watched.look();
        if input.is_empty() {
            break;
        }
    }
}

/// A connection, and what its front must think of it.
struct Watched {
    connection: Connection,
    received: BytesMut,
    limits: Limits,
    /// The request that is not answered to the end.
    exchange: Option<Exchange>,
    /// Whether there is one that the connection answers by itself, of which nothing was seen yet.
    refused: bool,
    /// Whether an end has said that the connection closes.
    closed: bool,
}

#[derive(Debug, Default)]
struct Exchange {
    has_head: bool,
    asked: bool,
}

impl Watched {
    fn perform(&mut self, operation: Operation) {
        match operation {
            Operation::Bytes { bytes } => self.receive(&bytes),
            Operation::Ping => self.receive(b"\x12\x34\0\x01\x0a"),
            Operation::Request { method, length, has_secret } => {
                let request = request(method, length, has_secret);
                self.receive(&request.encode(self.limits.packet_size).expect("a short one"));
            }
            Operation::Part { length, whole } => {
                let data = vec![7; length.into()];
                let claimed = (data.len() + usize::from(!whole)) as u16;
                let head = [&[0x12, 0x34][..], &(data.len() as u16 + 2).to_be_bytes(), &claimed.to_be_bytes()].concat();
                self.receive(&[head, data].concat());
            }
            Operation::Ask => {
                let _ = self.connection.ask_body();
            }
            Operation::Head { status, value } => {
                let value = vec![b'x'; value.into()];
                let _ = self.connection.send_head(status, "", [(&b"x"[..], &value[..])].into_iter());
            }
            Operation::Body { length } => {
                let _ = self.connection.send_body(&vec![7; length.into()]);
            }
            Operation::Flush => {
                let _ = self.connection.flush();
            }
            Operation::Finish => {
                let _ = self.connection.finish();
            }
            Operation::Refuse { status } => self.connection.refuse(status),
            Operation::End => self.connection.end(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        loop {
            let event = self.connection.poll(&mut self.received);
            match event {
                Ok(Event::Nothing) | Err(_) => return,
                Ok(Event::Request(..)) => {
                    self.read_output();
                    assert!(self.exchange.is_none(), "a request within a request");
                    self.exchange = Some(Exchange::default());
                }
                Ok(Event::Refused(_)) => {
                    self.refused = true;
                    self.read_output();
                    assert!(!self.refused, "a refused request has its answer");
                }
                Ok(Event::Body(part)) => {
                    self.read_output();
                    assert!(!part.is_empty() && self.exchange.is_some());
                    self.came();
                }
                Ok(Event::BodyEnd { .. }) => {
                    self.read_output();
                    self.came();
                }
            }
        }
    }

    /// A part of the body has come.
    fn came(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            exchange.asked = false;
        }
    }

    /// Reads what was written, in order.
    fn read_output(&mut self) {
        let mut output = self.connection.take_output();
        loop {
            let before = output.len();
            let Some(answer) = Answer::decode(&mut output).expect("packets of a back") else { break };
            assert!(before - output.len() <= self.limits.packet_size.bytes(), "a packet past the limit");
            assert!(!self.closed, "{answer:?} behind the end");
            if answer == Answer::Pong {
                assert!(self.exchange.is_none(), "CPONG within a request");
                continue;
            }
            if self.exchange.is_none() && std::mem::take(&mut self.refused) {
                self.exchange = Some(Exchange::default());
            }
            let exchange = self.exchange.as_mut().expect("an answer to a request");
            match answer {
                Answer::Head { .. } => assert!(!std::mem::replace(&mut exchange.has_head, true), "two heads"),
                Answer::Body(_) => assert!(exchange.has_head, "a body without a head"),
                Answer::GetBody(size) => {
                    assert_eq!(usize::from(size), self.limits.packet_size.request_body_max());
                    assert!(!std::mem::replace(&mut exchange.asked, true), "asked twice");
                }
                Answer::End { reuse } => {
                    assert!(exchange.has_head, "an end without a head");
                    self.exchange = None;
                    self.closed = !reuse;
                }
                Answer::Pong => unreachable!("looked at before"),
            }
        }
        assert!(output.is_empty(), "half a packet");
    }

    /// What was written, and what the connection says of itself, fit together.
    fn look(&mut self) {
        self.read_output();
        if self.exchange.is_none() {
            assert!(self.connection.is_idle() || self.connection.is_closing());
        }
        if self.closed {
            assert!(self.connection.is_closing());
        }
    }
}

fn request(method: u8, length: Option<u8>, has_secret: bool) -> ForwardRequest {
    let methods = ["GET", "HEAD", "POST", "PATCH"];
    let length = length.map(|length| (Bytes::from("content-length"), Bytes::from(length.to_string())));
    ForwardRequest {
        method: Bytes::from(methods[usize::from(method) % methods.len()]),
        protocol: Bytes::from("HTTP/1.1"),
        uri: Bytes::from("/app"),
        remote_address: None,
        remote_host: None,
        server_name: None,
        server_port: 80,
        is_ssl: false,
        headers: length.into_iter().collect(),
        attributes: if has_secret { vec![Attribute::Secret(Bytes::from(SECRET))] } else { Vec::new() },
    }
}

pub(crate) fn seeds(_: &Vectors) -> Vec<Vec<u8>> {
    let packet = |request: &ForwardRequest| request.encode(PacketSize::default()).expect("a short one").to_vec();
    let rich = ForwardRequest {
        remote_address: Some(Bytes::from("10.0.0.9")),
        server_name: Some(Bytes::from("node1")),
        headers: [("host", "www.example"), ("content-length", "7"), ("cookie", "JSESSIONID=0AFF.n1"), ("x-id", "7")]
            .map(|(name, value)| (Bytes::from(name), Bytes::from(value)))
            .to_vec(),
        attributes: vec![
            Attribute::QueryString(Bytes::from("name=a")),
            Attribute::RemoteUser(Bytes::from("alice")),
            Attribute::Route(Bytes::from("n1")),
            Attribute::SslKeySize(128),
            Attribute::Named { name: Bytes::from("AJP_REMOTE_PORT"), value: Bytes::from("51000") },
            Attribute::Secret(Bytes::from(SECRET)),
        ],
        ..request(3, None, false)
    };
    let ping = b"\x12\x34\0\x01\x0a".to_vec();
    let body = b"\x12\x34\0\x09\0\x07value=1".to_vec();
    let end = b"\x12\x34\0\x02\0\0".to_vec();
    let answer = b"AB\0\x0f\x04\0\xc8\0\x02OK\0\0\x01\xa0\x03\0\x012\0AB\0\x06\x03\0\x02ok\0AB\0\x02\x05\x01".to_vec();
    let mut random = Random::of(b"operations");
    let operations = (0..24).map(|number| random.bytes(40 + 30 * number));
    let conversations = [
        packet(&rich),
        [packet(&rich), body.clone()].concat(),
        [ping.clone(), packet(&request(0, Some(0), true)), ping.clone(), packet(&request(1, Some(0), false))].concat(),
        [packet(&request(2, None, false)), body.clone(), body, end, ping].concat(),
        answer,
    ];
    conversations.into_iter().chain(operations).collect()
}
