//! AJP/1.3, the protocol between a web server in front (Apache httpd with mod_jk or mod_proxy_ajp) and an application server, without I/O.
//!
//! Bytes come in and go out; sockets, timers and the application belong to the caller. *Front* is who opens the connection and
//! speaks for the clients, *back* is the server.
//!
//! | module | for |
//! |---|---|
//! | [`connection`] | one connection of a back: [`Connection`] |
//! | [`packet`] | what frames the packets of a front, and their size |
//! | [`request`] | `FORWARD_REQUEST`, both ways |
//! | [`attribute`] | what it says beside the HTTP request |
//! | [`answer`] | the packets of a back, both ways |
//! | [`names`] | methods and headers that have a number |
//! | [`secret`] | the word that front and back share |
//! | [`error`] | what a front can do wrong |
//!
//! ```
//! use bytes::BytesMut;
//! use outlive_ajp::{Connection, Event, Limits};
//!
//! let mut connection = Connection::new(Limits::default(), None);
//! let mut received = BytesMut::from(&b"\x12\x34\0\x01\x0a"[..]); // CPING
//! assert!(matches!(connection.poll(&mut received), Ok(Event::Nothing)));
//! assert_eq!(connection.take_output(), &b"AB\0\x01\x09"[..]); // CPONG
//! ```
//!
//! One request at a time is on a connection; there is no encryption and no negotiation, and a front says whatever it likes about a client:
//! its address, its user, its certificate. So a back listens to fronts that it trusts alone.
//!
//! What is absent: HTTP itself (a header's meaning, a URI's form), time-outs, and what Tomcat does not implement either (`SHUTDOWN`, the
//! login `PING`).
//!
//! Source: Tomcat `AjpProcessor`, `AjpMessage`, `Constants`; mod_jk's description of AJPv13.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod answer;
pub mod attribute;
pub mod connection;
mod cursor;
pub mod error;
mod exchange;
pub mod names;
pub mod packet;
pub mod request;
pub mod secret;

pub use attribute::Attribute;
pub use connection::{Connection, Event, Limits};
pub use error::{DecodeError, Fault, Refusal, SendError};
pub use packet::PacketSize;
pub use request::ForwardRequest;
pub use secret::Secret;
