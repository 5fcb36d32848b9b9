//! Tomcat's group communication (the package `org.apache.catalina.tribes`), decided without I/O.
//!
//! Bytes and clocks come in, bytes and wishes go out; sockets, timers and randomness belong to the caller. What is on the
//! wire is byte for byte what Apache Tomcat 10.1 writes.
//!
//! | module | for |
//! |---|---|
//! | [`time`] | the two clocks, as inputs |
//! | [`unique_id`] | who is who |
//! | [`wire`] | frames, messages, member records, datagrams |
//! | [`rpc`] | requests and replies over the channel |
//! | [`error`] | what a peer can do wrong |
//!
//! It does not know what the messages say (sessions are the layer above), does not encrypt, and does not deserialise
//! Java objects.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod error;
pub mod rpc;
pub mod time;
pub mod unique_id;
pub mod wire;

pub use unique_id::{MemberId, UniqueId};
pub use wire::member::Member;
pub use wire::peer::{Abilities, PeerKind};
