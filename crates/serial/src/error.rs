//! What can be wrong with bytes that claim to be a Java stream.

use alloc::string::String;
use core::fmt;

use crate::protocol::tag_name;

/// Bytes that are no Java stream, or one that is refused. Always the sender's fault; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {kind}")]
pub struct DecodeError {
    /// Where in the bytes given, from 0.
    pub offset: usize,
    kind: DecodeErrorKind,
}

impl DecodeError {
    pub(crate) fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        DecodeError { offset, kind }
    }

    pub(crate) fn expected(offset: usize, expected: &'static str, found: Found) -> Self {
        Self::new(offset, DecodeErrorKind::Expected { expected, found })
    }

    /// For formats made of such streams: something readable stands at `offset`, and it is not what had to come there.
    pub fn unexpected(offset: usize, expected: &'static str) -> Self {
        Self::expected(offset, expected, Found::Text("something else"))
    }

    pub(crate) fn limit(offset: usize, what: &'static str, limit: usize) -> Self {
        Self::new(offset, DecodeErrorKind::Limit { what, limit })
    }

    /// What is wrong.
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.kind
    }
}

/// What is wrong at the offset of a [`DecodeError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Something else had to come here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the protocol asks for at this place.
        expected: &'static str,
        /// What is there.
        found: Found,
    },
    /// More than the [`Limits`](crate::Limits) allow.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// Correct Java that cannot be read without the class itself.
    #[error("{0} cannot be read without its class: its external form has no end mark (stream protocol version 1)")]
    ExternalWithoutBlocks(String),
}

/// What was found instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// The bytes end here.
    End,
    /// This tag.
    Tag(u8),
    /// This number.
    Number(i64),
    /// What these words say.
    Text(&'static str),
    /// This name.
    Name(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::End => f.write_str("the end of the bytes"),
            Found::Tag(tag) => write!(f, "{} ({tag:#04x})", tag_name(*tag)),
            Found::Number(number) => write!(f, "{number}"),
            Found::Text(text) => f.write_str(text),
            Found::Name(name) => write!(f, "{name:?}"),
        }
    }
}

/// A text of more than 65535 bytes was to be written where the length has two bytes. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text of {bytes} bytes is too long to be written with `writeUTF`, which takes 65535")]
pub struct TooLong {
    /// Its length in modified UTF-8.
    pub bytes: usize,
}
