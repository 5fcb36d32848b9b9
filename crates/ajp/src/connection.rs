//! One connection of a back, as a state machine.
//!
//! ```text
//!            CPING ► CPONG
//!              ┌──┐              send_head, send_body, finish
//!  new ──► Idle ◄─┴── Request ◄───────────────────────────────  the application
//!            │ FORWARD_REQUEST ▲  │ Event::Request, Body, BodyEnd
//!            └─────────────────┘  └─ END_RESPONSE, when no packet of the body is under way any more
//!
//!  Refusal: the answer is written here, then Closing.   Fault: Closing at once, nothing is written.
//! ```
//!
//! The caller reads from the socket while [`Connection::expects_packet`], calls [`Connection::poll`] until it gives
//! [`Event::Nothing`], and writes what [`Connection::take_output`] gives. When [`Connection::is_closing`], it writes the rest and closes.

use alloc::boxed::Box;

use bytes::{Bytes, BytesMut};

use crate::answer;
use crate::attribute::Attribute;
use crate::cursor::Cursor;
use crate::error::{Fault, Refusal, SendError};
use crate::exchange::{Exchange, RequestBody, Response};
use crate::packet::{self, CPING, FORWARD_REQUEST, Packet, PacketSize};
use crate::request::ForwardRequest;
use crate::secret::Secret;

/// What a request may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest packet, in both directions.
    pub packet_size: PacketSize,
    /// The most headers of a request. Default: 100, as Tomcat's `maxHeaderCount`.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { packet_size: PacketSize::default(), headers: 100 }
    }
}

/// What came in.
#[derive(Debug)]
pub enum Event {
    /// Nothing more for now.
    Nothing,
    /// A request, to be answered with [`Connection::send_head`] and so on, or [`Connection::refuse`]d. Its secret has been checked.
    Request(Box<ForwardRequest>, BodyLength),
    /// A part of its body, never empty.
    Body(Bytes),
    /// The end of its body. `missing` bytes of its `Content-Length` did not come: the client has gone away.
    BodyEnd {
        /// How many; 0 for a whole body.
        missing: u64,
    },
    /// A request that was refused; the answer is written.
    Refused(Refusal),
}

/// How long a request's body will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// So many bytes.
    Known(u64),
    /// As many as come until the front says that they end.
    Unknown,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Request(Exchange),
    Closing,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    limits: Limits,
    secret: Option<Secret>,
    phase: Phase,
    /// No further request is taken.
    ending: bool,
    /// The next answer is the last one.
    last: bool,
    output: BytesMut,
}

impl Connection {
    /// A connection on which nothing has come. With a secret, each request must carry the same.
    pub fn new(limits: Limits, secret: Option<Secret>) -> Self {
        Self { limits, secret, phase: Phase::Idle, ending: false, last: false, output: BytesMut::new() }
    }

    /// Takes packets out of what was received, up to the first that the caller must know of.
    ///
    /// # Errors
    /// A fault of the front's: the connection is [closing](Self::is_closing), and nothing more is written.
    pub fn poll(&mut self, received: &mut BytesMut) -> Result<Event, Fault> {
        let event = self.next_event(received);
        if event.is_err() {
            self.abort();
        }
        event
    }

    fn next_event(&mut self, received: &mut BytesMut) -> Result<Event, Fault> {
        loop {
            let body = match &self.phase {
                Phase::Closing => return Ok(Event::Nothing),
                Phase::Idle => None,
                Phase::Request(exchange) => Some(exchange.body),
            };
            let event = match body {
                None => self.next_request(received)?,
                Some(RequestBody::UnderWay { left }) => self.next_body(received, left)?,
                Some(_) if received.is_empty() => return Ok(Event::Nothing),
                Some(_) => return Err(Fault::OutOfTurn),
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    /// None: go on.
    fn next_request(&mut self, received: &mut BytesMut) -> Result<Option<Event>, Fault> {
        let payload = match packet::next(received, self.limits.packet_size)? {
            Packet::Incomplete => return Ok(Some(Event::Nothing)),
            Packet::TooLong(length) => {
                let limit = self.limits.packet_size.payload_max();
                return Ok(Some(self.refused(Refusal::TooLong { length, limit }, false)));
            }
            Packet::Whole(payload) => payload,
        };
        match payload.first() {
            Some(&FORWARD_REQUEST) => Ok(Some(self.request(payload))),
            Some(&CPING) if self.ending => {
                self.phase = Phase::Closing;
                Ok(Some(Event::Nothing))
            }
            Some(&CPING) => {
                answer::put_pong(&mut self.output);
                Ok(None)
            }
            Some(&other) => Err(Fault::Type(other)),
            None => Err(Fault::Empty),
        }
    }

    fn request(&mut self, payload: Bytes) -> Event {
        let request = match ForwardRequest::decode(payload, self.limits.headers) {
            Ok(request) => request,
            Err(refusal) => return self.refused(refusal, false),
        };
        let announced = request.announces_body();
        let length = match request.content_length() {
            Ok(_) if !self.may_pass(&request) => return self.refused(Refusal::Secret, announced),
            Ok(_) if self.ending => return self.refused(Refusal::Ending, announced),
            Ok(length) => length,
            Err(refusal) => return self.refused(refusal, announced),
        };
        let body = match length {
            Some(0) => RequestBody::Ended,
            Some(_) => RequestBody::UnderWay { left: length },
            None => RequestBody::Waiting { left: None },
        };
        let may_have_body = request.method != "HEAD";
        self.phase = Phase::Request(Exchange { body, response: Response::Open, may_have_body });
        Event::Request(Box::new(request), length.map_or(BodyLength::Unknown, BodyLength::Known))
    }

    fn may_pass(&self, request: &ForwardRequest) -> bool {
        let Some(secret) = &self.secret else { return true };
        let mut said = request.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Secret(said) => Some(said),
            _ => None,
        });
        // Said twice, both must be right: which of them another server would take is not known.
        said.next().is_some_and(|first| secret.is(first)) && said.all(|more| secret.is(more))
    }

    fn refused(&mut self, refusal: Refusal, announced: bool) -> Event {
        let body = if announced { RequestBody::UnderWay { left: None } } else { RequestBody::Ended };
        self.phase = Phase::Request(Exchange { body, response: Response::Open, may_have_body: true });
        self.refuse(refusal.status());
        Event::Refused(refusal)
    }

    fn next_body(&mut self, received: &mut BytesMut, left: Option<u64>) -> Result<Option<Event>, Fault> {
        let payload = match packet::next(received, self.limits.packet_size)? {
            Packet::Incomplete => return Ok(Some(Event::Nothing)),
            Packet::TooLong(length) => {
                return Err(Fault::TooLong { length, limit: self.limits.packet_size.payload_max() });
            }
            Packet::Whole(payload) => payload,
        };
        let data = body_data(payload)?;
        let length = data.len() as u64;
        let left = match left {
            Some(left) if length > left => return Err(Fault::BodyTooLong { excess: length - left }),
            left => left.map(|left| left - length),
        };
        let Phase::Request(exchange) = &mut self.phase else { return Ok(None) };
        exchange.body =
            if data.is_empty() || left == Some(0) { RequestBody::Ended } else { RequestBody::Waiting { left } };
        if matches!(exchange.response, Response::Finished { .. }) {
            self.end_if_possible();
            return Ok(None); // nobody reads it any more
        }
        Ok(Some(match data.is_empty() {
            true => Event::BodyEnd { missing: left.unwrap_or(0) },
            false => Event::Body(data),
        }))
    }

    /// Asks for the next part of the body, where there is one to ask for. `true`: it is under way now.
    pub fn ask_body(&mut self) -> bool {
        let Phase::Request(exchange) = &mut self.phase else { return false };
        match (exchange.body, exchange.response) {
            (_, Response::Finished { .. }) | (RequestBody::Ended, _) => false,
            (RequestBody::UnderWay { .. }, _) => true,
            (RequestBody::Waiting { left }, _) => {
                answer::put_get_body(&mut self.output, self.limits.packet_size);
                exchange.body = RequestBody::UnderWay { left };
                true
            }
        }
    }

    /// Whether the whole body of the request has come. A body of known length ends with its last byte, without an [`Event::BodyEnd`].
    pub fn body_has_ended(&self) -> bool {
        !matches!(&self.phase, Phase::Request(exchange) if exchange.body != RequestBody::Ended)
    }

    /// Sends the head of the answer. `true`: a body may follow; to a HEAD request, and with a status that has none, it may not.
    ///
    /// # Errors
    /// [`SendError::OutOfTurn`]; [`SendError::HeadTooLong`]: another head may be sent in its place.
    pub fn send_head<'a>(
        &mut self,
        status: u16,
        reason: &str,
        headers: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<bool, SendError> {
        let Phase::Request(exchange) = &mut self.phase else { return Err(SendError::OutOfTurn) };
        if exchange.response != Response::Open {
            return Err(SendError::OutOfTurn);
        }
        answer::put_head(&mut self.output, self.limits.packet_size, status, reason, headers)?;
        let body = exchange.may_have_body && !(status < 200 || matches!(status, 204 | 205 | 304));
        exchange.response = Response::HeadSent { body };
        Ok(body)
    }

    /// Sends a part of the answer's body, in as many packets as it needs.
    ///
    /// # Errors
    /// [`SendError::OutOfTurn`] before the head, behind the end, and where no body may be.
    pub fn send_body(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.body_may_be_sent()?;
        answer::put_body(&mut self.output, self.limits.packet_size, data);
        Ok(())
    }

    /// Has the front hand on what it has of the body.
    ///
    /// # Errors
    /// As [`send_body`](Self::send_body).
    pub fn flush(&mut self) -> Result<(), SendError> {
        self.body_may_be_sent()?;
        answer::put_flush(&mut self.output);
        Ok(())
    }

    fn body_may_be_sent(&self) -> Result<(), SendError> {
        match &self.phase {
            Phase::Request(Exchange { response: Response::HeadSent { body: true }, .. }) => Ok(()),
            _ => Err(SendError::OutOfTurn),
        }
    }

    /// Ends the answer: END_RESPONSE, as soon as the packet of the request's body that is under way has come and was dropped.
    ///
    /// # Errors
    /// [`SendError::OutOfTurn`] before the head.
    pub fn finish(&mut self) -> Result<(), SendError> {
        self.finish_with(true)
    }

    fn finish_with(&mut self, reuse: bool) -> Result<(), SendError> {
        let Phase::Request(exchange) = &mut self.phase else { return Err(SendError::OutOfTurn) };
        if !matches!(exchange.response, Response::HeadSent { .. }) {
            return Err(SendError::OutOfTurn);
        }
        exchange.response = Response::Finished { reuse };
        self.end_if_possible();
        Ok(())
    }

    fn end_if_possible(&mut self) {
        let Phase::Request(Exchange { body, response: Response::Finished { reuse }, .. }) = &self.phase else { return };
        if matches!(body, RequestBody::UnderWay { .. }) {
            return;
        }
        let reuse = *reuse && !self.ending && !self.last;
        answer::put_end(&mut self.output, reuse);
        self.phase = if reuse { Phase::Idle } else { Phase::Closing };
    }

    /// Answers the request with an error in its place, and ends the connection behind it. Behind a head, the connection is cut.
    pub fn refuse(&mut self, status: u16) {
        let page = page(status);
        let headers = [(&b"Content-Type"[..], &b"text/plain"[..])];
        let sent = self
            .send_head(status, page.trim_end(), headers.into_iter())
            .and_then(|body| if body { self.send_body(page.as_bytes()) } else { Ok(()) })
            .and_then(|()| self.finish_with(false));
        if sent.is_err() {
            self.abort();
        }
    }

    /// The server will end soon: the next answer is the last one of the connection, and says so.
    pub fn close_behind_answer(&mut self) {
        self.last = true;
    }

    /// The server ends: the request that runs is the last one of the connection, CPING is not answered, one that comes is refused.
    pub fn end(&mut self) {
        self.ending = true;
    }

    /// Cuts the connection: an answer that cannot be ended well must not look as if it were.
    pub fn abort(&mut self) {
        self.phase = Phase::Closing;
    }

    /// Whether nothing comes any more: write the output, then close.
    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing)
    }

    /// Whether no request is there.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether the front may send now: a request, or a part of a body.
    pub fn expects_packet(&self) -> bool {
        match &self.phase {
            Phase::Idle => true,
            Phase::Request(exchange) => matches!(exchange.body, RequestBody::UnderWay { .. }),
            Phase::Closing => false,
        }
    }

    /// What is to be written, taken out.
    pub fn take_output(&mut self) -> BytesMut {
        self.output.split()
    }

    /// How many bytes wait to be taken: who sends a body waits until they are few.
    pub fn output_len(&self) -> usize {
        self.output.len()
    }
}

/// What a packet of the body holds; an empty payload is the end as an empty part is.
fn body_data(payload: Bytes) -> Result<Bytes, Fault> {
    if payload.is_empty() {
        return Ok(payload);
    }
    let mut cursor = Cursor::new(payload);
    let length = usize::from(cursor.int("a part's length")?);
    let data = cursor.bytes(length, "as many bytes as the part's length says")?;
    cursor.end()?;
    Ok(data)
}

/// The page of a refusal. It says nothing of the reason, which is for the log.
fn page(status: u16) -> &'static str {
    match status {
        400 => "Bad Request\n",
        403 => "Forbidden\n",
        503 => "Service Unavailable\n",
        _ => "Internal Server Error\n",
    }
}

#[cfg(test)]
mod tests;
