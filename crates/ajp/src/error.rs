//! What a front can do wrong, and what a caller can.

/// Bytes that are not what the protocol wants at this place of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset} of the packet: expected {expected}")]
pub struct DecodeError {
    /// Where in the payload, counted from its first byte.
    pub offset: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

/// A stream of packets that cannot be followed any further: close the connection, without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is not AJP, or the packet before was not as long as it said.
    #[error("a packet begins with {first:02x} {second:02x} and not with 12 34")]
    Magic {
        /// The first byte found.
        first: u8,
        /// The second.
        second: u8,
    },
    /// A packet of a kind that does not belong between requests.
    #[error("a packet of type {0} between requests, where only a request (2) and CPING (10) may come")]
    Type(u8),
    /// A packet without a payload between requests.
    #[error("an empty packet between requests")]
    Empty,
    /// The front must wait for the answer, or for a question about the body.
    #[error("a packet while a request is answered and no part of its body was asked for")]
    OutOfTurn,
    /// A packet of a body that is larger than both sides agreed.
    #[error("a packet of the body has {length} bytes, and the packet size allows {limit}")]
    TooLong {
        /// Its payload.
        length: usize,
        /// The largest one.
        limit: usize,
    },
    /// A packet of a body that does not hold as many bytes as it says.
    #[error("a packet of the body: {0}")]
    Body(#[from] DecodeError),
    /// More of a body than the request's `Content-Length`.
    #[error("{excess} bytes more of a body than its Content-Length says")]
    BodyTooLong {
        /// How many.
        excess: u64,
    },
}

/// A request that is answered with an error by the connection itself, which then closes. The application never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The packet does not decode.
    #[error("a request that cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// The packet is larger than both sides agreed: `max_packet_size` of the front must be the back's packet size.
    #[error("a request of {length} bytes, and the packet size allows {limit}; is it the same on both sides?")]
    TooLong {
        /// Its payload.
        length: usize,
        /// The largest one.
        limit: usize,
    },
    /// More headers than the limit.
    #[error("a request with {count} headers; {limit} are allowed")]
    Headers {
        /// How many it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
    /// Two `Content-Length` headers, or one that is no number.
    #[error("a request whose Content-Length is not one number")]
    ContentLength,
    /// The secret is wrong, or there is none.
    #[error("a request without the right secret")]
    Secret,
    /// The server is about to end.
    #[error("a request that came while the server ends")]
    Ending,
}

impl Refusal {
    /// The HTTP status that the client gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Secret => 403,
            Self::Ending => 503,
            Self::Malformed(_) | Self::TooLong { .. } | Self::Headers { .. } | Self::ContentLength => 400,
        }
    }
}

/// What the caller wanted to send and cannot. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// No request is there, or that part of its answer has been sent.
    #[error("there is no request that this would answer")]
    OutOfTurn,
    /// The head must fit into one packet.
    #[error("a response's head needs {length} bytes, and the packet size allows {limit}")]
    HeadTooLong {
        /// What it needs: at least that many.
        length: usize,
        /// The largest payload.
        limit: usize,
    },
}
