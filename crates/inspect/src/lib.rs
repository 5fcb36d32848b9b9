//! What was captured or stored, told as records: the bytes of a cluster's connections and datagrams, and Tomcat's session files.
//!
//! Bytes are pushed in as they come, records come out in the order of the bytes; each serializes (with serde) as one JSON object.
//!
//! ```
//! use outlive_inspect::{Inspector, Settings};
//! use std::convert::Infallible;
//!
//! let mut inspector = Inspector::new(Settings::default());
//! let mut kinds = Vec::new();
//! let mut keep = |record: outlive_inspect::Record| {
//!     kinds.push(record.kind());
//!     Ok::<_, Infallible>(())
//! };
//! inspector.push(b"FLT2002\0\0\0\x03\x06\x02\x03TLF2003", &mut keep).unwrap();
//! inspector.finish(&mut keep).unwrap();
//! assert_eq!(kinds, ["ack"]);
//! ```
//!
//! | module | what |
//! |---|---|
//! | `record` | what comes out |
//! | `detect` | which of the formats it is, by the first bytes |
//! | `packets` | files of whole packets, which are none of them |
//! | `wire` | frames and member records, and the way on after bytes that are neither |
//! | `layers` | what interceptors did to a message, undone |
//! | `body` | what a message says |
//! | `store` | session files |
//!
//! # What it does not do
//!
//! No I/O: no files, no sockets, no clock. It reads no pcap files and puts no TCP segments in order; one direction of one connection is
//! what it takes. It holds no session: a record says what was sent, not what came of it.
//!
//! # Memory
//!
//! On the wire one frame is held at a time, 64 MiB at most, and beside it the parts of fragmented messages that are not complete yet,
//! 64 MiB at most. What is shown of a message is bounded in proportion to its bytes, whatever refers to whatever inside of it. A session
//! file is held whole (its values refer to each other), 512 MiB at most.

mod body;
mod budget;
mod detect;
mod fault;
mod inspector;
mod layers;
mod packets;
mod record;
mod store;
mod wire;

pub use detect::Format;
pub use inspector::{Inspector, Settings};
pub use layers::{Layer, Stack, UnknownLayer};
pub use outlive_tribes_proto::interceptor::encrypt::{EncryptionKey, KeyFault};
pub use record::{
    Action, Body, Content, Hex, MapBody, MapValue, MemberRecord, MessageRecord, Record, SessionBody, SessionRecord,
    Shown, UserRecord,
};
