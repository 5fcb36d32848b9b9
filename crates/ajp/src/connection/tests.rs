use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::answer::Answer;
use crate::error::DecodeError;

const CPING: &[u8] = b"\x12\x34\0\x01\x0a";
/// The answer that a connection writes by itself ends with this.
const END_AND_CLOSE: Answer = Answer::End { reuse: false };
const END: Answer = Answer::End { reuse: true };

/// A connection and what was received on it.
struct Back {
    connection: Connection,
    received: BytesMut,
}

impl Back {
    fn new() -> Self {
        Self::with(Limits::default(), None)
    }

    fn with(limits: Limits, secret: Option<&str>) -> Self {
        Self { connection: Connection::new(limits, secret.and_then(Secret::new)), received: BytesMut::new() }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<Event, Fault> {
        self.received.extend_from_slice(bytes);
        self.connection.poll(&mut self.received)
    }

    /// A request that is taken.
    fn take(&mut self, request: &ForwardRequest) -> BodyLength {
        match self.receive(&packet(request)) {
            Ok(Event::Request(_, length)) => length,
            other => panic!("{other:?}"),
        }
    }

    fn nothing(&mut self, bytes: &[u8]) {
        let event = self.receive(bytes);
        assert!(matches!(event, Ok(Event::Nothing)), "{event:?}");
    }

    fn part(&mut self, bytes: &[u8]) -> Bytes {
        match self.receive(bytes) {
            Ok(Event::Body(part)) => part,
            other => panic!("{other:?}"),
        }
    }

    /// The packets that were written since this was asked last.
    fn written(&mut self) -> Vec<Answer> {
        let (mut output, mut answers) = (self.connection.take_output(), Vec::new());
        while let Some(answer) = Answer::decode(&mut output).unwrap() {
            answers.push(answer);
        }
        assert!(output.is_empty(), "half a packet was written");
        answers
    }

    fn head(&mut self, status: u16) -> bool {
        self.connection.send_head(status, "", core::iter::empty()).unwrap()
    }

    /// The status, and whether the connection is to be closed behind it.
    fn refusal(&mut self) -> (u16, bool) {
        let written = self.written();
        let Some(Answer::Head { status, .. }) = written.first() else { panic!("{written:?}") };
        (*status, written.last() == Some(&END_AND_CLOSE) && self.connection.is_closing())
    }
}

fn get() -> ForwardRequest {
    ForwardRequest {
        method: Bytes::from_static(b"GET"),
        protocol: Bytes::from_static(b"HTTP/1.1"),
        uri: Bytes::from_static(b"/app/set"),
        remote_address: None,
        remote_host: None,
        server_name: None,
        server_port: 80,
        is_ssl: false,
        headers: Vec::new(),
        attributes: Vec::new(),
    }
}

fn with_headers(headers: &[(&'static str, &'static str)]) -> ForwardRequest {
    let header = |(name, value): &(&'static str, &'static str)| (Bytes::from(*name), Bytes::from(*value));
    ForwardRequest { headers: headers.iter().map(header).collect(), ..get() }
}

fn with_length(length: &'static str) -> ForwardRequest {
    with_headers(&[("content-length", length)])
}

fn packet(request: &ForwardRequest) -> Bytes {
    request.encode(PacketSize::default()).unwrap()
}

fn body(part: &[u8]) -> Vec<u8> {
    let length = |more: usize| ((part.len() + more) as u16).to_be_bytes();
    [&[0x12, 0x34][..], &length(2), &length(0), part].concat()
}

#[test]
fn cping_is_answered_between_requests_and_needs_no_secret() {
    let mut back = Back::with(Limits::default(), Some("s3cret"));
    back.nothing(&CPING[..3]);
    back.nothing(&CPING[3..]);
    assert_eq!(back.written(), [Answer::Pong]);
    back.nothing(&[CPING, CPING].concat());
    assert_eq!(back.written(), [Answer::Pong, Answer::Pong]);
}

#[test]
fn a_request_is_answered_and_the_connection_kept() {
    let mut back = Back::new();
    for _ in 0..2 {
        assert_eq!(back.take(&with_length("0")), BodyLength::Known(0));
        assert!(back.connection.body_has_ended() && !back.connection.expects_packet());
        assert!(!back.connection.ask_body(), "a body of length 0 is never asked for");
        assert!(back.head(200));
        back.connection.send_body(b"ab").unwrap();
        back.connection.flush().unwrap();
        back.connection.finish().unwrap();
        let written = back.written();
        assert_eq!(written[1..], [Answer::Body(Bytes::from("ab")), Answer::Body(Bytes::new()), END]);
        assert!(back.connection.is_idle());
    }
}

#[test]
fn a_body_of_known_length_begins_by_itself_and_goes_on_when_asked() {
    let mut back = Back::new();
    assert_eq!(back.take(&with_length("5")), BodyLength::Known(5));
    assert!(back.connection.ask_body(), "the first packet is under way");
    assert_eq!(back.written(), [], "so nobody is asked for it");
    assert_eq!(back.part(&body(b"abc")), "abc");
    assert!(!back.connection.expects_packet() && !back.connection.body_has_ended());
    assert!(back.connection.ask_body() && back.connection.ask_body());
    assert_eq!(back.written(), [Answer::GetBody(8186)], "once");
    assert_eq!(back.part(&body(b"de")), "de");
    assert!(back.connection.body_has_ended() && !back.connection.ask_body());
}

#[test]
fn a_body_of_unknown_length_is_asked_for_until_it_is_empty() {
    for end in [&body(b"")[..], b"\x12\x34\0\0"] {
        let mut back = Back::new();
        assert_eq!(back.take(&get()), BodyLength::Unknown);
        assert!(!back.connection.expects_packet());
        for _ in 0..2 {
            back.connection.ask_body();
            assert_eq!(back.part(&body(b"abc")), "abc");
        }
        back.head(200); // it may be read while it is answered
        back.connection.ask_body();
        assert!(matches!(back.receive(end), Ok(Event::BodyEnd { missing: 0 })));
        assert!(back.connection.body_has_ended());
    }
}

#[test]
fn a_body_that_ends_early_says_what_is_missing() {
    let mut back = Back::new();
    back.take(&with_length("5"));
    back.part(&body(b"ab"));
    back.connection.ask_body();
    assert!(matches!(back.receive(&body(b"")), Ok(Event::BodyEnd { missing: 3 })));
}

#[test]
fn the_packet_of_a_body_that_nobody_reads_is_dropped_before_the_end() {
    // The first one of a body of known length, and one that was asked for.
    for (request, asked) in [(with_length("5"), false), (get(), true)] {
        let mut back = Back::new();
        back.take(&request);
        if asked {
            back.connection.ask_body();
        }
        back.head(200);
        back.connection.finish().unwrap();
        assert!(!back.written().contains(&END) && back.connection.expects_packet(), "it is under way");
        back.nothing(&[&body(b"abcde")[..], CPING].concat());
        assert_eq!(back.written(), [END, Answer::Pong]);
    }
}

#[test]
fn the_rest_of_a_body_that_nobody_reads_is_not_asked_for() {
    let mut back = Back::new();
    back.take(&with_length("100000"));
    back.part(&body(&[7; 8186]));
    back.head(200);
    back.connection.finish().unwrap();
    assert_eq!(back.written()[1..], [END]);
    assert!(back.connection.is_idle());
}

#[test]
fn no_body_is_sent_where_none_may_be() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 205), ("GET", 304), ("GET", 101)] {
        let mut back = Back::new();
        back.take(&ForwardRequest { method: Bytes::from(method), ..get() });
        assert!(!back.head(status), "{method} {status}");
        assert_eq!(back.connection.send_body(b"x"), Err(SendError::OutOfTurn));
        assert_eq!(back.connection.flush(), Err(SendError::OutOfTurn));
        back.connection.finish().unwrap();
        assert_eq!(back.written()[1..], [END], "{method} {status}");
    }
}

#[test]
fn an_answer_has_an_order() {
    let mut back = Back::new();
    let out_of_turn = Err(SendError::OutOfTurn);
    assert_eq!(back.connection.send_body(b"x"), out_of_turn);
    assert_eq!(back.connection.finish(), out_of_turn);
    back.take(&get());
    assert_eq!(back.connection.send_body(b"x"), out_of_turn);
    assert_eq!(back.connection.finish(), out_of_turn);
    back.head(200);
    assert_eq!(back.connection.send_head(200, "", core::iter::empty()), Err(SendError::OutOfTurn));
    back.connection.finish().unwrap();
    assert_eq!(back.connection.finish(), out_of_turn);
}

#[test]
fn a_body_is_cut_into_packets_of_the_packet_size() {
    for (size, largest) in [(8192, 8184), (65536, 65528)] {
        let limits = Limits { packet_size: PacketSize::new(size).unwrap(), ..Limits::default() };
        let mut back = Back::with(limits, None);
        back.take(&get());
        back.connection.ask_body();
        assert_eq!(back.written(), [Answer::GetBody((size - 6) as u16)]);
        back.part(&body(&vec![7; size - 6]));
        back.head(200);
        back.connection.send_body(&vec![7; largest + 1]).unwrap();
        let lengths: Vec<_> =
            back.written().iter().map(|answer| if let Answer::Body(part) = answer { part.len() } else { 0 }).collect();
        assert_eq!(lengths, [0, largest, 1]);
    }
}

#[test]
fn a_head_that_does_not_fit_is_an_error_and_leaves_room_for_another() {
    for length in [8192, 70_000] {
        let mut back = Back::new();
        back.take(&get());
        let value = vec![b'x'; length];
        let error = back.connection.send_head(200, "OK", [(&b"x-long"[..], &value[..])].into_iter());
        assert!(matches!(error, Err(SendError::HeadTooLong { length: found, limit: 8188 }) if found > length));
        assert_eq!(back.written(), [], "nothing of it is written");
        back.connection.refuse(500);
        assert_eq!(back.refusal(), (500, true));
    }
}

#[test]
fn control_characters_in_a_header_become_blanks() {
    let mut back = Back::new();
    back.take(&get());
    back.connection.send_head(200, "OK", [(&b"x"[..], &b"a\r\nb\tc\x7f\0\xe9"[..])].into_iter()).unwrap();
    let written = back.written();
    let [Answer::Head { headers, .. }] = &written[..] else { panic!("{written:?}") };
    assert_eq!(&headers[0].1[..], b"a  b\tc  \xe9");
}

#[test]
fn with_a_secret_each_request_must_carry_it() {
    let secret = |secret: &'static str| Attribute::Secret(Bytes::from(secret));
    let right = || secret("s3cret");
    for (attributes, passes) in [
        (vec![right()], true),
        (vec![right(), right()], true),
        (vec![], false),
        (vec![secret("")], false),
        (vec![secret("wrong")], false),
        (vec![right(), secret("wrong")], false),
        (vec![secret("wrong"), right()], false),
    ] {
        let mut back = Back::with(Limits::default(), Some("s3cret"));
        let event = back.receive(&packet(&ForwardRequest { attributes, ..get() }));
        if passes {
            assert!(matches!(event, Ok(Event::Request(..))), "{event:?}");
        } else {
            assert!(matches!(event, Ok(Event::Refused(Refusal::Secret))), "{event:?}");
            assert_eq!(back.refusal(), (403, true));
        }
    }
    // Without one, what a front says is not looked at.
    Back::new().take(&ForwardRequest { attributes: vec![secret("any")], ..get() });
}

#[test]
fn a_refused_request_waits_for_its_body() {
    let mut back = Back::with(Limits::default(), Some("s3cret"));
    assert!(matches!(back.receive(&packet(&with_length("3"))), Ok(Event::Refused(Refusal::Secret))));
    let written = back.written();
    assert!(matches!(written[..], [Answer::Head { status: 403, .. }, Answer::Body(_)]), "{written:?}");
    back.nothing(&body(b"abc"));
    assert_eq!(back.written(), [END_AND_CLOSE]);
    assert!(back.connection.is_closing());
    back.nothing(CPING);
    assert_eq!(back.written(), [], "nothing is said behind the end");
}

#[test]
fn a_length_that_is_not_one_number_is_refused() {
    let twice = with_headers(&[("Content-Length", "0"), ("content-length", "0")]);
    let huge = with_length("18446744073709551616");
    for request in [twice, with_length("x"), with_length(""), with_length("-1"), with_length("+1"), huge] {
        let mut back = Back::new();
        assert!(matches!(back.receive(&packet(&request)), Ok(Event::Refused(Refusal::ContentLength))));
        assert_eq!(back.refusal(), (400, true));
    }
}

#[test]
fn requests_that_cannot_be_read_are_refused_with_the_place() {
    let whole = packet(&get());
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole[4..].to_vec();
        bytes[at] = byte;
        bytes
    };
    let end = whole.len() - 5;
    let behind = [&whole[4..], b"x"].concat();
    for (payload, offset, expected) in [
        (changed(1, 28), 1, "a method's code (1 to 27, 255)"),
        (changed(1, 0), 1, "a method's code (1 to 27, 255)"),
        (changed(1, 255), end + 1, "the method's name, attribute 13, for code 255"),
        (changed(2, 0xfe), 4, "the protocol"),
        (changed(12, b'x'), 12, "a 0 behind a string"),
        (changed(end, 14), end, "an attribute's code (1 to 13)"),
        (changed(end, 0), end, "an attribute's code (1 to 13)"),
        (whole[4..end + 4].to_vec(), end, "an attribute's code, or the end (255)"),
        (behind, end + 1, "the end of the packet"),
    ] {
        let mut back = Back::new();
        let bytes = [&[0x12, 0x34, 0, payload.len() as u8][..], &payload].concat();
        match back.receive(&bytes) {
            Ok(Event::Refused(Refusal::Malformed(fault))) => assert_eq!(fault, DecodeError { offset, expected }),
            other => panic!("{expected}: {other:?}"),
        }
        assert_eq!(back.refusal(), (400, true));
    }
}

#[test]
fn header_codes_and_counts_are_checked() {
    let header = |code: u8| {
        let mut bytes = packet(&with_headers(&[("accept", "x")])).to_vec();
        let at = bytes.windows(2).position(|two| two == [0xa0, 1]).unwrap();
        bytes[at + 1] = code;
        bytes
    };
    for code in [0, 15, 255] {
        let event = Back::new().receive(&header(code));
        assert!(
            matches!(
                event,
                Ok(Event::Refused(Refusal::Malformed(DecodeError { expected: "a header's code (A001 to A00E)", .. })))
            ),
            "{event:?}"
        );
    }
    assert!(matches!(Back::new().receive(&header(14)), Ok(Event::Request(..))));
    let many = |count| with_headers(&vec![("x", "y"); count]);
    Back::new().take(&many(100));
    let mut back = Back::new();
    let event = back.receive(&packet(&many(101)));
    assert!(matches!(event, Ok(Event::Refused(Refusal::Headers { count: 101, limit: 100 }))), "{event:?}");
    assert_eq!(back.refusal(), (400, true));
}

#[test]
fn a_packet_past_the_size_is_refused_before_it_has_come() {
    for (size, head, length) in [(8192, b"\x12\x34\x1f\xfd", 8189), (65536, b"\x12\x34\xff\xfd", 65533)] {
        let limits = Limits { packet_size: PacketSize::new(size).unwrap(), ..Limits::default() };
        let mut back = Back::with(limits, None);
        let event = back.receive(head);
        assert!(
            matches!(event, Ok(Event::Refused(Refusal::TooLong { length: found, .. })) if found == length),
            "{event:?}"
        );
        assert_eq!(back.refusal(), (400, true));
        back.nothing(&[7; 100]);
    }
}

#[test]
fn what_no_front_says_closes_the_connection_without_a_word() {
    let requested = |more: &[u8]| [&packet(&with_length("5"))[..], more].concat();
    let too_long = body(&[7; 8187]);
    for (bytes, fault) in [
        (b"GET / HTTP/1.1".to_vec(), Fault::Magic { first: b'G', second: b'E' }),
        (b"\x12\x35".to_vec(), Fault::Magic { first: 0x12, second: 0x35 }),
        (b"\x12\x34\0\0".to_vec(), Fault::Empty),
        (b"\x12\x34\0\x01\x07".to_vec(), Fault::Type(7)),
        (b"\x12\x34\0\x01\x08".to_vec(), Fault::Type(8)),
        (b"\x12\x34\0\x03\x00\x01x".to_vec(), Fault::Type(0)),
        (requested(b"xx"), Fault::Magic { first: b'x', second: b'x' }),
        (requested(&body(b"abcdef")), Fault::BodyTooLong { excess: 1 }),
        (requested(&too_long), Fault::TooLong { length: 8189, limit: 8188 }),
        (requested(b"\x12\x34\0\x01\x00"), DecodeError { offset: 0, expected: "a part's length" }.into()),
        (
            requested(b"\x12\x34\0\x03\x00\x02x"),
            DecodeError { offset: 2, expected: "as many bytes as the part's length says" }.into(),
        ),
        (requested(b"\x12\x34\0\x03\x00\x00x"), DecodeError { offset: 2, expected: "the end of the packet" }.into()),
    ] {
        let mut back = Back::new();
        let mut event = back.receive(&bytes);
        if let Ok(Event::Request(..)) = event {
            event = back.receive(b"");
        }
        assert_eq!(event.unwrap_err(), fault);
        assert_eq!(back.written(), []);
        assert!(back.connection.is_closing());
        back.nothing(CPING);
    }
}

#[test]
fn a_front_that_speaks_out_of_turn_is_cut() {
    for bytes in [CPING, b"x", &packet(&get())] {
        let mut back = Back::new();
        back.take(&get());
        assert_eq!(back.receive(bytes).unwrap_err(), Fault::OutOfTurn);
        assert_eq!(back.connection.send_head(200, "", core::iter::empty()), Err(SendError::OutOfTurn));
    }
}

#[test]
fn an_ending_server_answers_what_runs_and_refuses_the_rest() {
    let mut back = Back::new();
    back.take(&get());
    back.connection.end();
    back.head(200);
    back.connection.finish().unwrap();
    assert_eq!(back.written()[1..], [END_AND_CLOSE], "the request that runs is the last");

    let mut back = Back::new();
    back.connection.close_behind_answer();
    back.nothing(CPING);
    back.take(&get());
    back.head(200);
    back.connection.finish().unwrap();
    assert_eq!(back.written()[2..], [END_AND_CLOSE], "one that will end answers CPING, and one request more");

    let mut back = Back::new();
    back.connection.end();
    back.nothing(CPING);
    assert!(back.connection.is_closing(), "CPING is not answered");
    assert_eq!(back.written(), []);

    let mut back = Back::new();
    back.connection.end();
    assert!(matches!(back.receive(&packet(&get())), Ok(Event::Refused(Refusal::Ending))));
    assert_eq!(back.refusal(), (503, true));
}

#[test]
fn an_answer_that_breaks_off_has_no_end() {
    let mut back = Back::new();
    back.take(&get());
    back.head(200);
    back.connection.send_body(b"half").unwrap();
    back.connection.refuse(500);
    assert!(back.connection.is_closing());
    assert!(!back.written().iter().any(|answer| matches!(answer, Answer::End { .. })));
}
