//! Java object serialization, without Java: bytes to values and back.
//!
//! Java programs keep and send objects in a format of their own, `ObjectOutputStream`'s. Every attribute of a session is such an object, and
//! so is every message of a cluster. This crate reads and writes that format:
//!
//! - [`Value`]: one object on its own, as its bytes. [`Value::from_serde`] makes one of a Rust value, [`Value::to_serde`] the reverse,
//!   [`Value::view`] shows it.
//! - [`ObjectInput`], [`ObjectOutput`]: streams that mix primitive values and objects.
//! - [`Stream`] and [`Node`]: a whole stream as a graph, which encodes to the very same bytes.
//!
//! # What it does not do
//!
//! It loads and runs no class, and needs none: a class that it does not know is kept whole, down to the last byte, and shown by the
//! names of its fields. It knows nothing of sessions, clusters or Tomcat. It has no clock, no randomness, no I/O.
//! Protocol version 1 (Java 1.1) is refused, since there external forms have no end mark.
//!
//! # Why values are bytes
//!
//! What a peer sent must come out again as it came in, for a Java peer to read; only few values are ever looked at in Rust. So a value is
//! checked once, and kept as bytes: cheap to clone, to compare, to send. A graph is built when one looks, and dropped again.
//!
//! # Why nothing recurses
//!
//! Bytes come from strangers, and objects may lie in objects as deep as bytes can say. Decoding, encoding, viewing and dropping use
//! stacks of their own on the heap, under [`Limits`]; no length that the bytes claim is allocated before as many bytes are there.

#![no_std]

extern crate alloc;

mod annotation;
mod boxes;
mod compact;
mod decode;
mod encode;
mod error;
mod from_java;
mod graph;
mod input;
mod known;
mod limits;
pub mod modified_utf8;
mod node;
mod output;
mod protocol;
mod scan;
mod share;
mod stream;
mod to_java;
mod value;
mod view;

pub use annotation::Annotation;
pub use error::{DecodeError, DecodeErrorKind, Found, TooLong};
pub use from_java::FromJavaError;
pub use input::{ObjectInput, Read, Refused};
pub use limits::Limits;
pub use node::{FieldValue, Kind, NamedField, Node};
pub use output::ObjectOutput;
pub use stream::{Item, Stream};
pub use to_java::ToJavaError;
pub use value::Value;
pub use view::{JavaView, SetView};
