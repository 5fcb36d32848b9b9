//! `FORWARD_REQUEST`: a client's request as a front hands it on.

use alloc::vec::Vec;
use core::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::attribute::{self, Attribute};
use crate::cursor::{Cursor, put_optional, put_string};
use crate::error::{DecodeError, Refusal};
use crate::names;
use crate::packet::{FORWARD_REQUEST, FRONT_MAGIC, HEADER_LENGTH, PacketSize};

/// The fewest bytes that a header takes in a packet: a code, and an empty value.
const HEADER_LENGTH_MIN: usize = 4;

/// A request. Texts are bytes as received: a URI still has its `%`, a header is what the client wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct ForwardRequest {
    /// The method's name.
    pub method: Bytes,
    /// `HTTP/1.1`.
    pub protocol: Bytes,
    /// The path without the query, or an absolute URI.
    pub uri: Bytes,
    /// The client's address.
    pub remote_address: Option<Bytes>,
    /// The client's name, where the front has looked it up.
    pub remote_host: Option<Bytes>,
    /// The server's name: what the request is for where it has no `Host`.
    pub server_name: Option<Bytes>,
    /// The server's port, for the same.
    pub server_port: u16,
    /// Whether the client's connection to the front is encrypted.
    pub is_ssl: bool,
    /// Headers in order; a name that came as a number is in small letters.
    pub headers: Vec<(Bytes, Bytes)>,
    /// All else, in order.
    pub attributes: Vec<Attribute>,
}

impl ForwardRequest {
    /// Reads the payload of a packet, its first byte included.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], with the place and what should have stood there; [`Refusal::Headers`].
    pub fn decode(payload: Bytes, headers_max: usize) -> Result<Self, Refusal> {
        let mut cursor = Cursor::new(payload);
        if cursor.byte("a packet's type")? != FORWARD_REQUEST {
            return Err(DecodeError { offset: 0, expected: "a request (2)" }.into());
        }
        let code = cursor.byte("the method's code")?;
        let coded = match code {
            names::METHOD_IS_NAMED => None,
            _ => {
                Some(names::method(code).ok_or(DecodeError { offset: 1, expected: "a method's code (1 to 27, 255)" })?)
            }
        };
        let protocol = cursor.text("the protocol")?;
        let uri = cursor.text("the URI")?;
        let remote_address = cursor.string("the client's address")?;
        let remote_host = cursor.string("the client's name")?;
        let server_name = cursor.string("the server's name")?;
        let server_port = cursor.int("the server's port")?;
        let is_ssl = cursor.byte("whether the client's connection is encrypted")? != 0;
        let headers = headers(&mut cursor, headers_max)?;
        let (attributes, stored) = attributes(&mut cursor)?;
        let method = match coded.or(stored) {
            Some(method) => method,
            None => return Err(cursor.fault("the method's name, attribute 13, for code 255").into()),
        };
        cursor.end()?;
        Ok(Self {
            method,
            protocol,
            uri,
            remote_address,
            remote_host,
            server_name,
            server_port,
            is_ssl,
            headers,
            attributes,
        })
    }

    /// The whole packet as a front writes it; none where it does not fit into one.
    pub fn encode(&self, limit: PacketSize) -> Option<Bytes> {
        let mut out = BytesMut::new();
        out.put_slice(&FRONT_MAGIC);
        out.put_u16(0); // the length, known at the end
        out.put_u8(FORWARD_REQUEST);
        let code = names::method_code(&self.method);
        out.put_u8(code.unwrap_or(names::METHOD_IS_NAMED));
        put_string(&mut out, &self.protocol);
        put_string(&mut out, &self.uri);
        put_optional(&mut out, self.remote_address.as_ref());
        put_optional(&mut out, self.remote_host.as_ref());
        put_optional(&mut out, self.server_name.as_ref());
        out.put_u16(self.server_port);
        out.put_u8(self.is_ssl.into());
        out.put_u16(u16::try_from(self.headers.len()).ok()?);
        for (name, value) in &self.headers {
            match names::request_header_code(name) {
                Some(code) => out.put_slice(&[names::HEADER_CODE, code]),
                None => put_string(&mut out, name),
            }
            put_string(&mut out, value);
        }
        self.attributes.iter().for_each(|attribute| attribute.encode(&mut out));
        if code.is_none() {
            out.put_u8(attribute::STORED_METHOD);
            put_string(&mut out, &self.method);
        }
        out.put_u8(attribute::END);
        let length = out.len() - HEADER_LENGTH;
        if length > limit.payload_max() {
            return None;
        }
        out[2..4].copy_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
        Some(out.freeze())
    }

    /// The values of one header, by its name in any case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The length of the body where the request says it.
    ///
    /// # Errors
    /// [`Refusal::ContentLength`] where it says it twice, or not with a number.
    pub fn content_length(&self) -> Result<Option<u64>, Refusal> {
        let mut values = self.header("content-length");
        let Some(value) = values.next() else { return Ok(None) };
        match (number(value), values.next()) {
            (Some(length), None) => Ok(Some(length)),
            _ => Err(Refusal::ContentLength),
        }
    }

    /// Whether the front sends a first packet of the body without being asked: its first `Content-Length` is more than 0.
    pub(crate) fn announces_body(&self) -> bool {
        self.header("content-length").next().and_then(|value| number(value)).is_some_and(|length| length > 0)
    }
}

fn headers(cursor: &mut Cursor, limit: usize) -> Result<Vec<(Bytes, Bytes)>, Refusal> {
    let count = usize::from(cursor.int("the number of headers")?);
    if count > limit {
        return Err(Refusal::Headers { count, limit });
    }
    // As many as can still come, whatever the packet says.
    let mut headers = Vec::with_capacity(count.min(cursor.remaining() / HEADER_LENGTH_MIN));
    for _ in 0..count {
        let name = if cursor.peek() == Some(names::HEADER_CODE) {
            let [_, code] = cursor.int("a header's code")?.to_be_bytes();
            let offset = cursor.fault("").offset - 2;
            names::request_header(code).ok_or(DecodeError { offset, expected: "a header's code (A001 to A00E)" })?
        } else {
            cursor.text("a header's name")?
        };
        headers.push((name, cursor.text("a header's value")?));
    }
    Ok(headers)
}

/// The attributes, and the method's name where it is among them.
fn attributes(cursor: &mut Cursor) -> Result<(Vec<Attribute>, Option<Bytes>), DecodeError> {
    let (mut attributes, mut method) = (Vec::new(), None);
    loop {
        match cursor.byte("an attribute's code, or the end (255)")? {
            attribute::END => return Ok((attributes, method)),
            attribute::STORED_METHOD => method = Some(cursor.text("the method's name, attribute 13")?),
            code => attributes.push(Attribute::decode(code, cursor)?),
        }
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

impl fmt::Debug for ForwardRequest {
    /// What kind of request it is, and nothing that a user has sent: URIs and cookies hold session ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardRequest")
            .field("method", &self.method)
            .field("is_ssl", &self.is_ssl)
            .field("headers", &self.headers.len())
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
