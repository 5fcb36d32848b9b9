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
//! | [`group`] | membership and failure detection: `GroupCore` |
//! | [`membership`] | configured members, this node's own announcements |
//! | [`view`] | who is there |
//! | [`interceptor`] | what a message passes on its way |
//! | [`rpc`] | requests and replies over the channel |
//! | [`error`] | what a peer can do wrong |
//!
//! It does not know what the messages say (sessions are the layer above), and knows no Java objects but those of its own few
//! classes.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod detector;
pub mod error;
pub mod group;
pub mod interceptor;
pub mod membership;
mod message_ids;
pub mod rpc;
pub mod time;
pub mod unique_id;
pub mod view;
pub mod wire;

pub use group::{GroupConfig, GroupCore, Input, Membership, Output};
pub use time::{Monotonic, Now, UnixMillis};
pub use unique_id::{MemberId, UniqueId};
pub use view::View;
pub use wire::member::Member;
pub use wire::peer::{Abilities, PeerKind};
